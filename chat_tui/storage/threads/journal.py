"""What running programs have not yet written into the thread files: data/journal/ID~WRITER.json.

A page is a thread file with nothing in it but what changed: the header fields and the messages that this program has
changed since it last wrote the thread itself. It is replaced whole, so that its cost is that of the running answer and
never that of the thread. It goes once the thread is written; one whose program is gone is found by the next start. A
program is alive as long as it holds the lock on `WRITER.lock`.
"""

from __future__ import annotations

import os
import secrets
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import Json
from chat_tui.i18n import tr
from chat_tui.storage.files import atomic
from chat_tui.storage.files.atomic import Stamp
from chat_tui.storage.files.lock import is_free, left_behind, take
from chat_tui.storage.files.strict_json import CodecError, dump
from chat_tui.storage.threads.codec import SUFFIX, decode, header_lines, join_lines, message_line
from chat_tui.storage.threads.merge import Base, Snapshot, header_value

LOCK = ".lock"
_SETTLED = 60
"""Seconds after which a lock file that nobody holds is not about to be taken."""
_WAS = "was"
_AFTER = "after"
_ALWAYS = ("format", "version", "id")


@dataclass(frozen=True, slots=True)
class JournalPage:
    """What one program has of one thread beyond the thread's file."""

    thread_id: str
    path: Path
    lines: Snapshot
    """The changed header lines, the changed messages."""
    was: dict[str, str]
    """The lines of the changed header fields as they were in the file; empty for a field that was not there."""
    after: str | None
    """The id of the last message of the thread as the journal's program had it."""
    stamp: Stamp
    """Of its file."""
    is_left_behind: bool
    """Whether its program is gone."""

    @property
    def writer(self) -> str:
        """Its program."""
        return self.path.stem.rpartition("~")[2]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a program has of a thread beyond the thread's file: a page that is to be written."""

    header: list[str] = field(default_factory=list)
    """Lines; none where no field and no message has changed."""
    messages: dict[str, str] = field(default_factory=dict)
    """Lines by message id."""

    def page(self, more: Mapping[str, str]) -> bytes:
        """The page's file, with `more` messages beside those that changed last; empty where nothing has changed."""
        lines = {**more, **self.messages}
        return join_lines(self.header, list(lines.values())) if self.header else b""


def changes_of(thread: Thread, messages: Iterable[Message], base: Base) -> Changes:
    """What has changed.

    Args:
        thread: as it is now.
        messages: those that may have changed since `base`.
        base: what this program last wrote or read of the thread.

    Raises:
        CodecError: a value has no JSON.
    """
    lines = {each.id: message_line(each) for each in messages}
    return _changes(header_lines(thread), lines, base, reversed(thread.messages))


def changes_in(snapshot: Snapshot, base: Base) -> Changes:
    """What has changed of a whole thread; see `changes_of`."""
    return _changes(snapshot.header, snapshot.messages, base, reversed(snapshot.messages))


def _changes(header: dict[str, str], lines: dict[str, str], base: Base, backwards: Iterable[str]) -> Changes:
    before = base.header
    changed = [name for name in header | before if header.get(name) != before.get(name)]
    lines = {name: line for name, line in lines.items() if base.ours.get(name) != hash(line)}
    if not changed and not lines:
        return Changes()
    was: Json = {name: header_value(before[name]) if name in before else None for name in changed}
    top = [header[name] for name in header if name in _ALWAYS or name in changed]
    # What is only in another program's journal is that program's to name.
    after = next((name for name in backwards if name in base.file or name not in base.ours), None)
    return Changes([*top, f" {dump(_WAS)}: {dump(was)},", f" {dump(_AFTER)}: {dump(after)},"], lines)


