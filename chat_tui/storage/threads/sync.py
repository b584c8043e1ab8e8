"""What one program knows of a thread's file, and how an open thread is brought up to what other programs write.

Other programs write into the file, and into the pages of their journals while an answer streams; those are read here,
never written. What is only in a page is in the thread in memory, and in the `Base` as what this program has and the
file has not, so that a save leaves it to the program whose it is.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.threads import News
from chat_tui.storage.files.atomic import Stamp
from chat_tui.storage.files.strict_json import parse
from chat_tui.storage.threads.codec import Lines, decode, header_lines, message_line, read_message
from chat_tui.storage.threads.journal import Changes, JournalPage
from chat_tui.storage.threads.merge import DRAFT, HEAD, Base, Snapshot, beside, goes_on, header_value, merge, overlay

_OWN = (DRAFT, HEAD)
"""Fields that say where a reader is: another program's are in the file, but do not move this one's."""
_PAUSE = 2.0
"""Seconds for which an answer may be without a page while its program runs: a save amid the stream takes the page away
until there is more to note."""


@dataclass(slots=True)
class RemoteReply:
    """An answer that another program writes."""

    writer: str
    missed: float | None = None
    """Since when it is in no page (`time.monotonic`); None while it is in one."""


@dataclass(frozen=True, slots=True)
class RemoteDrafts:
    """One look at the journals of other programs."""

    newest: int
    """The journal's time then (see `Journal.newest`); 0 where the next look is to read it all again."""
    pages: list[JournalPage]
    """Of programs that run."""
    alive: set[str]
    """Which of the programs run that wrote at the last look."""


@dataclass(frozen=True, slots=True)
class SaveJob:
    """A thread at one moment, to be written."""

    thread_id: str
    number: int
    owner: weakref.ref[Thread]
    snapshot: Snapshot
    empty: bool


@dataclass(frozen=True, slots=True)
class JournalJob:
    """What changed of a thread, to be put into the journal."""

    thread_id: str
    number: int
    changes: Changes


@dataclass(slots=True)
class ThreadEntry:
    """What this program knows of one thread's file."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    issued: int = 0
    """Number of the last snapshot taken."""
    written: int = 0
    """Number of the last snapshot on disk: an older one that comes late is not written over it."""
    noted: int = 0
    """Number of the last page in the journal: what is older and comes late neither replaces it nor takes it away."""
    delayed: SaveJob | None = None
    """The last snapshot that could only go into the journal, as another program held the lock for too long."""
    held: dict[str, str] = field(default_factory=dict)
    """Its messages' lines: they stay in the journal's page until the thread's file has them."""
    base: Base = field(default_factory=Base)
    owner: weakref.ref[Thread] | None = None
    """The object that `base` speaks of. Another one of the same id has another past, and is merged as a stranger's."""
    pending: set[int] = field(default_factory=set)
    """Numbers of the snapshots that are on their way to `write`: what they are not compared with must not change."""
    is_behind: bool = False
    """Whether a save found in the file what the open thread has not."""
    remote_replies: dict[str, RemoteReply] = field(default_factory=dict)
    """The answers that other programs are writing, by id."""
    journal_time: int = 0
    """The journal's time at the last look (see `Journal.newest`)."""
    lines: Lines = field(default_factory=dict)
    """Of the last snapshot; touched on the loop only."""
    lines_of: weakref.ref[Thread] | None = None

    def base_of(self, owner: Thread | None) -> Base:
        """What is known of the file from this object's point of view."""
        return self.base if self.owner is not None and self.owner() is owner else Base()

    def known_lines(self, thread: Thread) -> Lines | None:
        """The lines of the last snapshot; None where that was of another object."""
        return self.lines if self.lines_of is not None and self.lines_of() is thread else None

    @contextmanager
    def if_idle(self) -> Iterator[bool]:
        """Holds the lock for the body where nothing is being written, and says whether it does; never waits."""
        is_idle = not self.pending and self.lock.acquire(blocking=False)
        try:
            yield is_idle
        finally:
            if is_idle:
                self.lock.release()


