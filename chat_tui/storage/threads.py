"""The threads as files, one each: data/threads/ID.json."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chat_tui.domain.clean import clean
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.message import now
from chat_tui.domain.thread import Thread, ThreadSummary
from chat_tui.storage import atomic, trash
from chat_tui.storage.codec import Lines, decode
from chat_tui.storage.index import Index
from chat_tui.storage.listing import SUFFIX, Listing, choose, is_id
from chat_tui.storage.lock import locked
from chat_tui.storage.merge import Base, Snapshot, Stamp, merge
from chat_tui.storage.paths import Paths
from chat_tui.storage.strict_json import CodecError


@dataclass(slots=True)
class _Entry:
    """What the store knows of one thread's file."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    issued: int = 0
    """Number of the last snapshot taken."""
    written: int = 0
    """Number of the last snapshot on disk: an older one that comes late is not written over it."""
    base: Base = field(default_factory=Base)
    owner: weakref.ref[Thread] | None = None
    """The object that `base` speaks of. Another one of the same id has another past, and is merged as a stranger's."""
    lines: Lines = field(default_factory=dict)
    """Of the last snapshot; touched on the loop only."""
    lines_of: weakref.ref[Thread] | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    thread_id: str
    number: int
    owner: weakref.ref[Thread]
    snapshot: Snapshot
    empty: bool