class Journal:
    """The pages of all programs. All methods block and are quick; those that write are for one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Touches nothing.

        Args:
            folder: where the pages lie.
        """
        self._folder = folder
        self._writer = secrets.token_hex(4)
        self._lock: weakref.finalize[..., Journal] | None = None
        self._written: dict[str, bytes] = {}
        """The pages that may stand on disk, by thread; empty for one of which it is not known."""

    def write(self, thread_id: str, page: bytes) -> None:
        """Replaces this program's page of a thread; on disk when it returns. An empty page is removed.

        Raises:
            StorageError: it is not on disk.
        """
        if not page:
            self.drop(thread_id)
            return
        path = self._own(thread_id)
        if self._written.get(thread_id) == page and os.path.lexists(path):
            return
        self._announce()
        self._written[thread_id] = b""  # a page that comes to stand there after all is to be dropped, too
        atomic.write_atomic(path, page)
        self._written[thread_id] = page

    def drop(self, thread_id: str) -> None:
        """Removes this program's page of a thread: all of it is in the thread's file.

        Raises:
            StorageError: it can't be removed.
        """
        if thread_id in self._written:
            atomic.remove(self._own(thread_id), sync=False)  # one that comes back after a power cut says nothing new
            del self._written[thread_id]

    def pages(self, thread_id: str | None = None) -> Iterator[tuple[JournalPage | None, Path, str]]:
        """The pages of other programs: of one thread, or of all.

        Yields:
            The page, its file, its thread's id; no page where the file is none. One that can't be opened now (too many
            files are open, the disk reports an error) is left out.
        """
        alive: dict[str, bool] = {}
        for path in self._files():
            name, mark, writer = path.stem.rpartition("~")
            if not mark or writer == self._writer or thread_id not in (None, name):
                continue
            if writer not in alive:
                alive[writer] = self.is_alive(writer)
            try:
                yield _read(path, name, is_left_behind=not alive[writer]), path, name
            except (FileNotFoundError, StorageError):  # folded in meanwhile; or perhaps it can be read later
                continue
            except CodecError:
                yield None, path, name

    def is_alive(self, writer: str) -> bool:
        """Whether a page's program still runs."""
        return not is_free(self._folder / (writer + LOCK))

    def newest(self) -> int:
        """Changes with each page that comes, changes or goes: the directory's modification time in ns."""
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:  # nothing was ever written
            return 0

    @contextmanager
    def left_behind(self, page: JournalPage) -> Iterator[JournalPage | None]:
        """Keeps a page's program dead for the body, if it is: nobody else takes it for their own meanwhile.

        Yields:
            The page as it is now; None where its program runs, or the page is gone or can't be read.
        """
        with left_behind(self._folder / (page.writer + LOCK)) as is_left_behind:
            found = None
            if is_left_behind:
                with suppress(FileNotFoundError, StorageError, CodecError):
                    found = _read(page.path, page.thread_id, is_left_behind=True)
            yield found

    def remove(self, page: JournalPage) -> None:
        """Removes a page whose program is gone and that is in its thread's file now; then that program's lock.

        Raises:
            StorageError: it can't be removed.
        """
        if atomic.stamp_of(page.path) != page.stamp:  # where there are no locks, its program may run
            return
        atomic.remove(page.path)
        if not any(each.stem.endswith("~" + page.writer) for each in self._files()):
            atomic.remove(self._folder / (page.writer + LOCK), sync=False)

    def sweep(self) -> None:
        """Removes the locks of programs that are gone and have left nothing."""
        writers = {each.stem.rpartition("~")[2] for each in self._files()}
        with suppress(OSError):
            for path in self._folder.glob(".*.tmp"):
                if path.lstat().st_mtime < time.time() - _SETTLED:
                    path.unlink()
            for path in self._folder.glob("*" + LOCK):
                old = path.lstat().st_mtime < time.time() - _SETTLED
                if old and path.stem not in writers and path.stem != self._writer and is_free(path):
                    path.unlink()

    def close(self) -> None:
        """Lets go of the lock; takes it away where no page needs it."""
        if self._lock is not None and self._lock.alive:
            if not self._written:
                with suppress(StorageError):
                    atomic.remove(self._folder / (self._writer + LOCK), sync=False)
            self._lock()

    def _own(self, thread_id: str) -> Path:
        return self._folder / f"{thread_id}~{self._writer}{SUFFIX}"

    def _announce(self) -> None:
        """Takes the lock that says that this program is alive: without one its pages count as left behind.

        Raises:
            StorageError: it can't be had; what is to be written must not go into the journal.
        """
        path = self._folder / (self._writer + LOCK)
        if self._lock is not None and os.path.lexists(path):
            return
        atomic.make_directory(self._folder)
        file = take(path)
        if file is None:
            raise StorageError(
                tr(
                    "Could not write {folder}: the lock {name} can't be acquired. Check its mode.",
                    folder=self._folder,
                    name=path.name,
                )
            )
        if self._lock is not None:  # the directory was taken away, with the lock
            self._lock()
        self._lock = weakref.finalize(self, os.close, file)

    def _files(self) -> list[Path]:
        try:
            return sorted(each for each in self._folder.iterdir() if each.suffix == SUFFIX and each.name[0] != ".")
        except OSError:  # nothing was ever written
            return []


def _read(path: Path, thread_id: str, *, is_left_behind: bool) -> JournalPage:
    data, status = atomic.safe_read(path)
    thread = decode(data)
    if thread.read_only:
        raise CodecError(tr("it was written by a newer version"))
    thread.id = thread_id
    was, after = thread.extra.pop(_WAS, None), thread.extra.pop(_AFTER, None)
    if not isinstance(was, dict):
        raise CodecError(tr('"was" is missing'))
    lines = Snapshot.of(thread)
    before = {name: "" if value is None else f" {dump(name)}: {dump(value)}," for name, value in was.items()}
    header = {name: line for name, line in lines.header.items() if name in was}
    after = after if isinstance(after, str) else None
    page = Snapshot(header, lines.messages, [])
    return JournalPage(thread_id, path, page, before, after, atomic.stamp_in(status), is_left_behind)
