"""The outline of a conversation: its prompts, and the headings of its answers. Knows no widget.

Nothing is listed as a whole: only the entries of a window around the reader are made, and of messages that were never
in view the headings are found when the window comes to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.transcript.markdown.headings import HeadingScanner, read_heading
from chat_tui.ui.transcript.rows import NOWHERE
from chat_tui.ui.view.viewport import Viewport

if TYPE_CHECKING:
    from chat_tui.ui.transcript.turn import Turn

MOST_TEXT = 200_000
"""Characters of an answer that are searched for headings."""
MOST_HEADINGS = 500
"""Of one answer."""
AT_ONCE = 100_000
"""Characters that are searched for headings in one go."""
MOST_TURNS = 1_000
"""Turns that are looked through for the next entry."""
MOST_KNOWN = 2_000
"""Answers whose headings are kept."""
PROMPT = 400
"""Characters of a prompt that are read."""
DEEPEST = 2
"""Levels of headings that are told apart below the highest one of an answer."""


class Entry(NamedTuple):
    """A row of the outline."""

    turn: int
    """The index of its turn."""
    offset: int
    """Where the heading begins in its message; `NOWHERE` for a prompt."""
    level: int
    """0 for a prompt; for a heading from 1 on, relative to the highest one of its answer."""
    text: str

    @property
    def place(self) -> tuple[int, int]:
        """Turn and offset."""
        return self.turn, self.offset


class _Headings:
    """The headings of one answer."""

    def __init__(self) -> None:
        self._scanner = HeadingScanner()
        self._source = ""
        self._is_whole = False
        self.list: list[tuple[int, int, str]] = []
        """Offset, level and text of each."""

    def is_current(self, source: str) -> bool:
        """Whether they are those of a finished answer with this text."""
        return self._is_whole and self._source is source

    def read(self, source: str, *, is_whole: bool) -> None:
        """Reads an answer; of a running one only what has been added."""
        text = source
        if is_whole:  # an answer is clean when it comes, a file holds anything
            text = clean(source[:MOST_TEXT])
        if is_whole or self._is_whole or len(text) < self._scanner.scanned:
            self._scanner, self.list = HeadingScanner(), []
        if self._scanner.scanned < MOST_TEXT and len(self.list) < MOST_HEADINGS:
            self._scanner.scan(text, is_whole=is_whole)
            new = self._scanner.found[len(self.list) : MOST_HEADINGS]
            self.list += [(offset, *read_heading(text, offset)) for offset in new]
        self._is_whole, self._source = is_whole, source if is_whole else ""


class Outline:
    """The entries around the place of the reader."""

    def __init__(self, viewport: Viewport) -> None:
        """Has no rows until `update` is called.

        Args:
            viewport: has the turns, and the place of the reader.
        """
        self._viewport = viewport
        self._known: dict[str, _Headings] = {}
        """By message id."""
        self._left = 0
        """Characters that may still be searched in this go."""
        self._turns: Sequence[Turn] = ()
        self._state: tuple[object, ...] = ()
        """What the rows were made for, with `_turns`."""
        self.rows: Sequence[Entry] = ()
        """What is shown, from top to bottom."""
        self.current: Entry | None = None
        """The entry that the reader is at."""
        self.is_behind = False
        """Whether some answers have not been searched yet: `update` continues with them."""

    def update(self, height: int) -> bool:
        """Follows the reader and what has been added; whether there was anything to do.

        Args:
            height: the most rows.
        """
        viewport, self._left = self._viewport, AT_ONCE
        if not (turns := viewport.turns) or not height:
            self.rows, self.current, self._state = (), None, ()
            return True
        headings = len(self._entries(len(turns) - 1))
        before, was_behind, self.is_behind = self.current, self.is_behind, False
        self.current = next(self._from(viewport.reading, -1), None)
        state = (len(turns), headings, viewport.live is None, self.current, height)
        if turns is self._turns and state == self._state and not was_behind:
            return False
        self._turns, self._state = turns, state
        self._fill(height, shows_current=self.current != before or len(self.rows) != height)
        return True

    def scroll(self, step: int, height: int) -> None:
        """Scrolls by some entries, up with a negative number."""
        self._left, self.is_behind = AT_ONCE, False
        if self.rows:
            *_, top = islice(self._from(self.rows[0].place, 1 if step > 0 else -1), abs(step) + 1)
            self.rows = (top,)
            self._fill(height, shows_current=False)

    def _fill(self, height: int, *, shows_current: bool) -> None:
        """Makes the rows, from the top one on."""
        top = self.rows[0].place if self.rows else (0, NOWHERE)
        rows = list(islice(self._from(top, 1), height))
        if shows_current and self.current is not None and self.current not in rows:
            *_, first = islice(self._from(self.current.place, -1), height // 3 + 1)
            rows = list(islice(self._from(first.place, 1), height))
        if len(rows) < height:  # the end is in view
            begin = rows[0].place if rows else (len(self._viewport.turns) - 1, 0)
            above = islice(self._from(begin, -1), 1 if rows else 0, height - len(rows) + 1)
            rows = [*reversed(list(above)), *rows]
        self.rows = rows

    def _from(self, place: tuple[int, int], step: int) -> Iterator[Entry]:
        """The entries from a place on, downwards (1) or upwards (-1)."""
        turn, _ = place
        count = len(self._viewport.turns)
        for index in islice(range(turn, count) if step > 0 else range(min(turn, count - 1), -1, -1), MOST_TURNS):
            entries = self._entries(index)
            if step > 0:
                yield from (each for each in entries if each.place >= place)
            else:
                yield from (each for each in reversed(entries) if each.place <= place)

    def _entries(self, index: int) -> list[Entry]:
        turn = self._viewport.turns[index]
        message = turn.message
        if message.role is Role.USER:
            return [Entry(index, NOWHERE, 0, _first_words(message))]
        if message.role is not Role.ASSISTANT:
            return []
        found = self._headings(message, is_live=turn.is_live)
        highest = min((level for _, level, _ in found), default=1)
        return [Entry(index, offset, 1 + min(level - highest, DEEPEST), text) for offset, level, text in found if text]

    def _headings(self, message: Message, *, is_live: bool) -> list[tuple[int, int, str]]:
        known = self._known.get(message.id)
        if known is None or not known.is_current(message.content):
            if self._left <= 0:
                self.is_behind = True
                return known.list if known else []
            if known is None:
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                known = self._known[message.id] = _Headings()
            if not is_live:
                self._left -= min(len(message.content), MOST_TEXT)
            known.read(message.content, is_whole=not is_live)
        return known.list


def _first_words(message: Message) -> str:
    """A prompt as far as it fits into a line."""
    return " ".join(message.content[:PROMPT].lstrip("`\n ").split()) or tr("Attachment")
