"""Rows that are drawn when they are seen, mapped to the source that they show."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, TypeAlias, overload

from textual.strip import Strip

from chat_tui.ui.transcript.leaf import Leaf, Spots

Rows: TypeAlias = Sequence[Strip]
BLANK = Strip([])
NOWHERE = -1
"""The source offset of rows that stand for no text of the message: its head, marks, what is said about it."""


class DrawnOnDemand(Sequence[Strip]):
    """Rows that are drawn one by one, when they are seen."""

    __slots__ = ()

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
            return [self.row(row) for row in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.row(index % len(self))


class SourceRows(DrawnOnDemand):
    """Rows that are mapped to a source. The first row begins the source, the last one ends it."""

    __slots__ = ()

    @property
    @abstractmethod
    def leaves(self) -> Sequence[Leaf]:
        """The texts that the rows show, in the order of the source."""

    @abstractmethod
    def offset_at(self, index: int) -> int:
        """Where in the source a row begins; never before the row above it."""

    @abstractmethod
    def spots(self, index: int) -> Spots:
        """What the cells of a row show."""

    def row_at(self, offset: int) -> int:
        """The first row that shows a character of the source."""
        rows = range(len(self))
        last = bisect_right(rows, offset, key=self.offset_at) - 1
        return bisect_left(rows, self.offset_at(last), key=self.offset_at) if last > 0 else 0


class ShownRows(SourceRows):
    """A view of other rows, or of some of them, which a subclass may draw differently."""

    __slots__ = ("_first", "_rows")

    def __init__(self, rows: SourceRows, first: int = 0) -> None:
        """Takes the rows.

        Args:
            rows: the rows.
            first: the first one of them that is shown.
        """
        self._rows = rows
        self._first = first

    def __len__(self) -> int:
        return len(self._rows) - self._first

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The leaves of the rows."""
        return self._rows.leaves

    def row(self, index: int) -> Strip:
        """One row."""
        return self._rows[self._first + index]

    def offset_at(self, index: int) -> int:
        """Where in the source a row begins."""
        return self._rows.offset_at(self._first + index)

    def spots(self, index: int) -> Spots:
        """What the cells of a row show."""
        return self._rows.spots(self._first + index)

    def row_at(self, offset: int) -> int:
        """The first row that shows a character of the source."""
        return max(0, self._rows.row_at(offset) - self._first)


class LastRows(ShownRows):
    """The last of other rows."""

    __slots__ = ()

    def __init__(self, rows: SourceRows, number: int) -> None:
        super().__init__(rows, len(rows) - number)


class WithLastRow(ShownRows):
    """Rows with another last row."""

    __slots__ = ("_last",)

    def __init__(self, rows: SourceRows, last: Strip) -> None:
        super().__init__(rows)
        self._last = last

    def row(self, index: int) -> Strip:
        """One row."""
        return self._last if index == len(self) - 1 else super().row(index)


class Part(NamedTuple):
    """Rows for a span of the source, or for none."""

    begin: int
    """Where the stretch begins; `NOWHERE` of rows that stand for no text."""
    end: int
    rows: Rows
    kind: str = ""
    """Of a block of Markdown what it is, as markdown-it names it: `paragraph_open`, `fence`, `table_open`."""
    language: str = ""
    """Of a block of code."""
    lead: int = 0
    """Characters of the source before the stretch that no row shows: the definitions of links, blank lines."""
    trail: int = 0
    """And behind it."""

    @property
    def shown(self) -> tuple[int, int]:
        """The span of the source that its rows show."""
        return self.begin - self.lead, self.end + self.trail


class StackedRows(SourceRows):
    """Parts on top of each other."""

    __slots__ = ("_tops", "parts")

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self._tops = [0, *accumulate(len(part.rows) for part in parts)]

    def __len__(self) -> int:
        return self._tops[-1]

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The texts of all parts, each with the places of its part's source."""
        return [leaf for part in self.parts if isinstance(part.rows, SourceRows) for leaf in part.rows.leaves]

    def row(self, index: int) -> Strip:
        """One row."""
        at = self.part_of(index)
        return self.parts[at].rows[index - self._tops[at]]

    def part_of(self, index: int) -> int:
        """The number of the part that a row lies in."""
        return bisect_right(self._tops, index) - 1

    def top(self, part: int) -> int:
        """The first row of a part; for the index after the last part, the number of rows."""
        return self._tops[part]

    def part_at(self, offset: int) -> int:
        """The number of the part that shows a character of the source."""
        number = 0
        for at, part in enumerate(self.parts):
            if part.begin != NOWHERE and part.begin - part.lead <= offset and len(part.rows):
                number = at
                if offset < part.end + part.trail:
                    break
        return number

    def spots(self, index: int) -> Spots:
        """What the cells of a row show."""
        at = self.part_of(index)
        rows = self.parts[at].rows
        return rows.spots(index - self._tops[at]) if isinstance(rows, SourceRows) else []

    def row_at(self, offset: int) -> int:
        """The first row that shows a character."""
        at = self.part_at(offset)
        part, inside = self.parts[at], 0
        if part.begin != NOWHERE and isinstance(part.rows, SourceRows):
            inside = part.rows.row_at(offset - part.begin)
        return self._tops[at] + min(inside, max(0, len(part.rows) - 1))

    def offset_at(self, index: int) -> int:
        """Where a row's text begins in the source; where there is none, that of the row above, or `NOWHERE`."""
        for at in range(self.part_of(index), -1, -1):
            part = self.parts[at]
            if part.begin != NOWHERE and len(part.rows):
                inside = min(index - self._tops[at], len(part.rows) - 1)
                return (
                    part.begin + part.rows.offset_at(inside)
                    if inside and isinstance(part.rows, SourceRows)
                    else part.shown[0]
                )
        return NOWHERE

    def span(self, index: int) -> tuple[int, int] | None:
        """The span of the source that a row shows; None if it shows none."""
        at = self.part_of(index)
        part, rows = self.parts[at], self.parts[at].rows
        if part.begin == NOWHERE:
            return None
        if not isinstance(rows, SourceRows):
            return part.shown
        inside = index - self._tops[at]
        start = rows.offset_at(inside) if inside else -part.lead
        # The lines of a table's row, side by side, show the same.
        stops = (rows.offset_at(below) for below in range(inside + 1, len(rows)))
        stop = next((offset for offset in stops if offset > start), part.shown[1] - part.begin)
        return part.begin + start, part.begin + stop