class FileThreadStore:
    """Implements `ports.ThreadStore`. One for a program; all of it may be used from one event loop."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._entries: dict[str, _Entry] = {}
        self._notes: list[str] = []
        self._listing = Listing(paths.threads, Index(paths.cache / "threads.sqlite3"), self._set_aside, self._note)

    async def save(self, thread: Thread) -> None:
        """See `ports.ThreadStore.save`. What another program wrote into the file meanwhile stays in it."""
        await asyncio.to_thread(self._write, self._job(thread))

    def save_now(self, thread: Thread) -> None:
        """See `ports.ThreadStore.save_now`."""
        self._write(self._job(thread))

    async def load(self, thread_id: str) -> Thread:
        """See `ports.ThreadStore.load`. The thread's id is its file's name, whatever stands inside."""
        return await asyncio.to_thread(self._load, thread_id)

    async def resolve(self, part: str) -> str:
        """See `ports.ThreadStore.resolve`."""
        return await asyncio.to_thread(self._resolve, part.strip())

    async def recent(self, limit: int = 100, query: str = "") -> list[ThreadSummary]:
        """See `ports.ThreadStore.recent`.

        Without a cache only the newest `limit` files are read for the first answer; a later call knows the rest.
        """
        if query.split():
            return await asyncio.to_thread(self._listing.search, limit, query)
        return await asyncio.to_thread(self._listing.recent, limit)

    async def delete(self, thread_id: str) -> None:
        """See `ports.ThreadStore.delete`."""
        await asyncio.to_thread(self._delete, thread_id)

    async def restore(self, thread_id: str) -> None:
        """See `ports.ThreadStore.restore`. Of several of the same id in the trash the last deleted comes back."""
        await asyncio.to_thread(self._restore, thread_id)

    async def resolve_trashed(self, part: str) -> str:
        """Finds the one thread in the trash whose id holds `part`.

        Raises:
            ThreadNotFoundError: none, or several: the message says which.
        """
        return await asyncio.to_thread(lambda: choose(part.strip(), trash.ids(self._paths.trash)))

    def broken(self) -> Sequence[str]:
        """See `ports.ThreadStore.broken`."""
        return tuple(self._notes)

    def close(self) -> None:
        """Stops filling the summary cache."""
        self._listing.close()

    def _path(self, thread_id: str) -> Path:
        if not is_id(thread_id):
            raise ThreadNotFoundError(f"No thread has the id {clean(thread_id[:60], multiline=False)!r}.")
        return self._paths.threads / (thread_id + SUFFIX)

    def _entry(self, thread_id: str) -> _Entry:
        return self._entries.setdefault(thread_id, _Entry())

    def _job(self, thread: Thread) -> _Job:
        """Serialises, at once: what changes later is the next save's."""
        path = self._path(thread.id)
        if thread.read_only:
            raise StorageError(f"{path} was written by a newer chat-tui, so this one does not change it. Update it.")
        entry = self._entry(thread.id)
        if entry.lines_of is None or entry.lines_of() is not thread:
            lines: Lines = {}
            entry.lines, entry.lines_of = lines, weakref.ref(thread, lambda _: lines.clear())
        try:
            snapshot = Snapshot.of(thread, entry.lines)
        except CodecError as error:
            raise StorageError(f"Could not write {path}: {error}.") from error
        entry.issued += 1
        return _Job(thread.id, entry.issued, weakref.ref(thread), snapshot, thread.is_empty)

    def _write(self, job: _Job) -> None:
        entry = self._entry(job.thread_id)
        path = self._path(job.thread_id)
        with entry.lock:
            if job.number < entry.written or (job.empty and _stamp(path) is None):
                return
            base = entry.base if entry.owner is not None and entry.owner() is job.owner() else Base()
            with locked(self._paths.lock_file):
                disk = self._disk(job.thread_id, path, base)
                written, after = merge(job.snapshot, base, disk)
                if job.empty and not written.messages and "draft" not in after.theirs.header:
                    self._discard(job.thread_id, path, had_messages=_had_messages(disk, base))
                    entry.base = Base()
                else:
                    status = atomic.write_atomic(path, written.data())
                    after.stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
                    entry.base = after
            entry.owner, entry.written = job.owner, job.number

    def _disk(self, thread_id: str, path: Path, base: Base) -> Snapshot | None:
        """The file, where it is not the one that `base` knows; None also where there is none any more."""
        stamp = _stamp(path)
        if stamp is None or stamp == base.stamp:
            return None
        try:
            thread = decode(atomic.safe_read(path)[0])
        except CodecError as error:
            self._set_aside(thread_id, str(error))
            return None
        if thread.read_only:
            raise StorageError(
                f"{path} was written by a newer chat-tui meanwhile, so it is not changed. Update this one."
            )
        thread.id = thread_id
        return Snapshot.of(thread)

    def _discard(self, thread_id: str, path: Path, *, had_messages: bool) -> None:
        if had_messages:
            trash.put_in(self._paths.trash, thread_id, path)
        else:
            atomic.remove(path)

    def _load(self, thread_id: str) -> Thread:
        path = self._path(thread_id)
        entry = self._entry(thread_id)
        with entry.lock:
            try:
                data, status = atomic.safe_read(path)
            except FileNotFoundError:
                shown = clean(thread_id, multiline=False)
                raise ThreadNotFoundError(f"There is no thread {shown}. `chat-tui threads` lists them.") from None
            try:
                thread = decode(data)
                thread.id = thread_id
                hashes = Snapshot.of(thread).hashes()
            except CodecError as error:
                raise StorageError(self._set_aside(thread_id, str(error))) from error
            entry.base = Base((status.st_mtime_ns, status.st_size, status.st_ino), hashes, hashes)
            entry.owner = weakref.ref(thread)
        return thread

    def _set_aside(self, thread_id: str, why: str) -> str:
        """Moves a file that is no thread out of the way, never over another; returns, and notes, what was done."""
        path = self._path(thread_id)
        stamp = now().replace("-", "").replace(":", "")
        for number in range(1000):
            target = self._paths.corrupt / f"{thread_id}-{stamp}{f'-{number}' if number else ''}{SUFFIX}"
            try:
                atomic.move(path, target)
            except FileExistsError:
                continue
            except FileNotFoundError:
                break
            except StorageError as error:
                return self._note(f"{path.name} can't be read: {why}. {error}")
            return self._note(f"{path.name} can't be read: {why}. It is kept as it was in {target}.")
        return self._note(f"{path.name} can't be read: {why}. It is not there any more.")

    def _note(self, line: str) -> str:
        line = clean(line, multiline=False)
        if line not in self._notes:
            self._notes.append(line)
        return line

    def _resolve(self, part: str) -> str:
        if not part:
            newest = self._listing.recent(8)
            if not newest:
                raise ThreadNotFoundError("There is no thread yet.")
            return max(newest, key=lambda each: each.updated).id
        return choose(part, sorted(self._listing.ids(), reverse=True))

    def _delete(self, thread_id: str) -> None:
        path = self._path(thread_id)
        with self._entry(thread_id).lock, locked(self._paths.lock_file):
            if _stamp(path) is None:
                raise ThreadNotFoundError(f"There is no thread {clean(thread_id, multiline=False)}.")
            trash.put_in(self._paths.trash, thread_id, path)

    def _restore(self, thread_id: str) -> None:
        path = self._path(thread_id)
        with self._entry(thread_id).lock, locked(self._paths.lock_file):
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
