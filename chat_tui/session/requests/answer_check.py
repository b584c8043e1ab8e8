"""Checks an answer that should be JSON: whether it is, and by a schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.json_text import find_json
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from chat_tui.domain.ports.schemas import SchemaChecker


@dataclass(slots=True)
class CheckedAnswer:
    """What an answer holds."""

    text: str = ""
    """The JSON as it came, without the fence or the prose around it; empty where there is none."""
    value: Json = None
    problems: list[str] = field(default_factory=list)
    """What is wrong, a sentence each; none for a valid answer."""


async def check_answer(text: str, schema: JsonObject, checker: SchemaChecker) -> CheckedAnswer:
    """Finds the JSON in an answer and checks it by a schema."""
    try:
        begin, end, value = find_json(text)
    except ValueError as error:
        return CheckedAnswer(problems=[tr("$: not JSON: {error}", error=error)])
    return CheckedAnswer(text[begin:end], value, await checker.problems(value, schema))
