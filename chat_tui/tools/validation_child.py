"""Checks a JSON value by a JSON Schema, in a process of its own that `validation.py` starts.

`[value, schema]` comes on standard input as JSON; a list of problems goes out, each a sentence in English, which
`validation.py` translates, with its values by name. Regular expressions, references and nesting of a schema can take
all time and memory there are: so the process is limited.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_tui.storage.files.limits import limit_process

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MEMORY = 512 * 1024**2
"""Bytes that the process may take, where that can be limited."""
SECONDS = 3
"""Of the processor."""
MOST_PROBLEMS = 20
"""Problems that are named."""
MOST_CHARACTERS = 300
"""Of each, as a value is quoted whole."""
AT = "{path}: {error}"
MORE = "$: more problems are not listed"
TOO_DEEP = "Not checked: nested too deeply, or the schema refers to itself."
TOO_MUCH_MEMORY = "Not checked: the check takes too much memory."
FAILED = "Not checked: {error}"
INVALID_SCHEMA = "Not checked: the schema is invalid at {path}: {error}"
FOREIGN_REFERENCE = "Not checked: the schema refers to {reference}, which is not part of it."


class Problem(NamedTuple):
    """What is wrong."""

    text: str
    """One of the sentences above."""
    values: dict[str, str]
    """What goes into its braces."""


def main() -> None:
    """Reads a value with its schema and writes the problems."""
    limit_process(MEMORY, SECONDS)
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    try:
        value, schema = json.loads(sys.stdin.buffer.read())
        problems = problems_of(value, schema)
    except RecursionError:
        problems = [Problem(TOO_DEEP, {})]
    except MemoryError:
        problems = [Problem(TOO_MUCH_MEMORY, {})]
    except Exception as error:  # noqa: BLE001 - of any type, from a library over a schema that nobody has vetted
        problems = [_problem(FAILED, error=f"{type(error).__name__}: {error}")]
    answers.write(json.dumps(problems))


def problems_of(value: Any, schema: Any) -> list[Problem]:
    """What is wrong with a value, or with its schema."""
    from jsonschema.exceptions import SchemaError, best_match
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import EMPTY_REGISTRY

    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
        found: dict[tuple[str, str], None] = {}
        for error in kind(schema, registry=EMPTY_REGISTRY).iter_errors(value):
            if len(found) == MOST_PROBLEMS:
                return [*_all(found), Problem(MORE, {})]
            found[_place_and_words(best_match([error]) or error)] = None
    except SchemaError as error:
        return [_problem(INVALID_SCHEMA, path=error.json_path, error=error.message)]
    except Unresolvable as error:
        ref = f"#{error.ref}" if error.ref.startswith("/") else error.ref
        return [_problem(FOREIGN_REFERENCE, reference=ref)]
    return _all(found)


def _place_and_words(error: ValidationError) -> tuple[str, str]:
    return error.json_path, error.message


def _all(found: Iterable[tuple[str, str]]) -> list[Problem]:
    return [_problem(AT, path=path, error=error) for path, error in found]


def _problem(text: str, **values: str) -> Problem:
    return Problem(text, {name: _cut(value) for name, value in values.items()})


def _cut(text: str) -> str:
    """The beginning and the end of a long text: what is expected comes after the value."""
    half = MOST_CHARACTERS // 2
    return text if len(text) <= MOST_CHARACTERS else f"{text[:half]} … {text[-half:]}"


if __name__ == "__main__":
    main()
