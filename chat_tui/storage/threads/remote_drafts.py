"""What other running programs have in their journals of a thread that is open here: it is read, never written.

It stands in the thread in memory, and in the `Base` as what this program has and the file has not, so that a save
leaves it to the program whose it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.threads import News
from chat_tui.storage.files.atomic import Stamp
from chat_tui.storage.files.strict_json import parse
from chat_tui.storage.threads.codec import decode, header_lines, message_line, read_message
from chat_tui.storage.threads.journal import JournalPage
from chat_tui.storage.threads.merge import Base, Snapshot, beside, goes_on, header_value, overlay

PAUSE = 2.0
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


def whole(thread: Thread, stamp: Stamp, pages: Sequence[JournalPage]) -> tuple[Thread, Base, dict[str, RemoteReply]]:
    """A thread as its file and the journals say, what is known of the file then, and the answers being written.

    Args:
        thread: as the file has it.
        stamp: the file's.
        pages: of all other programs. What one left that is gone is this program's to save from now on.
    """
    file = Snapshot.of(thread)
    heard = _laid_over(file, (each for each in pages if not each.is_left_behind))
    full = _laid_over(heard, (each for each in pages if each.is_left_behind))
    if pages:
        thread_id, thread = thread.id, decode(full.data())
        thread.id = thread_id
    answers: dict[str, RemoteReply] = {}
    for page in pages:
        for name, line in page.lines.messages.items():
            if full.messages[name] == line and not page.is_left_behind and _is_growing(line, file.messages.get(name)):
                answers[name] = RemoteReply(page.writer)
                thread.messages[name].written_elsewhere = True
    return thread, Base(stamp, heard.hashes(), file.hashes(), beside(file, heard), heard.header), answers


def _laid_over(snapshot: Snapshot, pages: Iterable[JournalPage]) -> Snapshot:
    for page in pages:
        snapshot = overlay(snapshot, page.lines, page.was, page.after)
    return snapshot


def _is_growing(line: str, there: str | None) -> bool:
    """Whether a line of a page is an answer that has not ended and is beyond the file's."""
    message = read_message(parse(line.encode()))
    is_open = message.is_answer and message.status is Status.INTERRUPTED and message.error is None
    return is_open and (there is None or goes_on(line, there))


class RemoteDraftReader:
    """Brings one open thread up to the pages of other running programs, on the loop and without a suspension."""

    def __init__(self, thread: Thread, base: Base, heard: dict[str, RemoteReply]) -> None:
        """Takes up a thread.

        Args:
            thread: as it is open here.
            base: what is known of its file; stays as it is, see `self.base`.
            heard: the answers that were being written at the last look; is brought up to date.
        """
        theirs = Snapshot(dict(base.theirs.header), dict(base.theirs.messages), base.theirs.strays)
        self.base = replace(base, ours=dict(base.ours), theirs=theirs, header=dict(base.header))
        self._thread = thread
        self._heard = heard

    def hear(self, overheard: RemoteDrafts) -> News:
        """Takes in the answers that grow, and lets those be that have ended."""
        news, found = News.NONE, set[str]()
        for page in overheard.pages:
            for name, line in page.lines.messages.items():
                if name not in found and self._is_theirs(name, line):
                    found.add(name)
                    self._heard[name] = RemoteReply(page.writer)
                    news = max(news, self._take(name, line))
            if "head" in page.was:
                news = max(news, self._follow(page))
        for name in self._heard.keys() - found:
            news = max(news, self._let_be(name, is_alive=self._heard[name].writer in overheard.alive))
        return news

    def _is_theirs(self, name: str, line: str) -> bool:
        """Whether an answer grows in a page, and this program has not changed it."""
        mine = self._line(name)
        if mine is not None and hash(mine) != self.base.ours.get(name):
            return False
        there = self._in_file(name, mine)
        return _is_growing(line, there) or (name in self._heard and _is_growing(line, None) and mine == line)

    def _take(self, name: str, line: str) -> News:
        """Puts the page's text into the thread."""
        mine, message = self._line(name), self._thread.messages.get(name)
        new = read_message(parse(line.encode()))
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
        thread, mine = self._thread, header_lines(self._thread)["head"]
        head = header_value(page.lines.header.get("head", '"head": null'))
        if not isinstance(head, str) or head == thread.head or head not in self._heard:
            return News.NONE
        if hash(mine) != self.base.ours.get("header head") or not thread.is_below(head, thread.head):
            return News.NONE
        self.base.theirs.header.setdefault("head", mine)
        thread.head = head
        self.base.header["head"] = line = header_lines(thread)["head"]
        self.base.ours["header head"] = hash(line)
        return News.MORE

    def _let_be(self, name: str, *, is_alive: bool) -> News:
        """What is in no page any more has ended, if its program does not only pause."""
        message, heard = self._thread.messages[name], self._heard[name]
        heard.missed = time.monotonic() if heard.missed is None else heard.missed
        was_cut = message.status is Status.INTERRUPTED and message.error is None
        if was_cut and is_alive and time.monotonic() - heard.missed < PAUSE:
            message.written_elsewhere = True
            return News.NONE
        del self._heard[name]
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


def _difference(message: Message, new: Message, *, is_same: bool) -> News:
    if not message.written_elsewhere:
        return News.MORE
    if is_same:
        return News.NONE
    grew = new.content.startswith(message.content) and new.reasoning.startswith(message.reasoning)
    return News.GROWTH if grew else News.MORE
