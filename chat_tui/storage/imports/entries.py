"""The entries of a JSON list, one at a time: an export of gigabytes takes the memory of its longest conversation."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from chat_tui.domain.json import Json
from chat_tui.i18n import tr
from chat_tui.storage.files.strict_json import CodecError, parse_next

_CHUNK = 1024 * 1024
_WORD = re.compile(r"[^ \t\r\n]")


def list_entries(stream: BinaryIO, limit: int) -> Iterator[tuple[Json, int]]:
    """Reads a list.

    Args:
        stream: JSON text in UTF-8.
        limit: bytes of one entry; a longer one is an error.

    Yields:
        Each entry, and about how many bytes of the stream are done with.

    Raises:
        CodecError: it is no list, or no JSON from some entry on; those before it have been yielded.
    """
    buffer = _Buffer(stream, limit)
    if buffer.take() != "[":
        raise CodecError(tr("it is no list"))
    if buffer.peek() == "]":
        return
    while True:
        yield buffer.value(), buffer.done
        match buffer.take():
            case "]":
                return
            case "":
                raise CodecError(tr("the file is cut off"))
            case mark if mark != ",":
                raise CodecError(tr("a comma is missing between two entries"))


class _Buffer:
    """The part of a text that is being read."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._read = 0
        self._is_end = False

    @property
    def done(self) -> int:
        """Bytes that are read and left behind, where each character has one."""
        return max(0, self._read - (len(self._text) - self._at))

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            if found := _WORD.search(self._text, self._at):
                self._at = found.start()
                return found[0]
            self._at = len(self._text)
            if self._is_end:
                return ""
            self._fill()

    def take(self) -> str:
        """The same, and goes on behind it."""
        found = self.peek()
        self._at += len(found)
        return found

    def value(self) -> Json:
        """The next value; reads until it is whole."""
        self.peek()
        while True:
            try:
                value, end = parse_next(self._text, self._at)
            except CodecError:
                if self._is_end:
                    raise
            else:
                if self._is_end or end < len(self._text):  # else a number may go on
                    self._at = end
                    return value
            self._fill()

    def _fill(self) -> None:
        rest = self._text[self._at :]
        if len(rest) > self._limit:
            raise CodecError(tr("it is larger than {n} MiB, more than is read at once", n=self._limit // 1024 // 1024))
        data = self._stream.read(max(_CHUNK, len(rest)))
        self._read += len(data)
        self._is_end = not data
        try:
            self._text, self._at = rest + self._decoder.decode(data, final=self._is_end), 0
        except UnicodeDecodeError as error:
            place = self._read - len(data) + error.start
            raise CodecError(tr("it is not UTF-8 text (byte {n})", n=place)) from None
