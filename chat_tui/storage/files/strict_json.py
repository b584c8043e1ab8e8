"""JSON as the thread files hold it: strict in reading, so that what was read can always be written again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.clean import join_surrogates
from chat_tui.i18n import tr

MAX_DEPTH = 100
"""Levels of nesting; a file that goes deeper could be read from one place of the program and not written from another,
as Python's recursion limit counts the stack below too."""

SLICE = 200
"""Entries of a long list that are read at once: a millisecond's work."""
_ENTRY_END = b",\n"
_LIST_END = b"\n ]\n}\n"
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
Value = TypeVar("Value")


class CodecError(ValueError):
    """The bytes are not what they should be, or a value can't be written; the message says why, in words."""


def dump(value: Json) -> str:
    """Writes a value on one line.

    Raises:
        CodecError: it has no JSON: NaN, an endless nesting.
    """
    try:
        return join_surrogates(_ENCODER.encode(value))
    except (ValueError, TypeError, RecursionError) as error:
        raise CodecError(tr("a value can't be written as JSON: {error}", error=error)) from None


def parse(data: bytes) -> JsonObject:
    """Reads a JSON object, strictly as `parse_value`.

    Raises:
        CodecError: it is none.
    """
    value = parse_value(data)
    if not isinstance(value, dict):
        raise CodecError(tr("it is not a JSON object"))
    return value


def parse_in_slices(data: bytes, name: str) -> JsonObject:
    """Reads a JSON object as `parse` does; one that ends in a long list, an entry a line, a slice of it at a time.

    Python's JSON reader keeps all other threads of execution waiting until it is done: at 20,000 messages, every key.

    Args:
        data: the object.
        name: of the list, the object's last field.

    Raises:
        CodecError: it is none.
    """
    head, mark, rest = data.partition(f'\n "{name}": [\n'.encode())
    entries = rest.removesuffix(_LIST_END).split(_ENTRY_END)
    if not mark or not rest.endswith(_LIST_END) or len(entries) <= SLICE:
        return parse(data)
    try:
        # Each slice is a list by itself, so all of them are one; what is laid out otherwise fails here.
        value, listed = parse(head + mark + _LIST_END), list[Json]()
        for at in range(0, len(entries), SLICE):
            found = parse(f'{{"{name}": ['.encode() + _ENTRY_END.join(entries[at : at + SLICE]) + b"]}")[name]
            if not isinstance(found, list) or not found:
                return parse(data)
            listed += found
    except CodecError:
        return parse(data)  # it says what is wrong, and where
    return value | {name: listed}


def parse_value(data: bytes) -> Json:
    """Reads JSON strictly: no NaN, no number out of range, no deep nesting; lone surrogates are repaired.

    Raises:
        CodecError: it is none.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CodecError(tr("it is not UTF-8 text (byte {n})", n=error.start)) from None
    value = _strictly(lambda: json.loads(text, parse_constant=_refuse, parse_float=_number))
    return _repaired(value, text)


def parse_next(text: str, at: int) -> tuple[Json, int]:
    """Reads the value that begins at a place of a text, as strictly as `parse_value`.

    Args:
        text: anything may follow the value.
        at: where it begins; no space is skipped.

    Returns:
        The value, and the place behind it.

    Raises:
        CodecError: there is none, or it is cut off.
    """
    value, end = _strictly(lambda: _DECODER.raw_decode(text, at))
    return _repaired(value, text[at:end]), end


def _strictly(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except json.JSONDecodeError as error:
        raise CodecError(tr("it is not JSON: {problem} (line {line})", problem=error.msg, line=error.lineno)) from None
    except RecursionError:
        raise CodecError(tr("it is nested deeper than {n} levels", n=MAX_DEPTH)) from None
    except ValueError as error:  # an integer of thousands of digits
        raise CodecError(tr("it holds a number that can't be read: {error}", error=error)) from None


def _repaired(value: Json, text: str) -> Json:
    _check_depth(value)
    return _repair(value) if "\\ud" in text or "\\uD" in text else value


def _refuse(text: str) -> Json:
    raise ValueError(f"{text} is not JSON")


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):  # it could be read but never be written again
        raise ValueError(f"{text[:40]} is out of range")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_number)


def _check_depth(value: Json) -> None:
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise CodecError(tr("it is nested deeper than {n} levels", n=MAX_DEPTH))


def _repair(value: Json) -> Json:
    if isinstance(value, str):
        return join_surrogates(value)
    if isinstance(value, list):
        return [_repair(each) for each in value]
    if isinstance(value, dict):
        return {join_surrogates(name): _repair(each) for name, each in value.items()}
    return value
