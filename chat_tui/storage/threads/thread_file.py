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

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files import atomic
from chat_tui.storage.files.atomic import ChangedError, Stamp, stamp_in, stamp_of
from chat_tui.storage.files.lock import PATIENCE, locked
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads import trash
from chat_tui.storage.threads.codec import SUFFIX, Lines, decode, is_id
from chat_tui.storage.threads.damage import Damage, DamagedError
from chat_tui.storage.threads.journal import Journal, JournalPage, changes_in, changes_of
from chat_tui.storage.threads.merge import Base, Snapshot, merge, overlay
from chat_tui.storage.threads.sync import JournalJob, RemoteDrafts, RemoteReply, SaveJob, ThreadEntry, whole

_LOOK_AGAIN = 0.05
"""Seconds until a broken file that changed just now is read again."""
_TICK = 50_000_000
"""Nanoseconds within which a directory may change again and keep its time."""
_ATTEMPTS = 50
"""Merges with what others write, one after the other, before it has to wait for a quieter moment."""
_LOOKS = 100
"""Looks at one that stays broken and keeps changing."""


class ThreadFiles:
    """The thread files of one data directory, as one program sees them."""

    def __init__(self, paths: Paths, damage: Damage) -> None:
        self._paths = paths
        self._damage = damage
        self._entries: dict[str, ThreadEntry] = {}
        self.journal = Journal(paths.journal)
        self.refuge: Path | None = None
        """Where threads go that can't be written in their place; None for nowhere."""

    def path(self, thread_id: str) -> Path:
        """The thread's file.

        Raises:
            ThreadNotFoundError: it can't be a thread's id.
        """
        if not is_id(thread_id):
            raise ThreadNotFoundError(tr("No thread has the id {id!r}.", id=clean(thread_id[:60], multiline=False)))
        return self._paths.threads / (thread_id + SUFFIX)

    def entry(self, thread_id: str) -> ThreadEntry:
        """What is known of a thread's file."""
        return self._entries.setdefault(thread_id, ThreadEntry())

    # On the loop

    def job(self, thread: Thread) -> SaveJob:
        """Serialises, at once: what changes later is the next save's.

        Raises:
            StorageError: it is of a newer version, or a value has no JSON.
        """
        path, entry = self._writable(thread), self.entry(thread.id)
        if entry.known_lines(thread) is None:
            lines: Lines = {}
            entry.lines, entry.lines_of = lines, weakref.ref(thread, lambda _: lines.clear())
        try:
            snapshot = Snapshot.of(thread, entry.lines)
        except CodecError as error:
            raise StorageError(tr("Could not write {path}: {error}.", path=path, error=error)) from error
        entry.issued += 1
        return SaveJob(thread.id, entry.issued, weakref.ref(thread), snapshot, thread.is_empty)

    def journal_job(self, thread: Thread, messages: Iterable[Message]) -> JournalJob | None:
        """Serialises what changed; None where the thread is to be written whole.

        That is where it has no file yet, takes refuge, or was not written into its file when it should have been.

        Raises:
            StorageError: it is of a newer version, or a value has no JSON.
        """
        path, entry = self._writable(thread), self.entry(thread.id)
        base = entry.base_of(thread)
        if base.stamp is None or self.refuge is not None or entry.delayed is not None:
            return None
        try:
            changes = changes_of(thread, messages, base)
        except CodecError as error:
            raise StorageError(tr("Could not write {path}: {error}.", path=path, error=error)) from error
        entry.issued += 1
        return JournalJob(thread.id, entry.issued, changes)

    def _writable(self, thread: Thread) -> Path:
        path = self.path(thread.id)
        if thread.read_only:
            raise StorageError(
                tr("{path} was written by a newer chat-tui, so this one does not change it. Update it.", path=path)
            )
        return path

    # In a worker thread

    def write(self, job: SaveJob, patience: float = PATIENCE) -> None:
        """Writes a thread, and takes its page out of the journal.

        Where another program holds the lock for longer, what changed goes into the journal: that program has read the
        file, and is about to replace it.

        Args:
            job: the thread.
            patience: seconds to wait for the lock.

        Raises:
            StorageError: it is not on disk.
        """
        entry = self.entry(job.thread_id)
        with entry.lock:
            try:
                if not self._write(job, entry, patience):
                    self._delay(job, entry)
                    return
            except StorageError:
                if self.refuge is None:
                    raise
                atomic.write_atomic(self.refuge / (job.thread_id + SUFFIX), job.snapshot.data())
                return
            if entry.delayed is not None and job.number >= entry.delayed.number:
                entry.delayed, entry.held = None, {}
            if job.number >= entry.noted:
                self.journal.drop(job.thread_id)

    def _write(self, job: SaveJob, entry: ThreadEntry, patience: float) -> bool:
        """Writes the thread's file; whether this was its turn."""
        path = self.path(job.thread_id)
        stamp = stamp_of(path)
        if job.number < entry.written or (job.empty and stamp is None):
            return True
        base = entry.base_of(job.owner())
        if stamp is not None and stamp == base.stamp and job.snapshot.hashes() == base.ours:
            return True
        with locked(self._paths.lock_file, patience) as has_turn:
            for _ in range(_ATTEMPTS if has_turn else 0):
                disk, stamp = self._disk(job.thread_id, path, base)
                entry.is_behind = entry.is_behind or disk is not None
                written, after = merge(job.snapshot, base, disk)
                if job.empty and not written.messages and "draft" not in after.theirs.header:
                    self._discard(job.thread_id, path, had_messages=_had_messages(disk, base))
                    after = Base()
                else:
                    try:
                        self._replace(path, written, after, stamp)
                    except ChangedError:  # by what knows of no locks: an editor, git
                        continue
                    except atomic.UnsyncedError:  # what is there is this program's: the next save must know it as such
                        entry.base, entry.owner = after, job.owner
                        raise
                entry.base, entry.owner, entry.written = after, job.owner, job.number
                return True
        return False

    def _delay(self, job: SaveJob, entry: ThreadEntry) -> None:
        """Puts what changed into the journal: what waits there is written into the file later, by whoever comes."""
        changes = changes_in(job.snapshot, entry.base_of(job.owner()))
        self.journal.write(job.thread_id, changes.page({}))
        entry.delayed, entry.held, entry.noted = job, changes.messages, max(entry.noted, job.number)

    def write_delayed(self, thread_id: str) -> None:
        """Writes into the thread's file what could only go into the journal, if nobody holds the lock now."""
        if (job := self.entry(thread_id).delayed) is not None:
            with suppress(StorageError):
                self.write(job, 0)

    def _replace(self, path: Path, written: Snapshot, base: Base, over: Stamp | None) -> None:
        atomic.keep_copy(path, self._paths.backups / path.name)
        base.stamp = stamp_in(atomic.write_atomic(path, written.data(), over=over))

    def write_journal(self, job: JournalJob) -> None:
        """Puts a page into the journal.

        Raises:
            StorageError: it is not on disk.
        """
        entry = self.entry(job.thread_id)
        with entry.lock:
            if job.number > max(entry.written, entry.noted):
                self.journal.write(job.thread_id, job.changes.page(entry.held))
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
            thread, entry.base, entry.remote_replies = self._whole(thread_id)
            entry.owner, entry.is_behind = weakref.ref(thread), False
        return thread

    def read(self, thread_id: str) -> Thread:
        """Reads a thread as `load` does, beside the object that is open under this id: that keeps its past."""
        self.fold(thread_id)
        with self.entry(thread_id).lock:
            return self._whole(thread_id)[0]

    def _whole(self, thread_id: str) -> tuple[Thread, Base, dict[str, RemoteReply]]:
        try:
            thread, stamp = self._read(thread_id, self.path(thread_id))
        except FileNotFoundError:
            shown = clean(thread_id, multiline=False)
            raise ThreadNotFoundError(tr("No thread {id}. `chat-tui threads` lists them.", id=shown)) from None
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
                notice = "" if atomic.is_fresh(status) else self._damage.set_aside(path, str(error), status)
                if notice:
                    raise DamagedError(notice) from error
                time.sleep(_LOOK_AGAIN)  # somebody writes it in place, as editors do, and is about to end
            else:
                return thread, stamp_in(status)
        raise StorageError(
            tr("{path} is being written by another program, for seconds now. Try again when that is done.", path=path)
        )

    def changed(self, thread_id: str) -> tuple[Thread, Stamp] | None:
        """The file, where it is not the one that is known; None also while it can't be read."""
        stamp, entry = stamp_of(self.path(thread_id)), self.entry(thread_id)
        if stamp is None or (stamp == entry.base.stamp and not entry.is_behind):
            return None
        with suppress(FileNotFoundError, StorageError):
            return self._read(thread_id, self.path(thread_id))
        return None

    def remote_drafts(self, thread_id: str) -> RemoteDrafts | None:
        """What other programs have in their journals; None where nothing has changed, which takes a look at one time.

        What one left that is gone is folded in.
        """
        entry, newest = self.entry(thread_id), self.journal.newest()
        writers = {reply.writer for reply in list(entry.remote_replies.values())}
        alive = {writer for writer in writers if self.journal.is_alive(writer)}
        if newest == entry.journal_time and alive == writers:
            return None
        pages = [page for page, _, _ in self.journal.pages(thread_id)]
        if any(page is None or page.is_left_behind for page in pages):
            self.fold(thread_id)
        is_settled = time.time_ns() - newest > _TICK
        return RemoteDrafts(newest * is_settled, [page for page in pages if page and not page.is_left_behind], alive)

    def fold(self, thread_id: str | None = None) -> None:
        """Writes into the thread files what programs that are gone left in their journals; of one thread, or of all.

        What can't be written stays in the journal, and is read from there.
        """
        for page, path, name in list(self.journal.pages(thread_id)):
            if page is None:
                self._damage.set_aside(path, tr("it is a damaged page of the journal"))
            elif page.is_left_behind and is_id(name):
                with suppress(StorageError):
                    self._fold(page)
        if thread_id is None:
            self.journal.sweep()

    def _fold(self, page: JournalPage) -> None:
        path, entry = self.path(page.thread_id), self.entry(page.thread_id)
        with self.journal.left_behind(page) as found, entry.lock, locked(self._paths.lock_file) as has_turn:
            for _ in range(_ATTEMPTS if has_turn and found else 0):
                stamp: Stamp | None
                try:
                    thread, stamp = self._read(page.thread_id, path)
                except FileNotFoundError:
                    thread, stamp = Thread(id=page.thread_id), None
                if thread.read_only or found is None:
                    return
                written = overlay(Snapshot.of(thread), found.lines, found.was, found.after)
                try:
                    self._replace(path, written, Base(), stamp)
                except ChangedError:
                    continue
                self.journal.remove(found)
                return

    def _disk(self, thread_id: str, path: Path, base: Base) -> tuple[Snapshot | None, Stamp | None]:
        """The file, where it is not the one that `base` knows, and its stamp; None where there is none any more."""
        stamp = stamp_of(path)
        if stamp is None or stamp == base.stamp:
            return None, stamp
        try:
            thread, stamp = self._read(thread_id, path)
        except (FileNotFoundError, DamagedError):  # git takes a file away before it writes another
            return None, None
        if thread.read_only:
            raise StorageError(
                tr(
                    "{path} was written by a newer chat-tui meanwhile, so it is not changed. Update this one.",
                    path=path,
                )
            )
        return Snapshot.of(thread), stamp

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
            if stamp_of(path) is None:
                raise ThreadNotFoundError(tr("No thread {id}.", id=clean(thread_id, multiline=False)))
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


def _had_messages(disk: Snapshot | None, base: Base) -> bool:
    known = any(not name.startswith("header ") for name in base.file)
    return bool(disk.messages) if disk is not None else known
