"""Lines of laid-out text: the prefix of each, and the characters of the texts in it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.ui.text.wrapping import wrap
from chat_tui.ui.transcript.leaf import Kind, Leaf, Replaced, Run, Spots, spots
from chat_tui.ui.transcript.rows import SourceRows

TAB = 4
Before = tuple[Segment, ...]
"""What stands before a line: bullets, rules, indents."""


class Line(ABC):
    """One row."""

    __slots__ = ("before",)

    def __init__(self, before: Before) -> None:
        self.before = before

    @property
    @abstractmethod
    def start(self) -> int:
        """Where it begins in the source."""

    @abstractmethod
    def segments(self) -> Sequence[Segment]:
        """The segments after `before`."""

    @abstractmethod
    def spots(self) -> Spots:
        """The spots of the cells after `before`."""


class TextLine(Line):
    """Characters of a text."""

    __slots__ = ("begin", "end", "leaf")

    def __init__(self, before: Before, leaf: Leaf, begin: int, end: int) -> None:
        super().__init__(before)
        self.leaf = leaf
        self.begin = begin
        self.end = end

    @property
    def start(self) -> int:
        """The place of the first character."""
        return self.leaf.source(self.begin)

    def segments(self) -> Sequence[Segment]:
        """The styled characters."""
        return self.leaf.segments(self.begin, self.end)

    def spots(self) -> Spots:
        """A spot for each cell."""
        return spots(self.leaf, self.leaf.text[self.begin : self.end], range(self.begin, self.end))


class FixedLine(Line):
    """A line for a part of the source whose text is not shown: a rule, a gap."""

    __slots__ = ("_segments", "_start")

    def __init__(self, before: Before, segments: Sequence[Segment], start: int) -> None:
        super().__init__(before)
        self._segments = segments
        self._start = start

    @property
    def start(self) -> int:
        """Where the stretch begins."""
        return self._start

    def segments(self) -> Sequence[Segment]:
        """What is drawn."""
        return self._segments

    def spots(self) -> Spots:
        """None."""
        return []


class InnerLine(Line):
    """A row of other rows."""

    __slots__ = ("index", "rows")

    def __init__(self, before: Before, rows: SourceRows, index: int) -> None:
        super().__init__(before)
        self.rows = rows
        self.index = index

    @property
    def start(self) -> int:
        """Where that row begins."""
        return self.rows.offset_at(self.index)

    def segments(self) -> Sequence[Segment]:
        """That row."""
        return list(self.rows[self.index])

    def spots(self) -> Spots:
        """Those of that row."""
        return self.rows.spots(self.index)


class LaidOutRows(SourceRows):
    """Lines that become strips when they are drawn: of a long answer most never are.

    A strip takes ten times the memory of its line, for caches of its own, and as long to make as to lay out.
    """

    __slots__ = ("_drawn", "_leaves", "_starts", "kind", "lines", "width")

    def __init__(self, lines: Sequence[Line], leaves: Sequence[Leaf], width: int, kind: str = "") -> None:
        """Draws nothing yet.

        Args:
            lines: from top to bottom.
            leaves: the texts in them, in the order of the source.
            width: cells; what is wider is cut.
            kind: what the first block is, as markdown-it names it.
        """
        self.kind = kind
        self.lines = lines
        self._leaves = leaves
        self.width = width
        self._drawn: dict[int, Strip] | None = None
        self._starts: list[int] | None = None

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The texts."""
        return self._leaves

    def row(self, index: int) -> Strip:
        """One row; the same row is the same strip each time."""
        if self._drawn is None:
            self._drawn = {}
        if (strip := self._drawn.get(index)) is None:
            line = self.lines[index]
            strip = Strip(Segment.simplify([*line.before, *line.segments()]))
            strip = self._drawn[index] = strip.crop(0, self.width) if strip.cell_length > self.width else strip
        return strip

    def offset_at(self, index: int) -> int:
        """Where in the source a row begins."""
        if self._starts is None:
            self._starts = [0, *(line.start for line in self.lines[1:])]
        return self._starts[index]

    def spots(self, index: int) -> Spots:
        """What the cells of a row show."""
        line = self.lines[index]
        return [*([None] * sum(segment.cell_length for segment in line.before)), *line.spots()]


def wrapped(leaf: Leaf, width: int) -> Iterator[tuple[int, int]]:
    """Wraps a text to rows of at most `width` cells: where each begins and ends."""
    position = 0
    for line in leaf.text.split("\n"):
        yield from ((position + begin, position + end) for begin, end in wrap(line, width))
        position += len(line) + 1


def lines_of(leaf: Leaf) -> Iterator[tuple[int, int]]:
    """Where each line of a text begins and ends."""
    position = 0
    for line in leaf.text.split("\n"):
        yield position, position + len(line)
        position += len(line) + 1


def without_tabs(text: str, runs: Sequence[Run]) -> tuple[str, Sequence[Run], Sequence[Replaced]]:
    """Expands tabs: the text, its runs, and where the spaces for tabs are."""
    if "\t" not in text:
        return text, runs, ()
    spaced: list[Run] = []
    tabs: list[Replaced] = []
    out: list[str] = []
    length = cells = 0
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        at, end = run.begin, following.begin if following else len(text)
        for piece in re.split(r"(\t)", text[at:end]):
            is_tab = piece == "\t"
            source = run.source + (at - run.begin if run.is_exact else 0)
            shown = " " * (TAB - cells % TAB) if is_tab else piece
            if shown:
                spaced.append(Run(length, source, run.is_exact and not is_tab, run.style))
            if is_tab:
                tabs.append((length, length + len(shown), "\t"))
            *lines, last = shown.split("\n")
            cells = cell_len(last) + (0 if lines else cells)
            out.append(shown)
            at, length = at + len(piece), length + len(shown)
    return "".join(out), spaced, tabs


def text_rows(leaf: Leaf, width: int) -> LaidOutRows:
    """The rows of one text, its line breaks kept."""
    lines = [TextLine((), leaf, *piece) for piece in wrapped(leaf, width)]
    return LaidOutRows(lines, [leaf], width)


def plain_leaf(text: str, style: Style, source: int = 0) -> Leaf:
    """A leaf of plain text that is in the source unchanged, from `source` on."""
    leaf = Leaf.verbatim(text, style, source)
    expanded, runs, tabs = without_tabs(text, leaf.runs)
    return Leaf(Kind.TEXT, expanded, runs, leaf.begin, leaf.end, replaced=tabs)
