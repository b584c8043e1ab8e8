"""The threads as files, one each: data/threads/ID.json. What a store does for a program, in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from chat_tui.domain.conversation.message import Message, now
from chat_tui.domain.conversation.thread import (
    Thread,
    ThreadDamage,
    ThreadSummary,
    TrashedThread,
    new_thread_id,
)
from chat_tui.domain.errors import ThreadNotFoundError
from chat_tui.domain.ports.threads import News
from chat_tui.domain.search.results import SearchResult
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import Stamp
from chat_tui.storage.files.database import Signature
from chat_tui.storage.files.writer import Writer
from chat_tui.storage.paths import Paths
from chat_tui.storage.search.listing import ThreadListing, choose
from chat_tui.storage.search.search import ThreadSearch
from chat_tui.storage.search.summary_cache import SummaryCache
from chat_tui.storage.search.text_index import TextIndex
from chat_tui.storage.sharing.conflicted_copies import ConflictedCopies, original
from chat_tui.storage.threads import trash
from chat_tui.storage.threads.damage import Damage
from chat_tui.storage.threads.merge import Base
from chat_tui.storage.threads.sync import RemoteDrafts, sync_from_disk, sync_from_journals
from chat_tui.storage.threads.thread_file import ThreadFiles


class FileThreadStore:
    """Implements `ThreadStore`. One for a program; all of it may be used from one event loop.

    Threads are written by one thread of execution, the journal by another: that takes no lock, so the text of an answer
    is on disk within the second also while a save waits for another program. Reading waits for neither.
    """

    def __init__(self, paths: Paths) -> None:
        self._writer = Writer("threads")
        self._journal_writer = Writer("journal")
        self.writers = (self._writer, self._journal_writer)
        self._paths = paths
        self._damage = Damage(paths)
        self._files = ThreadFiles(paths, self._damage)
        self._copies = ConflictedCopies(paths, self._damage.note)
        self._looked_for_copies: int | None = None
        self._listing = ThreadListing(
            paths.threads,
            SummaryCache(paths.cache / "threads.sqlite3"),
            lambda thread_id, why, read: self._damage.set_aside(self._files.path(thread_id), why, read),
            self._damage.note,
            [paths.data, paths.threads, paths.backups, paths.corrupt, paths.journal, paths.trash],
        )
        self._search = ThreadSearch(paths.threads, self._listing, TextIndex(paths.cache / "search.sqlite3"))

    async def save(self, thread: Thread) -> None:
        """See `ThreadStore.save`. What another program wrote into the file meanwhile stays in it."""
        job, pending = self._files.job(thread), self._files.entry(thread.id).pending
        pending.add(job.number)

        def write() -> None:
            try:
                self._files.write(job)
            finally:
                pending.discard(job.number)

        await self._writer.run(write)

    def save_blocking(self, thread: Thread) -> None:
        """See `ThreadStore.save_blocking`."""
        self._files.write(self._files.job(thread))

    async def note(self, thread: Thread, messages: Iterable[Message] = ()) -> None:
        """See `ThreadStore.note`."""
        job = self._files.journal_job(thread, messages)
        if job is None:
            await self.save(thread)
        else:
            await self._journal_writer.run(lambda: self._files.write_journal(job))

    async def sync_from_disk(self, thread: Thread) -> News:
        """See `ThreadStore.sync_from_disk`. The journal is read first: what leaves it is in the file by then."""
        entry = self._files.entry(thread.id)
        base, drafts, found = await asyncio.to_thread(self._look, thread.id)
        # A save since that look knows the file better: what was seen before it would undo what it wrote.
        changed = found is not None and entry.base is base and sync_from_disk(thread, *found, entry)
        news = sync_from_journals(thread, drafts, entry) if drafts else News.NONE
        return News.MORE if changed else news

    def _look(self, thread_id: str) -> tuple[Base, RemoteDrafts | None, tuple[Thread, Stamp] | None]:
        self._files.write_delayed(thread_id)
        base = self._files.entry(thread_id).base
        return base, self._files.remote_drafts(thread_id), self._files.changed(thread_id)

    async def load(self, thread_id: str) -> Thread:
        """See `ThreadStore.load`. The thread's id is its file's name, whatever stands inside."""
        return await asyncio.to_thread(self._files.load, thread_id)

    async def resolve(self, part: str) -> str:
        """See `ThreadStore.resolve`."""
        return await asyncio.to_thread(self._resolve, part.strip())

    async def ids(self) -> list[str]:
        """The ids of all threads, by age."""
        return sorted(await asyncio.to_thread(self._listing.ids))

    async def signatures(self) -> dict[str, Signature]:
        """Every thread by id, with what changes when its file does."""
        return await asyncio.to_thread(self._listing.ids)

    async def add(self, thread: Thread) -> None:
        """Writes a thread that is not open here. Nothing of it is kept in memory, so any number can be added.

        Raises:
            StorageError: it can't be written.
        """

        def work() -> None:
            files = ThreadFiles(self._paths, self._damage)
            try:
                files.write(files.job(thread))
            finally:
                files.journal.close()

        await self._writer.run(work)

    async def update(self, thread_id: str, change: Callable[[Thread], bool]) -> Thread:
        """Changes a thread on disk as another program would: where it is open here, its next look takes that in.

        Args:
            thread_id: the thread.
            change: changes it, in a worker thread; whether there is something to write.

        Returns:
            The thread as it is then.

        Raises:
            ThreadNotFoundError: there is none.
            StorageError: it can't be read or written.
        """

        def work() -> Thread:
            files = ThreadFiles(self._paths, self._damage)
            try:
                thread = files.load(thread_id)
                if change(thread):
                    files.write(files.job(thread))
            finally:
                files.journal.close()
            return thread

        return await self._writer.run(work)

    async def recent(self, limit: int = 100) -> list[ThreadSummary]:
        """See `ThreadStore.recent`.

        Without a cache only the newest `limit` files are read for the first answer; a later call knows the rest.
        """
        self._search.begin()
        return await asyncio.to_thread(self._recent, limit)

    async def search(self, query: str, limit: int = 100, *, wait: bool = False) -> SearchResult:
        """See `ThreadStore.search`."""
        return await asyncio.to_thread(self._find, query, limit, wait)

    async def read(self, thread_id: str) -> Thread:
        """Reads a thread beside the object that is open under this id.

        Raises:
            ThreadNotFoundError: there is none.
            StorageError: it can't be read.
        """
        return await asyncio.to_thread(self._files.read, thread_id)

    async def duplicate(self, thread_id: str) -> str:
        """See `ThreadStore.duplicate`."""
        thread = await self.read(thread_id)
        moment = now()
        title = tr("{title} (copy)", title=thread.display_title)
        copy = replace(thread, id=new_thread_id(), title=title, created=moment, updated=moment, pinned=False)
        await self.save(copy)
        return copy.id

    async def version(self) -> object:
        """See `ThreadStore.version`: every write replaces a file, which the directory's time tells."""
        return await asyncio.to_thread(self._version)

    async def delete(self, thread_id: str) -> None:
        """See `ThreadStore.delete`."""
        await self._writer.run(lambda: self._files.delete(thread_id))

    async def restore(self, thread_id: str) -> None:
        """See `ThreadStore.restore`. Of several of the same id in the trash the last deleted comes back."""
        await self._writer.run(lambda: self._files.restore(thread_id))

    async def resolve_trashed(self, part: str) -> str:
        """Finds the one thread in the trash whose id holds `part`.

        Raises:
            ThreadNotFoundError: none, or several: the message says which.
        """
        return await asyncio.to_thread(lambda: choose(part.strip(), trash.ids(self._paths.trash)))

    async def trashed(self) -> list[TrashedThread]:
        """See `ThreadStore.trashed`."""
        return await asyncio.to_thread(trash.listed, self._paths.trash)

    async def trashed_ids(self) -> list[str]:
        """The ids of the threads in the trash."""
        return await asyncio.to_thread(trash.ids, self._paths.trash)

    async def delete_trashed(self, thread_id: str) -> None:
        """See `ThreadStore.delete_trashed`."""

        def delete() -> None:
            trash.delete(self._paths.trash, thread_id)
            trash.delete_results(self._paths, [thread_id])

        await self._writer.run(delete)

    async def empty_trash(self) -> int:
        """See `ThreadStore.empty_trash`."""

        def empty() -> int:
            trashed = trash.ids(self._paths.trash)
            count = trash.empty(self._paths.trash)
            trash.delete_results(self._paths, trashed)
            return count

        return await self._writer.run(empty)

    def broken(self) -> Sequence[str]:
        """See `ThreadStore.broken`."""
        return self._damage.notes

    async def damaged(self) -> list[ThreadDamage]:
        """See `ThreadStore.damaged`."""
        return await asyncio.to_thread(self._damage.listed)

    async def salvage(self, name: str) -> str:
        """See `ThreadStore.salvage`."""
        thread = await asyncio.to_thread(self._damage.salvaged, name)
        thread.title = tr("{title} (salvaged)", title=thread.display_title)
        await self.save(thread)
        return thread.id

    def save_elsewhere(self, folder: Path) -> None:
        """See `ThreadStore.save_elsewhere`."""
        self._files.refuge = folder

    def close(self) -> None:
        """Stops filling the caches, and says that this program's journal is no longer written."""
        self._listing.close()
        self._search.close()
        self._files.journal.close()

    def _version(self) -> int | None:
        try:
            return self._paths.threads.stat().st_mtime_ns
        except OSError:  # nothing was ever written
            return None

    def _recent(self, limit: int) -> list[ThreadSummary]:
        self._files.fold()
        self._merge_copies()
        return self._listing.recent(limit)

    def _merge_copies(self) -> None:
        """Merges conflicted copies that a cloud drive made, and tells of them."""
        if (version := self._version()) != self._looked_for_copies:  # a file that is new changes it
            self._looked_for_copies = version
            if copies := [each for each in self._listing.ids() if original(each) is not None]:
                self._copies.merge(copies)

    def _find(self, query: str, limit: int, wait: bool) -> SearchResult:
        if wait or not query:  # not at every key
            self._files.fold()
        return self._search.find(query, limit, wait=wait)

    def _resolve(self, part: str) -> str:
        self._files.fold()
        if not part:
            newest = self._listing.recent(8)
            if not newest:
                raise ThreadNotFoundError(tr("No threads yet."))
            return max(newest, key=lambda each: each.updated).id
        return choose(part, sorted(self._listing.ids(), reverse=True))
