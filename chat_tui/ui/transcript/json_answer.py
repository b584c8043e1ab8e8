"""Answers requested as JSON (`response_format`): checks and formats them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.models.response_format import answer_schema, asks_for_json
from chat_tui.domain.ports.schemas import is_about_value
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.json_text import IndentedJson, find_json, indented, parse_json
from chat_tui.i18n import tr, trn
from chat_tui.ui.transcript.markdown.document import Painter

MOST_JSON = 200_000
"""Characters of an answer that is checked."""
MOST_PROBLEMS = 3
"""Problems of an answer that are listed below it."""


class PrettyJson(NamedTuple):
    """The JSON of an answer, indented."""

    begin: int
    """Where it begins in the answer."""
    end: int
    indented: IndentedJson


def pretty_json(message: Message, levels: int | None = None) -> PrettyJson | None:
    """The indented JSON of a finished answer that is nothing else, or that in a fence.

    None if JSON was not requested, it is not valid, or there is prose around it: then all is drawn as Markdown.

    Args:
        message: the answer.
        levels: how many levels are shown; None for all.
    """
    if not is_checked(message) or json_problem(message):
        return None
    content = clean(message.content)
    try:
        begin, end, _ = find_json(content)
    except ValueError:  # what cleaning changes is escaped in JSON
        return None
    around = [line for text in (content[:begin], content[end:]) for line in text.split("\n") if line.strip()]
    if around and not (len(around) == 2 and around[0].strip()[:3] == around[1].strip()[:3] in ("```", "~~~")):
        return None
    return PrettyJson(begin, end, indented(content[begin:end], levels))


def json_depth(message: Message) -> int:
    """The levels of objects and lists in an answer that is drawn as JSON; 0 of one that is not."""
    pretty = pretty_json(message)
    return pretty.indented.depth if pretty else 0


def json_problem(message: Message) -> str:
    """The problem of an answer that should be JSON; empty if there is none, or JSON was not requested.

    Whether it is valid by a schema is not checked here: that takes a process of its own.
    """
    if not is_checked(message):
        return ""
    try:
        value = find_json(message.content).value
    except ValueError as error:
        return tr("not valid JSON: {error}", error=clean(str(error), multiline=False))
    is_any = answer_schema(message.parameters["response_format"]) is not None
    return "" if is_any or isinstance(value, dict) else tr("valid JSON, but not an object as requested")


def indented_json(source: str) -> IndentedJson | None:
    """A text that is valid JSON, indented; None for any other."""
    try:
        parse_json(source)
    except ValueError:
        return None
    return indented(source)


def is_checked(message: Message) -> bool:
    """Whether an answer is finished, should be JSON, and is not too long to be checked."""
    is_finished = message.status is Status.COMPLETE and bool(message.content.strip())
    is_asked = asks_for_json(message.parameters.get("response_format"))
    return is_finished and is_asked and len(message.content) <= MOST_JSON


def is_invalid(message: Message, more: tuple[str, ...]) -> bool:
    """Whether an answer is not what was requested, so that it can be asked for again; `more` as in `problem_rows`."""
    return bool(json_problem(message)) or any(map(is_about_value, more))


def problem_rows(
    message: Message, more: tuple[str, ...], painter: Painter, width: int, key: Callable[[str], str]
) -> list[Strip]:
    """The rows that say what is wrong with an answer; none where nothing is.

    Args:
        message: the answer.
        more: what is wrong by the schema, or why that is not known.
        painter: draws.
        width: cells.
        key: the key of a command.
    """
    problem, is_wrong = json_problem(message), is_invalid(message, more)
    listed = [] if problem else more[:MOST_PROBLEMS]
    rest = 0 if problem else len(more) - len(listed)
    head = problem or (tr("does not match the schema") if is_wrong else "")
    warning = painter.style(painter.palette.warning)
    rows = painter.text(head, width, warning) if head else []
    indent = [Segment("  ", painter.base)] if head else []
    for line in [*listed, *[trn("{n} more problem", "{n} more problems", rest)] * (rest > 0)]:
        rows += [Strip([*indent, *row]) for row in painter.text(line, width - 2, warning)]
    hint = tr("{select}, {key} ask again with the error", select=key("select_messages"), key=key("ask_again"))
    return [*rows, *painter.text(hint, width, painter.style(painter.palette.muted))] if is_wrong else rows
