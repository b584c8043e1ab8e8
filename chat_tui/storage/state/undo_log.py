"""What can be undone, in data/undo.jsonl: one change a line, the oldest first."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chat_tui.domain.conversation.undo import Change
from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import JsonObject
from chat_tui.storage.files.records import JsonLines, RecordFile

LIMIT = 200
"""Changes that are kept."""


class FileUndoLog:
    """Implements `UndoLog`."""

    def __init__(self, file: Path, lock_file: Path) -> None:
        """Touches nothing.

        Args:
            file: of the changes.
            lock_file: held while it is written: other programs write it too.
        """
        self._file = RecordFile(file, JsonLines(_change, _json), LIMIT, lock_file)
        self.writers = (self._file.writer,)

    async def add(self, change: Change) -> None:
        """See `UndoLog.add`."""
        with suppress(StorageError):
            await self._file.change(lambda changes: [*(each for each in changes if each.id != change.id), change])

    async def last(self, thread_id: str | None = None) -> Change | None:
        """See `UndoLog.last`."""
        with suppress(StorageError):
            for change in reversed(await self._file.read()):
                if thread_id == change.thread_id if thread_id else change.is_of_list:
                    return change
        return None

    async def remove(self, change: Change) -> None:
        """See `UndoLog.remove`."""
        with suppress(StorageError):
            await self._file.change(lambda changes: [each for each in changes if each.id != change.id])


def _json(change: Change) -> JsonObject:
    return {
        "id": change.id,
        "created": change.created,
        "what": change.what,
        "thread": change.thread_id,
        "title": change.thread_title,
        "fields": change.fields,
        "deleted": change.deleted,
        "trashed": change.trashed,
    }


def _change(source: JsonObject) -> Change | None:
    texts = [source.get(name) for name in ("what", "thread", "title", "id", "created")]
    fields, deleted = source.get("fields"), source.get("deleted")
    if not isinstance(fields, dict) or not isinstance(deleted, dict):
        return None
    what, thread, title, identity, created = (each if isinstance(each, str) else "" for each in texts)
    return Change(what, thread, title, fields, deleted, source.get("trashed") is True, identity, created)
