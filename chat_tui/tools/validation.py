"""Checks JSON values by JSON Schemas; jsonschema does it in a process of its own."""

from __future__ import annotations

import json
import sys

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.child import run_child
from chat_tui.tools import validation_child

MOST_BYTES = 4 * 1024**2
"""Of a value and its schema as JSON."""
TIME_LIMIT = 6.0
"""Seconds for one check, with the start of the process; the child limits its processor time to fewer."""
CHILD = (sys.executable, "-P", "-m", "chat_tui.tools.validation_child")
TOO_LONG = tr("Not checked: the check takes too long.")
TEXTS = {
    validation_child.AT: tr("{path}: {error}"),
    validation_child.MORE: tr("$: more problems are not listed"),
    validation_child.TOO_DEEP: tr("Not checked: nested too deeply, or the schema refers to itself."),
    validation_child.TOO_MUCH_MEMORY: tr("Not checked: the check takes too much memory."),
    validation_child.FAILED: tr("Not checked: {error}"),
    validation_child.INVALID_SCHEMA: tr("Not checked: the schema is invalid at {path}: {error}"),
    validation_child.FOREIGN_REFERENCE: tr("Not checked: the schema refers to {reference}, which is not part of it."),
}
"""What the child says, which speaks English."""


class ChildSchemas:
    """Implements `SchemaChecker`."""

    def __init__(self, child: tuple[str, ...] = CHILD) -> None:
        """Starts nothing.

        Args:
            child: the command of the process that checks.
        """
        self._child = child

    async def problems(self, value: Json, schema: JsonObject) -> list[str]:
        """See `SchemaChecker.problems`."""
        try:
            data = json.dumps([value, schema], allow_nan=False).encode()
        except RecursionError:
            return [tr("Not checked: nested too deeply.")]
        except ValueError:
            return [tr("$: a number is too large for JSON")]
        if len(data) > MOST_BYTES:
            return [tr("Not checked: too large.")]
        try:
            answer = await run_child(self._child, data, TIME_LIMIT)
        except TimeoutError:
            return [TOO_LONG]
        except OSError:
            return [tr("Not checked: no process could be started.")]
        if not answer:  # it was killed by one of its limits
            return [TOO_LONG]
        return [clean(TEXTS[text].format(**values), multiline=False) for text, values in json.loads(answer)]
