"""Answers requested as JSON (`response_format`): checks and formats them."""

from __future__ import annotations

import json
import re

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.text.clean import clean

MOST_JSON = 200_000
"""Characters of an answer that is checked."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


Place = tuple[int, int, bool]
"""Where a stretch of the text begins, where that is in the answer, and whether it is written there."""


def pretty_json(message: Message) -> tuple[str, list[Place]] | None:
    """The indented JSON of a finished answer; None if JSON was not requested, or it is not valid.

    Returns:
        The text, and where its stretches are in the answer.
    """
    if not _is_checked(message) or json_problem(message):
        return None
    return _indented(clean(message.content))


def json_problem(message: Message) -> str:
    """The problem of an answer that should be JSON; empty if there is none, or JSON was not requested."""
    if not _is_checked(message):
        return ""
    try:
        value = json.loads(message.content, parse_int=str, parse_float=str, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return f"not valid JSON: line {error.lineno}, column {error.colno}: {clean(error.msg, multiline=False)}"
    except ValueError as error:
        return f"not valid JSON: {error}"
    except RecursionError:
        return "not checked: JSON nested too deeply"
    return "" if isinstance(value, dict) else "valid JSON, but not an object as requested"


def indented_json(source: str) -> tuple[str, list[Place]] | None:
    """A text that is valid JSON, indented; None for any other.

    Returns:
        The text, and where its stretches are in the source.
    """
    try:
        json.loads(source, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return _indented(source)


def _is_checked(message: Message) -> bool:
    response_format = message.parameters.get("response_format")
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    is_finished = message.status is Status.COMPLETE and bool(message.content.strip())
    return is_finished and kind in ("json_object", "json_schema") and len(message.content) <= MOST_JSON


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _indented(source: str) -> tuple[str, list[Place]]:
    """Indents valid JSON by two spaces a level, its strings and numbers unchanged."""
    out: list[str] = []
    places: list[Place] = []
    length = depth = 0

    def add(text: str, at: int, *, is_written: bool) -> None:
        nonlocal length
        last = places[-1] if places else None
        if text and not (last and is_written and last[2] and length - last[0] == at - last[1]):
            places.append((length, at, is_written))
        out.append(text)
        length += len(text)

    before = ""
    for match in _TOKEN.finditer(source):
        token, at = match[0], match.start()
        if token in "}]":
            depth -= 1
            add("" if before in ("{", "[") else "\n" + "  " * depth, at, is_written=False)
        elif before in ("{", "[", ","):
            add("\n" + "  " * depth, at, is_written=False)
        add(token, at, is_written=True)
        if token == ":":
            add(" ", at + 1, is_written=False)
        depth += token in "{["
        before = token
    return "".join(out), places
