"""One thread's file: read, merged with what others wrote, replaced; beside it this program's page of the journal.

Everything that takes a `Thread` is called on the loop and serialises at once; everything else blocks and runs in a
worker thread. What an open thread and its file looked like when they last agreed is the `Base` of every merge.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from chat_tui.domain.clean import clean
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.message import Message
from chat_tui.domain.thread import Thread
from chat_tui.storage import atomic, trash
from chat_tui.storage.codec import Lines, decode
from chat_tui.storage.damage import Damage, DamagedError
from chat_tui.storage.entry import Entry, Job, JournalJob
from chat_tui.storage.journal import Journal, Page, page_lines
from chat_tui.storage.listing import SUFFIX, is_id
from chat_tui.storage.lock import locked
from chat_tui.storage.merge import Base, Snapshot, Stamp, merge, overlay
from chat_tui.storage.overheard import Heard, Overheard, whole
from chat_tui.storage.paths import Paths
from chat_tui.storage.strict_json import CodecError

_LOOK_AGAIN = 0.05
"""Seconds until a broken file that changed just now is read again."""
_TICK = 50_000_000
"""Nanoseconds within which a directory may change again and keep its time."""
_LOOKS = 100
"""Looks at one that stays broken and goes on changing."""


class ThreadFiles:
    """The thread files of one data directory, as one program sees them."""

    def __init__(self, paths: Paths, damage: Damage) -> None:
        self._paths = paths
        self._damage = damage
        self._entries: dict[str, Entry] = {}
        self.journal = Journal(paths.journal)
        self.refuge: Path | None = None
        """Where threads go that can't be written in their place; None for nowhere."""

    def path(self, thread_id: str) -> Path:
        """The thread's file.

        Raises:
            ThreadNotFoundError: it can't be a thread's id.
        """
        if not is_id(thread_id):
            raise ThreadNotFoundError(f"No thread has the id {clean(thread_id[:60], multiline=False)!r}.")
        return self._paths.threads / (thread_id + SUFFIX)

    def entry(self, thread_id: str) -> Entry:
        """What is known of a thread's file."""
        return self._entries.setdefault(thread_id, Entry())

    # On the loop

    def job(self, thread: Thread) -> Job:
        """Serialises, at once: what changes later is the next save's.

        Raises:
            StorageError: it is of a newer version, or a value has no JSON.
        """
        path, entry = self._writable(thread), self.entry(thread.id)
        if entry.lines_of is None or entry.lines_of() is not thread:
            lines: Lines = {}
            entry.lines, entry.lines_of = lines, weakref.ref(thread, lambda _: lines.clear())
        try:
            snapshot = Snapshot.of(thread, entry.lines)
        except CodecError as error:
            raise StorageError(f"Could not write {path}: {error}.") from error
        entry.issued += 1
        return Job(thread.id, entry.issued, weakref.ref(thread), snapshot, thread.is_empty)

    def journal_job(self, thread: Thread, messages: Iterable[Message]) -> JournalJob | None:
        """Serialises what changed; None where the thread is to be written whole: it has no file yet, or takes refuge.

        Raises:
            StorageError: it is of a newer version, or a value has no JSON.
        """
        path, entry = self._writable(thread), self.entry(thread.id)
        base = entry.base_of(thread)
        if base.stamp is None or self.refuge is not None:
            return None
        try:
            page = page_lines(thread, messages, base)
        except CodecError as error:
            raise StorageError(f"Could not write {path}: {error}.") from error
        entry.issued += 1
        return JournalJob(thread.id, entry.issued, page)

    def _writable(self, thread: Thread) -> Path:
        path = self.path(thread.id)
        if thread.read_only:
            raise StorageError(f"{path} was written by a newer chat-tui, so this one does not change it. Update it.")
        return path

    # In a worker thread

    def write(self, job: Job) -> None:
        """Writes a thread, and takes its page out of the journal.

        Raises:
            StorageError: it is not on disk.
        """
        entry = self.entry(job.thread_id)
        with entry.lock:
            try:
                self._write(job, entry)
            except StorageError:
                if self.refuge is None:
                    raise
                atomic.write_atomic(self.refuge / (job.thread_id + SUFFIX), job.snapshot.data())
                return
            if job.number > entry.noted:
                self.journal.drop(job.thread_id)

    def _write(self, job: Job, entry: Entry) -> None:
        path = self.path(job.thread_id)
        stamp = _stamp(path)
        if job.number < entry.written or (job.empty and stamp is None):
            return
        base = entry.base_of(job.owner())
        if stamp is not None and stamp == base.stamp and job.snapshot.hashes() == base.ours:
            return
        with locked(self._paths.lock_file):
            disk = self._disk(job.thread_id, path, base)
            entry.is_behind = entry.is_behind or disk is not None
            written, after = merge(job.snapshot, base, disk)
            if job.empty and not written.messages and "draft" not in after.theirs.header:
                self._discard(job.thread_id, path, had_messages=_had_messages(disk, base))
                entry.base = Base()
            else:
                try:
                    self._replace(path, written, after)
                except atomic.UnsyncedError:  # what stands there is this program's: the next save must know it as such
                    entry.base, entry.owner = after, job.owner
                    raise
                entry.base = after
        entry.owner, entry.written = job.owner, job.number

    def _replace(self, path: Path, written: Snapshot, base: Base) -> None:
        atomic.keep_copy(path, self._paths.backups / path.name)
        status = atomic.write_atomic(path, written.data())
        base.stamp = (status.st_mtime_ns, status.st_size, status.st_ino)

    def write_journal(self, job: JournalJob) -> None:
        """Puts a page into the journal.

        Raises:
            StorageError: it is not on disk.
        """
        entry = self.entry(job.thread_id)
        with entry.lock:
            if job.number > max(entry.written, entry.noted):
                self.journal.write(job.thread_id, job.page)
                entry.noted = job.number

    def load(self, thread_id: str) -> Thread:
        """Reads a thread, the journals of other programs included.

        Raises:
            ThreadNotFoundError: there is none.
            StorageError: it can't be read; says where it is now.
        """
        entry = self.entry(thread_id)
        self.fold(thread_id)
        with entry.lock:
            thread, entry.base, entry.heard = self._whole(thread_id)
            entry.owner, entry.is_behind = weakref.ref(thread), False
        return thread

    def read(self, thread_id: str) -> Thread:
        """Reads a thread as `load` does, beside the object that is open under this id: that keeps its past."""
        self.fold(thread_id)
        with self.entry(thread_id).lock:
            return self._whole(thread_id)[0]

    def _whole(self, thread_id: str) -> tuple[Thread, Base, dict[str, Heard]]:
        try:
            thread, stamp = self._read(thread_id, self.path(thread_id))
        except FileNotFoundError:
            shown = clean(thread_id, multiline=False)
            raise ThreadNotFoundError(f"There is no thread {shown}. `chat-tui threads` lists them.") from None
        pages = [] if thread.read_only else [page for page, _, _ in self.journal.pages(thread_id) if page]
        return whole(thread, stamp, pages)

    def _read(self, thread_id: str, path: Path) -> tuple[Thread, Stamp]:
        """The file as it is.

        Raises:
            FileNotFoundError: there is none.
            DamagedError: it is no thread.
            StorageError: it can't be read.
        """
        for _ in range(_LOOKS):
            data, status = atomic.safe_read(path)
            try:
                thread = decode(data)
                thread.id = thread_id
                Snapshot.of(thread)
            except CodecError as error:
                told = "" if atomic.is_fresh(status) else self._damage.set_aside(path, str(error), status)
                if told:
                    raise DamagedError(told) from error
                time.sleep(_LOOK_AGAIN)  # somebody writes it in place, as editors do, and is about to end
            else:
                return thread, (status.st_mtime_ns, status.st_size, status.st_ino)
        raise StorageError(f"{path} is being written by another program, for seconds now. Try again when that is done.")

    def changed(self, thread_id: str) -> tuple[Thread, Stamp] | None:
        """The file, where it is not the one that is known; None also while it can't be read."""
        stamp, entry = _stamp(self.path(thread_id)), self.entry(thread_id)
        if stamp is None or (stamp == entry.base.stamp and not entry.is_behind):
            return None
        with suppress(FileNotFoundError, StorageError):
            return self._read(thread_id, self.path(thread_id))
        return None

    def overheard(self, thread_id: str) -> Overheard | None:
        """What other programs have in their journals; None where nothing has changed, which takes a look at one time.

        What one left that is gone is folded in.
        """
        entry, newest = self.entry(thread_id), self.journal.newest()
        writers = {each.writer for each in list(entry.heard.values())}
        alive = {each for each in writers if self.journal.is_alive(each)}
        if newest == entry.heard_at and alive == writers:
            return None
        pages = [page for page, _, _ in self.journal.pages(thread_id)]
        if any(page is None or page.is_left_behind for page in pages):
            self.fold(thread_id)
        is_settled = time.time_ns() - newest > _TICK
        return Overheard(newest * is_settled, [each for each in pages if each and not each.is_left_behind], alive)

    def fold(self, thread_id: str | None = None) -> None:
        """Writes into the thread files what programs that are gone left in their journals; of one thread, or of all.

        What can't be written stays in the journal, and is read from there.
        """
        for page, path, name in list(self.journal.pages(thread_id)):
            if page is None:
                self._damage.set_aside(path, "it is a damaged page of the journal")
            elif page.is_left_behind and is_id(name):
                with suppress(StorageError):
                    self._fold(page)
        if thread_id is None:
            self.journal.sweep()

    def _fold(self, page: Page) -> None:
        path, entry = self.path(page.thread_id), self.entry(page.thread_id)
        with entry.lock, locked(self._paths.lock_file):
            try:
                thread, stamp = self._read(page.thread_id, path)
            except FileNotFoundError:
                thread, stamp = Thread(id=page.thread_id), (0, 0, 0)
            if thread.read_only:
                return
            written = overlay(Snapshot.of(thread), page.lines, page.was, is_older=page.written < stamp[0])
            self._replace(path, written, Base())
            self.journal.remove(page)

    def _disk(self, thread_id: str, path: Path, base: Base) -> Snapshot | None:
        """The file, where it is not the one that `base` knows; None also where there is none any more."""
        stamp = _stamp(path)
        if stamp is None or stamp == base.stamp:
            return None
        try:
            thread, _ = self._read(thread_id, path)
        except FileNotFoundError:  # gone since the look: git takes a file away before it writes another
            return None
        except DamagedError:
            return None
        if thread.read_only:
            raise StorageError(
                f"{path} was written by a newer chat-tui meanwhile, so it is not changed. Update this one."
            )
        return Snapshot.of(thread)

    def _discard(self, thread_id: str, path: Path, *, had_messages: bool) -> None:
        if had_messages:
            trash.put_in(self._paths.trash, thread_id, path)
        else:
            atomic.remove(path)

    def delete(self, thread_id: str) -> None:
        """Moves a thread to the trash, the version before it and this program's page of the journal with it.

        Raises:
            StorageError: it can't be moved.
        """
        path = self.path(thread_id)
        self.fold(thread_id)
        with self.entry(thread_id).lock, locked(self._paths.lock_file):
            if _stamp(path) is None:
                raise ThreadNotFoundError(f"There is no thread {clean(thread_id, multiline=False)}.")
            trash.put_in(self._paths.trash, thread_id, path)
            atomic.remove(self._paths.backups / path.name, sync=False)
            self.journal.drop(thread_id)

    def restore(self, thread_id: str) -> None:
        """Moves a thread back out of the trash.

        Raises:
            StorageError: it is not there, or can't be moved.
        """
        path = self.path(thread_id)
        with self.entry(thread_id).lock, locked(self._paths.lock_file):
            trash.take_out(self._paths.trash, thread_id, path)


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _had_messages(disk: Snapshot | None, base: Base) -> bool:
    known = any(not name.startswith("header ") for name in base.file)
    return bool(disk.messages) if disk is not None else known
