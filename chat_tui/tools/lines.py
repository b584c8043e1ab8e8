"""Splits what a server writes into lines of JSON, each bounded in size and in what it takes to read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LINE_LIMIT = 4 * 1024 * 1024
"""Bytes of one message: a picture fits; reading one more than that would hold up the program."""
ITEMS_LIMIT = 100_000
"""Values of one message: each costs as much as a hundred bytes of text."""
DISCARD_LIMIT = 512 * 1024 * 1024
"""Bytes of one message that are waited for; then its server is taken for one that never ends it."""
_CHECKED = 256 * 1024
_KEPT = 4096
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_ID = re.compile(rb'"id"\s*:\s*(\d{1,15})\s*[,}]')


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A message that is not read."""

    request_id: int | None
    """See `answered_request`."""


class EndlessLineError(Exception):
    """A line has gone on for longer than any message."""


class LineSplitter:
    """Takes pieces as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._tail = b""

    def feed(self, data: bytes) -> Iterator[bytes | TooLarge]:
        """The lines that are whole by now; empty ones are left out.

        Raises:
            EndlessLineError: see there.
        """
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._add(line)
            parts, size, tail = self._parts, self._size, self._tail
            self._parts, self._size, self._tail = [], 0, b""
            if size > LINE_LIMIT:
                yield TooLarge(answered_request(parts[0][:_KEPT], tail))
            elif whole := b"".join(parts).strip():
                if is_too_complex(whole):
                    yield TooLarge(answered_request(whole[:_KEPT], whole[-_KEPT:]))
                else:
                    yield whole
        self._add(rest)

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= LINE_LIMIT:
            if part:
                self._parts.append(part)
            return
        if self._size > DISCARD_LIMIT:
            raise EndlessLineError
        self._tail = (self._tail or b"".join(self._parts)[-_KEPT:]) + part[-_KEPT:]
        self._tail = self._tail[-_KEPT:]
        self._parts = [b"".join(self._parts)[:_KEPT] or part[:_KEPT]]


def is_too_complex(message: bytes) -> bool:
    """Whether a message has so many values that reading it would hold up the program."""
    if len(message) < _CHECKED or sum(map(message.count, (b",", b"[", b"{"))) < ITEMS_LIMIT:
        return False
    return sum(map(_STRING.sub(b"", message).count, (b",", b"[", b"{"))) >= ITEMS_LIMIT


def answered_request(head: bytes, tail: bytes = b"") -> int | None:
    """The request that a message answers, by its beginning and end, as far as that can be seen."""
    found = _ID.search(head)
    ends = list(_ID.finditer(tail))
    last = ends[-1] if ends and not found else found
    return int(last[1]) if last else None
