"""Rows that lie on each other and are drawn when they are looked at; each knows where in its source it stands."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeAlias, overload

from rich.segment import Segment
from textual.strip import Strip

Rows: TypeAlias = Sequence[Strip]
BLANK = Strip([])
NOWHERE = -1
"""The source offset of rows that stand for no text of the message: its head, gaps, marks."""


class DrawnOnDemand(Sequence[Strip]):
    """Rows that are drawn one by one, as they are looked at."""

    @abstractmethod
    def row(self, index: int) -> Strip:
        """Draws one row, 0 <= index < len(self)."""

    @overload
    def __getitem__(self, index: int) -> Strip: ...
    @overload
    def __getitem__(self, index: slice) -> list[Strip]: ...
    def __getitem__(self, index: int | slice) -> Strip | list[Strip]:
        """One row, or some; the rest stays undrawn."""
        if isinstance(index, slice):
            return [self.row(each) for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.row(index % len(self))


class LazyRows(DrawnOnDemand):
    """Rows of which only their number is known until one is asked for."""

    @abstractmethod
    def row_at(self, offset: int) -> int:
        """The row in which a character of the source stands."""

    @abstractmethod
    def offset_at(self, row: int) -> int:
        """Where in the source a row begins."""


class DrawnLines(DrawnOnDemand):
    """Lines of segments, each made a strip once it is looked at: of a long answer most rows never are.

    A strip takes ten times the memory of its segments, for caches of its own, and as long to make as to draw.
    """

    def __init__(self, lines: Sequence[Sequence[Segment]]) -> None:
        self._rows: list[Strip | Sequence[Segment]] = list(lines)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Strip:
        """One row; the same row is the same strip each time."""
        row = self._rows[index]
        if not isinstance(row, Strip):
            row = self._rows[index] = Strip(Segment.simplify(row))
        return row


class StackedRows(LazyRows):
    """Parts on each other. A part that is drawn stands for a stretch of the source, or for none."""

    def __init__(self, parts: Sequence[tuple[int, int, Rows]]) -> None:
        """Piles.

        Args:
            parts: for each, where its source begins and ends (`NOWHERE` where it has none), and its rows.
        """
        self.parts = parts
        self._tops = [0, *accumulate(len(rows) for _, _, rows in parts)]

    def __len__(self) -> int:
        return self._tops[-1]

    def row(self, index: int) -> Strip:
        """One row of the part that it lies in."""
        at = bisect_right(self._tops, index) - 1
        return self.parts[at][2][index - self._tops[at]]

    def span(self, offset: int) -> tuple[int, int, int, int]:
        """Of the part that shows a character: its first row, the one behind its last, its source's begin and end."""
        at = self._part(offset)
        begin, end, rows = self.parts[at]
        return self._tops[at], self._tops[at] + len(rows), begin, end

    def part_at(self, offset: int) -> Rows:
        """The part that shows a character."""
        return self.parts[self._part(offset)][2]

    def _part(self, offset: int) -> int:
        found = 0
        for at, (begin, end, _) in enumerate(self.parts):
            if begin != NOWHERE and begin <= offset:
                found = at
                if offset < end:
                    break
        return found

    def row_at(self, offset: int) -> int:
        """The row of a character: exact in plain text and code, about right within other blocks."""
        at = self._part(offset)
        begin, end, rows = self.parts[at]
        if isinstance(rows, LazyRows):
            return self._tops[at] + min(rows.row_at(offset - begin), max(0, len(rows) - 1))
        return self._tops[at] + min((offset - begin) * len(rows) // max(1, end - begin), max(0, len(rows) - 1))

    def offset_at(self, row: int) -> int:
        """Where a row's text begins in the source; `NOWHERE` before the first text."""
        last = NOWHERE
        for at, (begin, end, rows) in enumerate(self.parts):
            if self._tops[at] > row:
                break
            if begin == NOWHERE:
                continue
            inside = min(row - self._tops[at], max(0, len(rows) - 1))
            if isinstance(rows, LazyRows):
                last = begin + (rows.offset_at(inside) if len(rows) else 0)
            else:
                last = begin + -(-inside * (end - begin) // max(1, len(rows)))
        return last
