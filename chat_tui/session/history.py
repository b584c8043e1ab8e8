"""Changes to a thread as a whole that can be undone: title, marks, tags, deletion. For the app and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from chat_tui.domain.conversation.thread import Header
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from chat_tui.domain.conversation.undo import Change
    from chat_tui.domain.ports.stores import UndoLog
    from chat_tui.domain.ports.threads import ThreadStore

_NAMES = {"title": tr("rename"), "pinned": tr("pin"), "archived": tr("archive"), "tags": tr("tags")}
"""What a change of a field is called."""


def change_name(fields: Header) -> str:
    """What a change of these fields is called in "Undone: ..."."""
    first, *others = (_NAMES[name] for name in fields)
    for other in others:
        first = tr("{changes} and {change}", changes=first, change=other)
    return first


class ThreadHistory:
    """Changes threads that are not open, and undoes that."""

    def __init__(self, store: ThreadStore, undo_log: UndoLog) -> None:
        self._store = store
        self._undo_log = undo_log

    async def change(self, thread_id: str, **fields: Unpack[Header]) -> None:
        """Changes title, marks or tags.

        Raises:
            StorageError: the thread can't be read or written.
        """
        from chat_tui.domain.conversation.undo import Change

        thread = await self._store.load(thread_id)
        old = {name: getattr(thread, name) for name in fields}
        change = Change(change_name(fields), thread_id, thread.display_title, old)
        thread.change(**fields)
        await self._store.save(thread)
        await self._undo_log.add(change)

    async def delete(self, thread_id: str, title: str = "") -> None:
        """Moves a thread to the trash.

        Raises:
            StorageError: it can't be moved.
        """
        from chat_tui.domain.conversation.undo import Change

        await self._store.delete(thread_id)
        await self._undo_log.add(Change(tr("delete thread"), thread_id, title, trashed=True))

    async def undo(self, change: Change) -> None:
        """Undoes a change.

        Raises:
            StorageError: the thread can't be read or written.
        """
        from chat_tui.domain.conversation.undo import take_back

        if change.trashed:
            await self._store.restore(change.thread_id)
        else:
            thread = await self._store.load(change.thread_id)
            take_back(thread, change)
            await self._store.save(thread)
        await self._undo_log.remove(change)
