"""Where each thread was read last, in cache/positions.json: thread id, message id, row."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import JsonObject
from chat_tui.storage.files.atomic import safe_read, write_atomic
from chat_tui.storage.files.strict_json import CodecError, dump, parse

MOST = 500
"""Threads whose place is kept, the last noted."""


class FilePositions:
    """Implements `keeping.Positions`. Another program's notes are read again before each of our own."""

    def __init__(self, file: Path) -> None:
        """Touches nothing."""
        self._file = file

    def get(self, thread_id: str) -> tuple[str, int] | None:
        """See `keeping.Positions.get`."""
        match self._read().get(thread_id):
            case [str(message), int(row)] if row >= 0:
                return message, row
        return None

    def set(self, thread_id: str, place: tuple[str, int] | None) -> None:
        """See `keeping.Positions.set`."""
        places = self._read()
        before = places.pop(thread_id, None)
        if place is not None:
            places[thread_id] = list(place)
        if place is not None or before is not None:
            kept = dict(list(places.items())[-MOST:])
            with suppress(StorageError):
                write_atomic(self._file, dump(kept).encode())

    def _read(self) -> JsonObject:
        """What was noted; nothing where that can't be read: the cache may be deleted at any time."""
        try:
            return parse(safe_read(self._file)[0])
        except (FileNotFoundError, StorageError, CodecError):
            return {}