def whole(thread: Thread, stamp: Stamp, pages: Sequence[JournalPage]) -> tuple[Thread, Base, dict[str, RemoteReply]]:
    """A thread as its file and the journals say, what is known of the file then, and the answers being written.

    Args:
        thread: as the file has it.
        stamp: the file's.
        pages: of all other programs. What one left that is gone is this program's to save from now on.
    """
    file = Snapshot.of(thread)
    running = _laid_over(file, (page for page in pages if not page.is_left_behind))
    full = _laid_over(running, (page for page in pages if page.is_left_behind))
    if pages:
        thread_id, thread = thread.id, decode(full.data())
        thread.id = thread_id
    replies: dict[str, RemoteReply] = {}
    for page in pages:
        for name, line in page.lines.messages.items():
            if full.messages[name] == line and not page.is_left_behind and _is_growing(line, file.messages.get(name)):
                replies[name] = RemoteReply(page.writer)
                thread.messages[name].written_elsewhere = True
    base = Base(stamp, running.hashes(), file.hashes(), beside(file, running), running.header)
    return thread, base, replies


def _laid_over(snapshot: Snapshot, pages: Iterable[JournalPage]) -> Snapshot:
    for page in pages:
        snapshot = overlay(snapshot, page.lines, page.was, page.after)
    return snapshot


def sync_from_disk(thread: Thread, disk: Thread, stamp: Stamp, entry: ThreadEntry) -> bool:
    """Brings an open thread up to what its file says, without a suspension; whether anything in it changed.

    Messages come in by the same rules as in a save. The head follows where another program went on from it. A draft
    that another program left stays in the file, and out of a prompt in which somebody may be writing.

    Args:
        thread: as it is open here.
        disk: the file's content.
        stamp: the file's.
        entry: what is known of the file. While it is being written nothing happens; the next look will do.
    """
    base = entry.base_of(thread)
    is_known = base.stamp is None or (base.stamp == stamp and not entry.is_behind)
    if is_known or disk.read_only:
        return False
    with entry.if_idle() as is_idle:
        if not is_idle:
            return False
        ours, theirs = Snapshot.of(thread, entry.known_lines(thread)), Snapshot.of(disk)
        merged, after = merge(ours, base, theirs)
        changed = False
        for name, line in merged.messages.items():
            if ours.messages.get(name) != line:
                same = theirs.messages.get(name) == line
                message = disk.messages[name] if same else _message(line)
                if (known := thread.messages.get(name)) is not None:
                    known.become(message)  # an answer that is being written continues in this object
                else:
                    thread.messages[name] = message
                changed = True
        left = {name: line for name, line in after.theirs.header.items() if name in _OWN}
        if HEAD in left and thread.is_below(disk.head, thread.head):
            del left[HEAD]
        for name in after.theirs.header.keys() - left.keys():
            changed = changed or ours.header.get(name) != merged.header[name]
            _take_field(thread, disk, name)
        there, mine = theirs.hashes(), ours.hashes()
        kept = {f"header {name}": mine.get(f"header {name}", 0) for name in left}
        kept |= {name: mine[name] for name in ours.messages.keys() - merged.messages.keys()}  # in a journal only
        header = {name: line for name, line in theirs.header.items() if name not in left}
        header |= {name: ours.header[name] for name in left if name in ours.header}
        entry.base, entry.is_behind = Base(stamp, there | kept, there, Snapshot(left, {}, []), header), False
        return changed


def _take_field(thread: Thread, disk: Thread, name: str) -> None:
    if hasattr(thread, name) and name != "extra":
        setattr(thread, name, getattr(disk, name))
    elif name in disk.extra:
        thread.extra[name] = disk.extra[name]


def sync_from_journals(thread: Thread, drafts: RemoteDrafts, entry: ThreadEntry) -> News:
    """Brings an open thread up to what other programs are writing, as `sync_from_disk` does to the file."""
    base = entry.base_of(thread)
    if base.stamp is None or thread.read_only:
        return News.NONE
    with entry.if_idle() as is_idle:
        if not is_idle:
            return News.NONE
        sync = _JournalSync(thread, base, entry.remote_replies)
        news = sync.apply(drafts)
        entry.base = sync.base
        is_missing = any(reply.missed for reply in entry.remote_replies.values())
        entry.journal_time = 0 if is_missing else drafts.newest
        return news


