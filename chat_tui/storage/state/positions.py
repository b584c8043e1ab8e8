"""Where each thread was read last, in cache/positions.json: thread id, message id, row."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import Json
from chat_tui.storage.files.records import OneObject, RecordFile

LIMIT = 500
"""Threads whose position is kept, the last noted."""
_Entry = tuple[str, Json]


class FilePositions:
    """Implements `Positions`."""

    def __init__(self, file: Path) -> None:
        """Touches nothing."""
        self._file = RecordFile(file, OneObject(), LIMIT)
        self.writers = (self._file.writer,)

    async def get(self, thread_id: str) -> tuple[str, int] | None:
        """See `Positions.get`."""
        with suppress(StorageError):
            match dict(await self._file.read()).get(thread_id):
                case [str(message), int(row)] if row >= 0:
                    return message, row
        return None

    async def set(self, thread_id: str, position: tuple[str, int] | None) -> None:
        """See `Positions.set`."""

        def change(entries: list[_Entry]) -> list[_Entry] | None:
            others = [each for each in entries if each[0] != thread_id]
            if position is not None:
                return [*others, (thread_id, list(position))]
            return others if len(others) < len(entries) else None

        with suppress(StorageError):
            await self._file.change(change)
