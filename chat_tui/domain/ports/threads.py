"""The port of the thread store: saving, loading and searching threads, the trash, damaged files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread, ThreadDamage, ThreadSummary, TrashedThread
from chat_tui.domain.search.results import SearchResult


class News(IntEnum):
    """What another program wrote into an open thread; falsy for nothing."""

    NONE = 0
    GROWTH = 1
    """Answers that it is writing have grown at their end; nothing else changed."""
    MORE = 2


class ThreadStore(Protocol):
    """Keeps the threads."""

    async def save(self, thread: Thread) -> None:
        """Writes the thread so that it is on disk when this returns. An empty thread is not written.

        The thread is serialised before the first suspension: changes made meanwhile are the next save's.

        Raises:
            StorageError: it is not on disk; the thread in memory is untouched.
        """
        ...

    def save_blocking(self, thread: Thread) -> None:
        """The same, and blocks: for the last moment of a dying program.

        Raises:
            StorageError: as `save`.
        """
        ...

    async def note(self, thread: Thread, messages: Iterable[Message] = ()) -> None:
        """Puts what changed since the last save on disk without writing the whole thread again.

        What is noted is found by the next `load`, also by another program, and goes into the thread with the next save.

        Args:
            thread: its fields are compared with those last saved.
            messages: those that may have changed: the answers that are being written.

        Raises:
            StorageError: it is not on disk; the thread in memory is untouched.
        """
        ...

    async def sync_from_disk(self, thread: Thread) -> News:
        """Brings an open thread up to what other programs wrote into its file and are writing now.

        An answer that another program is writing is `written_elsewhere`. It is that program's to save: no save or note
        of this one writes it. Quick where nothing was written: a look at two times. A file that can't be read changes
        nothing.
        """
        ...

    def save_elsewhere(self, folder: Path) -> None:
        """From now on a thread that can't be saved in its place is saved in a folder, until its place can be written.

        A save that went there succeeds.
        """
        ...

    async def load(self, thread_id: str) -> Thread:
        """Reads a thread.

        Raises:
            ThreadNotFoundError: there is none.
            StorageError: the file can't be read; the message names where it was set aside.
        """
        ...

    async def resolve(self, part: str) -> str:
        """Finds the one thread whose id holds `part` (at its start, else anywhere); an empty `part` is the last used.

        Raises:
            ThreadNotFoundError: none, or several: the message says which.
        """
        ...

    async def recent(self, limit: int = 100) -> list[ThreadSummary]:
        """The threads that are not archived, pinned first, then the last used first."""
        ...

    async def search(self, query: str, limit: int = 100, *, wait: bool = False) -> SearchResult:
        """Finds threads by title, tags and full text, archived ones too, the last used first.

        Args:
            query: words, phrases and filters (see `query.parse_query`); empty for what `recent` answers.
            limit: how many threads at most.
            wait: whether to read the text of all threads first, however long that takes.

        Raises:
            StorageError: the directory of the threads can't be read.
        """
        ...

    async def duplicate(self, thread_id: str) -> str:
        """Makes a copy of a thread as it is on disk, with all branches and the draft, and returns its id.

        Raises:
            StorageError: it can't be read, or the copy can't be written.
        """
        ...

    async def version(self) -> object:
        """Equal as long as no thread was made, written or removed, by whomever; None where there is no directory."""
        ...

    async def delete(self, thread_id: str) -> None:
        """Moves a thread to the trash.

        Raises:
            StorageError: it can't be moved.
        """
        ...

    async def restore(self, thread_id: str) -> None:
        """Takes a thread out of the trash.

        Raises:
            StorageError: it is not there, or can't be moved.
        """
        ...

    async def trashed(self) -> list[TrashedThread]:
        """What is in the trash, the last deleted first."""
        ...

    async def delete_trashed(self, thread_id: str) -> None:
        """Deletes a thread in the trash permanently; of several of one id, the one that was deleted last.

        Raises:
            StorageError: it is not there, or can't be removed.
        """
        ...

    async def empty_trash(self) -> int:
        """Removes for good what is in the trash; how many threads that were.

        Raises:
            StorageError: something can't be removed; the rest stays too.
        """
        ...

    async def damaged(self) -> list[ThreadDamage]:
        """The files that were set aside, the newest first, with what can be had of each."""
        ...

    async def salvage(self, name: str) -> str:
        """Makes a thread of what can be had of a damaged file, which stays as it is; returns the thread's id.

        Raises:
            StorageError: there is no such file, or nothing can be had of it.
        """
        ...

    def broken(self) -> Sequence[str]:
        """What was set aside since the start, a line each: file, why, where it is now. Quick."""
        ...
