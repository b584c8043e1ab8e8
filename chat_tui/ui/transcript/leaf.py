"""Texts as they are drawn, each character mapped to its place in the source."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style


class Kind(Enum):
    """How a leaf is copied."""

    TEXT = auto()
    """As it reads; where all of it is selected, as it was written."""
    CODE = auto()
    """As it reads, which is as it was written but for the indent of its container."""
    CELL = auto()
    """Of a table: several are copied as rows."""
    SOURCE = auto()
    """As it was written, always: it is drawn in another form."""
    SHOWN = auto()
    """As it reads, always: it stands for more than it shows."""


class Run(NamedTuple):
    """Characters of a leaf with one style, which follow each other in the source."""

    begin: int
    """Where it begins in the text."""
    source: int
    """Where it begins in the source."""
    is_exact: bool
    """Whether each character stands for one of the source; otherwise all stand for what is written there."""
    style: Style


Replaced = tuple[int, int, str]
"""From where to where characters of a text stand for others, and for which: spaces for a tab, a formula for its TeX."""


class Table(NamedTuple):
    """The places of a table's rows in the source."""

    begin: int
    body: int
    """Where the first row below the head begins."""


class Leaf:
    """A text to which drawing adds nothing but wraps: a paragraph, the code of a fence, a cell of a table."""

    __slots__ = ("begin", "end", "kind", "replaced", "runs", "table", "text")

    def __init__(
        self,
        kind: Kind,
        text: str,
        runs: Sequence[Run],
        begin: int,
        end: int,
        *,
        replaced: Sequence[Replaced] = (),
        table: Table | None = None,
    ) -> None:
        """Creates a leaf.

        Args:
            kind: what it is copied as.
            text: as it reads: no marks of Markdown, the line breaks of the source.
            runs: what its characters stand for, in order.
            begin: where its lines begin in the source, those of a fence included.
            end: where they end, before the line break.
            replaced: which of its characters stand for others.
            table: of a cell, its table.
        """
        self.kind = kind
        self.text = text
        self.runs = runs
        self.begin = begin
        self.end = end
        self.replaced = replaced
        self.table = table

    @property
    def code(self) -> str | None:
        """What a block of code, a diagram or JSON is copied as; None for other texts."""
        if self.kind is Kind.CODE or (self.kind is Kind.SOURCE and self.replaced):
            return self.copied(0, len(self.text))
        return None

    @classmethod
    def verbatim(cls, text: str, style: Style, source: int = 0, kind: Kind = Kind.TEXT) -> Leaf:
        """A text that is in the source unchanged, from `source` on."""
        return cls(kind, text, (Run(0, source, True, style),), source, source + len(text))

    def source(self, at: int) -> int:
        """The place in the source of a character of the text, or of its end."""
        index = max(0, bisect_right(self.runs, at, key=_begin) - 1)
        if not self.runs:
            return self.begin
        run = self.runs[index]
        place = run.source + (at - run.begin if run.is_exact else 0)
        if index + 1 < len(self.runs):  # what is drawn between two runs stands for nothing
            place = min(place, max(run.source, self.runs[index + 1].source))
        return min(place, max(run.source, self.end))

    def is_exact(self, at: int) -> bool:
        """Whether a character of the text is the very one of the source."""
        index = bisect_right(self.runs, at, key=_begin) - 1
        return index >= 0 and self.runs[index].is_exact

    def first(self, at: int) -> int:
        """Where in the source what is copied begins, where it begins with a character that is drawn in another form."""
        return self.source(at) if self.is_exact(at) else self.begin

    def last(self, end: int) -> int:
        """Where in the source what is copied ends, where it ends behind such a character."""
        return self.source(end - 1) + 1 if self.is_exact(end - 1) else self.end

    def position(self, source: int) -> int:
        """The character of the text that shows a character of the source, or the next one."""
        index = bisect_right(self.runs, source, key=_source) - 1
        if index < 0:
            return 0
        run = self.runs[index]
        end = self.runs[index + 1].begin if index + 1 < len(self.runs) else len(self.text)
        return min(run.begin + (source - run.source if run.is_exact else 0), end)

    def linked(self, begin: int, end: int) -> Iterator[tuple[int, int, str]]:
        """The links of a part of the text: where the text of each begins and ends, and its address."""
        index = max(0, bisect_right(self.runs, begin, key=_begin) - 1)
        start, url = begin, ""
        while index < len(self.runs) and self.runs[index].begin < end:
            run = self.runs[index]
            if (link := run.style.link or "") != url:
                if url:
                    yield start, run.begin, url
                start, url = run.begin, link
            index += 1
        if url:
            yield start, self.runs[index].begin if index < len(self.runs) else len(self.text), url

    def copied(self, begin: int, end: int) -> str:
        """A part of the text as it was written: with tabs, and with the whole TeX of what it shows of a formula."""
        out, at = "", begin
        for first, last, written in self.replaced:
            is_in = first >= at and last <= end if written == "\t" else first < end and last > at
            if is_in:
                out, at = f"{out}{self.text[at:first]}{written}", last
        return out + self.text[at:end]

    def segments(self, begin: int, end: int) -> list[Segment]:
        """A part of the text as styled segments."""
        segments = []
        index = max(0, bisect_right(self.runs, begin, key=_begin) - 1)
        while begin < end and index < len(self.runs):
            stop = min(end, self.runs[index + 1].begin) if index + 1 < len(self.runs) else end
            if stop > begin:
                segments.append(Segment(self.text[begin:stop], self.runs[index].style))
            begin, index = max(begin, stop), index + 1
        return segments


def _begin(run: Run) -> int:
    return run.begin


def _source(run: Run) -> int:
    return run.source


class Spot(NamedTuple):
    """The characters of a leaf that a cell shows."""

    leaf: Leaf
    start: int
    end: int


Spots = list[Spot | None]
"""A spot for each cell of a row; None for rules, bullets, padding."""


def spots(leaf: Leaf, text: str, places: Sequence[int]) -> Spots:
    """The spots of the cells of a drawn text; a wide character has the same spot in both cells.

    Args:
        leaf: what the text is of.
        text: what is drawn.
        places: for each of its characters the place in the leaf.
    """
    if text.isascii():
        return [Spot(leaf, place, place + 1) for place in places]
    row: Spots = []
    before = 0
    for index, place in enumerate(places):
        cells = cell_len(text[: index + 1])
        row += [Spot(leaf, place, place + 1)] * (cells - before)
        if cells <= before:  # it is drawn with the one before
            _widen(row, place, place + 1)
        before = max(before, cells)
    return row


def _widen(row: Spots, start: int, end: int) -> None:
    for index in range(len(row) - 1, -1, -1):
        last = row[index]
        if last is None or last.end != start:
            break
        row[index] = Spot(last.leaf, last.start, end)
