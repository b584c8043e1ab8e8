"""Which tools the user approved, in data/approvals.json: thread id, scope, fingerprint of the tool."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chat_tui.domain.errors import StorageError
from chat_tui.storage.files.records import OneObject, RecordFile

LIMIT = 2000
"""Approvals that are kept, the last noted; older ones are asked for again."""


class FileToolApprovals:
    """Implements `ToolApprovals`."""

    def __init__(self, file: Path) -> None:
        """Touches nothing."""
        self._file = RecordFile(file, OneObject(), LIMIT)
        self.writers = (self._file.writer,)

    async def get(self, thread_id: str, scope: str) -> str | None:
        """See `ToolApprovals.get`."""
        with suppress(StorageError):
            found = dict(await self._file.read()).get(f"{thread_id} {scope}")
            return found if isinstance(found, str) else None
        return None

    async def set(self, thread_id: str, scope: str, fingerprint: str) -> None:
        """See `ToolApprovals.set`."""
        name = f"{thread_id} {scope}"
        with suppress(StorageError):
            await self._file.change(
                lambda entries: [*(each for each in entries if each[0] != name), (name, fingerprint)]
            )