class _JournalSync:
    """Brings one open thread up to the pages of other running programs, on the loop and without a suspension."""

    def __init__(self, thread: Thread, base: Base, replies: dict[str, RemoteReply]) -> None:
        """Touches nothing yet.

        Args:
            thread: as it is open here.
            base: what is known of its file; stays as it is, see `self.base`.
            replies: the answers that were being written at the last look; is brought up to date.
        """
        theirs = Snapshot(dict(base.theirs.header), dict(base.theirs.messages), base.theirs.strays)
        self.base = replace(base, ours=dict(base.ours), theirs=theirs, header=dict(base.header))
        self._thread = thread
        self._replies = replies

    def apply(self, drafts: RemoteDrafts) -> News:
        """Takes in the answers that grow, and releases those that have ended."""
        news, growing = News.NONE, set[str]()
        for page in drafts.pages:
            for name, line in page.lines.messages.items():
                if name not in growing and self._is_theirs(name, line):
                    growing.add(name)
                    self._replies[name] = RemoteReply(page.writer)
                    news = max(news, self._take(name, line))
            if HEAD in page.was:
                news = max(news, self._follow(page))
        for name in self._replies.keys() - growing:
            news = max(news, self._release(name, is_alive=self._replies[name].writer in drafts.alive))
        return news

    def _is_theirs(self, name: str, line: str) -> bool:
        """Whether an answer grows in a page, and this program has not changed it."""
        mine = self._line(name)
        if mine is not None and hash(mine) != self.base.ours.get(name):
            return False
        there = self._in_file(name, mine)
        return _is_growing(line, there) or (name in self._replies and _is_growing(line, None) and mine == line)

    def _take(self, name: str, line: str) -> News:
        """Puts the page's text into the thread."""
        mine, message = self._line(name), self._thread.messages.get(name)
        new = _message(line)
        new.written_elsewhere = True
        if (there := self._in_file(name, mine)) is not None:
            self.base.theirs.messages[name] = there
        self.base.ours[name] = hash(line)
        if message is None:
            self._thread.messages[name] = new
            return News.MORE
        news = _difference(message, new, is_same=mine == line)
        message.become(new)
        return news

    def _follow(self, page: JournalPage) -> News:
        """Moves the head on to what is written below it, where this program has not moved it."""
        thread, mine = self._thread, header_lines(self._thread)[HEAD]
        head = header_value(page.lines.header.get(HEAD, '"head": null'))
        if not isinstance(head, str) or head == thread.head or head not in self._replies:
            return News.NONE
        if hash(mine) != self.base.ours.get("header head") or not thread.is_below(head, thread.head):
            return News.NONE
        self.base.theirs.header.setdefault(HEAD, mine)
        thread.head = head
        self.base.header[HEAD] = line = header_lines(thread)[HEAD]
        self.base.ours["header head"] = hash(line)
        return News.MORE

    def _release(self, name: str, *, is_alive: bool) -> News:
        """What is in no page any more has ended, if its program does not only pause."""
        message, reply = self._thread.messages[name], self._replies[name]
        reply.missed = time.monotonic() if reply.missed is None else reply.missed
        was_cut = message.status is Status.INTERRUPTED and message.error is None
        if was_cut and is_alive and time.monotonic() - reply.missed < _PAUSE:
            message.written_elsewhere = True
            return News.NONE
        del self._replies[name]
        was_open, message.written_elsewhere = message.written_elsewhere, False
        return News.MORE if was_open else News.NONE

    def _line(self, name: str) -> str | None:
        message = self._thread.messages.get(name)
        return None if message is None else message_line(message)

    def _in_file(self, name: str, mine: str | None) -> str | None:
        """The file's line of a message that this program has not changed; None where there is none."""
        if mine is not None and hash(mine) == self.base.file.get(name):
            return mine
        return self.base.theirs.messages.get(name)


def _message(line: str) -> Message:
    return read_message(parse(line.encode()))


def _is_growing(line: str, there: str | None) -> bool:
    """Whether a line of a page is an answer that has not ended and is beyond the file's."""
    message = _message(line)
    is_open = message.is_answer and message.status is Status.INTERRUPTED and message.error is None
    return is_open and (there is None or goes_on(line, there))


def _difference(message: Message, new: Message, *, is_same: bool) -> News:
    if not message.written_elsewhere:
        return News.MORE
    if is_same:
        return News.NONE
    grew = new.content.startswith(message.content) and new.reasoning.startswith(message.reasoning)
    return News.GROWTH if grew else News.MORE
