"""What can be taken back, in data/undo.jsonl: one change a line, the oldest first."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chat_tui.domain.conversation.undo import Change
from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import JsonObject
from chat_tui.storage.files.atomic import safe_read, write_atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.files.strict_json import CodecError, dump, parse

MOST = 200
"""Changes that are kept."""


class FileUndoLog:
    """Implements `keeping.UndoLog`."""

    def __init__(self, file: Path, lock_file: Path) -> None:
        """Touches nothing.

        Args:
            file: of the changes.
            lock_file: held while it is written: other programs write it too.
        """
        self._file = file
        self._lock_file = lock_file

    def add(self, change: Change) -> None:
        """See `keeping.UndoLog.add`."""
        with suppress(StorageError), locked(self._lock_file):
            self._write([*self._read(), change][-MOST:])

    def last(self, thread_id: str | None = None) -> Change | None:
        """See `keeping.UndoLog.last`."""
        with suppress(StorageError):
            changes = reversed(self._read())
            return next(
                (each for each in changes if (thread_id == each.thread_id if thread_id else each.is_of_list)), None
            )
        return None

    def remove(self, change: Change) -> None:
        """See `keeping.UndoLog.remove`."""
        with suppress(StorageError), locked(self._lock_file):
            self._write([each for each in self._read() if each.id != change.id])

    def _read(self) -> list[Change]:
        """The changes; lines that are none are left out: a note that is lost harms no thread.

        Raises:
            StorageError: they can't be read, so they must not be written over.
        """
        try:
            lines = safe_read(self._file)[0].splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            with suppress(CodecError):
                if (change := _change(parse(line))) is not None:
                    found.append(change)
        return found

    def _write(self, changes: list[Change]) -> None:
        lines = (dump(_json(each)) for each in changes)
        write_atomic(self._file, "".join(line + "\n" for line in lines).encode())


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
