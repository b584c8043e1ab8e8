"""JSON in texts: found in an answer, and indented with its strings and numbers as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from chat_tui.domain.json import Json

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n`]*\n(.*?)^ {0,3}\1", re.MULTILINE | re.DOTALL)
_OPENING = re.compile(r"[{\[]")
MOST_TRIES = 100
"""Brackets in prose where JSON is looked for."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


class FoundJson(NamedTuple):
    """A JSON value in a text."""

    begin: int
    end: int
    value: Json


def find_json(text: str) -> FoundJson:
    """Finds the JSON value in an answer: all of it, in a fence, or within prose as many models write it.

    Raises:
        ValueError: there is none; says what is wrong: `line 1, column 9: Expecting value`.
    """
    begin, end = len(text) - len(text.lstrip()), len(text.rstrip())
    try:
        return FoundJson(begin, end, parse_json(text, begin, end))
    except ValueError as error:
        problem = error
    for fence in reversed([*_FENCE.finditer(text)]):
        inner = fence[2]
        start, stop = fence.start(2) + len(inner) - len(inner.lstrip()), fence.start(2) + len(inner.rstrip())
        try:
            return FoundJson(start, stop, parse_json(text, start, stop))
        except ValueError as error:
            problem = error
    if (found := max(_in_prose(text), key=lambda each: each.end - each.begin, default=None)) is not None:
        return found
    raise problem


def _in_prose(text: str) -> Iterator[FoundJson]:
    """The objects and lists in a text, up to an object that is broken: what is within it is not the answer."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    at = 0
    for _ in range(MOST_TRIES):
        if (opening := _OPENING.search(text, at)) is None:
            return
        begin = at = opening.start()
        try:
            value, at = decoder.raw_decode(text, begin)
            yield FoundJson(begin, at, value)
        except json.JSONDecodeError as error:
            if opening[0] == "{" and text[begin + 1 : error.pos].strip():
                return
            at = begin + 1
        except (ValueError, RecursionError):
            return


def parse_json(text: str, begin: int = 0, end: int | None = None) -> Json:
    """Reads the JSON in a part of a text.

    Raises:
        ValueError: it is none; says what is wrong, and where in the text.
    """
    try:
        value: Json = json.loads(text[begin:end], parse_constant=_refuse)
    except json.JSONDecodeError as error:
        at = begin + error.pos
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise ValueError(f"line {line}, column {column}: {error.msg}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


Place = tuple[int, int, bool]
"""Where a stretch of indented JSON begins, where that is in the source, and whether it is written there."""


class IndentedJson(NamedTuple):
    """JSON with a line for each value."""

    text: str
    places: list[Place]
    """Where its stretches are in the source."""
    depth: int
    """Levels of objects and lists within each other."""


def indented(source: str, levels: int | None = None) -> IndentedJson:
    """Indents valid JSON by two spaces a level, its strings and numbers unchanged.

    Args:
        source: the JSON.
        levels: how many are shown; what is in deeper objects and lists is not, but how much that is. None for all.
    """
    writer, before = _Writer(), ""
    depth = deepest = count = 0
    folded: int | None = None
    """The depth of the object or list whose values are not shown."""
    for match in _TOKEN.finditer(source):
        token, at = match[0], match.start()
        opens, closes = token in ("{", "["), token in ("}", "]")
        depth -= closes
        if folded is None:
            if closes:
                writer.add("" if before in ("{", "[") else "\n" + "  " * depth, at, is_written=False)
            elif before in ("{", "[", ","):
                writer.add("\n" + "  " * depth, at, is_written=False)
            writer.add(token, at, is_written=True)
            if token == ":":
                writer.add(" ", at + 1, is_written=False)
            if opens and levels is not None and depth >= levels:
                folded, count = depth, 0
        elif closes and depth == folded:
            writer.add(f" … {count} " if count else "", at, is_written=False)
            writer.add(token, at, is_written=True)
            folded = None
        else:
            count += count == 0 or (token == "," and depth == folded + 1)
        depth += opens
        deepest = max(deepest, depth)
        before = token
    return IndentedJson("".join(writer.out), writer.places, deepest)


class _Writer:
    """Collects stretches of text with their places."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.places: list[Place] = []
        self._length = 0

    def add(self, text: str, at: int, *, is_written: bool) -> None:
        last = self.places[-1] if self.places else None
        if text and not (last and is_written and last[2] and self._length - last[0] == at - last[1]):
            self.places.append((self._length, at, is_written))
        self.out.append(text)
        self._length += len(text)
