"""Lays out plain text of any size: wrapped at words, counted in chunks, drawn where it is seen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.text.clean import clean
from chat_tui.ui.text.wrapping import LEAST, MARK, InputPiece, indent_of, window, wrap, wrap_hanging
from chat_tui.ui.transcript.leaf import Kind, Leaf, Spots, spots
from chat_tui.ui.transcript.rows import Rows, SourceRows

CHUNK = 2_000
"""Characters that are wrapped and drawn at once, cut at a line's end where there is one."""
TAB = 4
MORE = "›"
"""At the end of a row: its line continues."""
Paint = Callable[[str, int, int], "list[list[Segment]] | None"]
"""Colours the lines of `text[begin:end]`; None where they are to be plain."""


@dataclass(frozen=True, slots=True)
class TextStyle:
    """The styles of a text's rows."""

    style: Style
    rule: Segment | None = None
    """What stands before each line."""
    again: Segment | None = None
    """A mark of two cells before the further rows of a line that was wrapped, which hang; without, they do not."""
    shift: int | None = None
    """The first cell that is seen of lines that are not wrapped; None where they are."""
    fill: Style | None = None
    """What the rows are filled up with; None where they end with their text."""
    paint: Paint | None = None
    gutter: int = 0
    """Cells of the numbers before the lines; 0 for none."""


class _Chunk:
    """A part of a text: its number of rows, and the rows once they are drawn."""

    __slots__ = ("begin", "count", "drawn", "end", "indent")

    def __init__(self, begin: int, end: int, indent: int | None) -> None:
        self.begin = begin
        self.end = end
        self.indent = indent
        """Where it begins within a line: the cells that this line's rows are set in."""
        self.count = 0
        self.drawn: Rows | None = None


class _Line(NamedTuple):
    """A line, or the part of it in a chunk, wrapped."""

    raw: str
    """As it is in the text."""
    text: str
    """As it is drawn: spaces for tabs."""
    begin: int
    """Where it begins in the text."""
    indent: int | None
    """Of a piece of a line that has begun before, the cells that its rows are set in."""
    pieces: list[InputPiece]

    def place(self, column: int) -> int:
        """The place in the text of a drawn character."""
        if self.raw is self.text:
            return self.begin + column
        return self.begin + max(0, bisect_right(_drawn_places(self.raw), column) - 1)


class PlainRows(SourceRows):
    """The rows of a plain text. Their number is exact."""

    __slots__ = ("_chunks", "_inner", "_style", "_tops", "_width", "leaf", "text")

    def __init__(
        self, text: str, width: int, style: TextStyle, chunks: Sequence[_Chunk] = (), *, leaf: Leaf | None = None
    ) -> None:
        """Counts the rows.

        Args:
            text: anything; it is cleaned where it is drawn.
            width: cells, those of the rule among them.
            style: how to draw it.
            chunks: chunks at its beginning that have been counted before.
            leaf: the same text with its place in the source; without, it is the source.
        """
        self.text = text
        self.leaf = leaf or Leaf.verbatim(text, style.style)
        self._style = style
        self._width = width
        self._inner = max(LEAST, width - (style.rule.cell_length if style.rule else 0) - style.gutter)
        self._chunks = list(chunks)
        position = self._chunks[-1].end if self._chunks else 0
        while position < len(text):
            chunk = self._next_chunk(position)
            chunk.count = self._count(chunk)
            self._chunks.append(chunk)
            position = chunk.end
        self._tops = [0, *accumulate(chunk.count for chunk in self._chunks)]

    def grown(self, text: str, leaf: Leaf | None = None) -> PlainRows:
        """The rows of the text with more at its end; reuses the rows that are there."""
        return PlainRows(text, self._width, self._style, self._chunks[:-1], leaf=leaf)

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The text."""
        return [self.leaf]

    def _next_chunk(self, begin: int) -> _Chunk:
        """The next chunk: up to a line's end, or in a long line about to the end of a row."""
        text = self.text
        indent = self._indent_at(begin) if begin and text[begin - 1] != "\n" else None
        limit = begin + CHUNK
        if limit >= len(text):
            return _Chunk(begin, len(text), indent)
        line_end = text.rfind("\n", begin, limit)
        if line_end < 0 and self._style.shift is not None:
            line_end = text.find("\n", limit)
            return _Chunk(begin, line_end + 1 or len(text), indent)
        room = self._inner if indent is None else max(LEAST, self._inner - indent - MARK)
        return _Chunk(begin, line_end + 1 if line_end >= 0 else begin + CHUNK // room * room, indent)

    def _indent_at(self, position: int) -> int | None:
        """The cells that the rows of a line are set in which began in the last chunk, or before it."""
        last = self._chunks[-1]
        begin = self.text.rfind("\n", last.begin, position) + 1
        if not begin and last.indent is not None:
            return last.indent
        begin = max(begin, last.begin)
        return indent_of(self.text[begin : min(position, begin + self._inner)].expandtabs(TAB), self._inner)

    def _pieces(self, line: str, indent: int | None) -> list[InputPiece]:
        """The rows of a line, or of what of it is in a chunk that begins within it."""
        if self._style.shift is not None:
            return [(0, len(line))]
        return wrap_hanging(line, self._inner, indent) if self._style.again else wrap(line, self._inner)

    def _wrapped(self, chunk: _Chunk) -> Iterator[_Line]:
        """The lines of a chunk."""
        position, indent = chunk.begin, chunk.indent
        for raw in _lines(self.text[chunk.begin : chunk.end]):
            line = raw.expandtabs(TAB) if "\t" in raw else raw
            yield _Line(raw, line, position, indent, self._pieces(line, indent))
            position, indent = position + len(raw) + 1, None

    def _count(self, chunk: _Chunk) -> int:
        text = self.text[chunk.begin : chunk.end]
        if text.isspace() and len(text) == text.count("\n"):
            return len(text)
        lines = _lines(text)
        if chunk.indent is None and "\t" not in text and max(map(len, lines)) <= self._inner // 2:
            return len(lines)
        return sum(len(line.pieces) for line in self._wrapped(chunk))

    def __len__(self) -> int:
        return self._tops[-1]

    def row(self, index: int) -> Strip:
        """One row; draws its chunk."""
        at = bisect_right(self._tops, index) - 1
        chunk = self._chunks[at]
        if chunk.drawn is None:
            chunk.drawn = self._draw(chunk)
        return chunk.drawn[index - self._tops[at]]

    def offset_at(self, index: int) -> int:
        """Where in the source a row begins."""
        if not self._chunks:
            return self.leaf.begin
        at = bisect_right(self._tops, index) - 1
        left = index - self._tops[at]
        for line in self._wrapped(self._chunks[at]):
            if left < len(line.pieces):
                return self.leaf.source(line.place(line.pieces[left][0]))
            left -= len(line.pieces)
        return self.leaf.source(self._chunks[at].end)

    def row_at(self, offset: int) -> int:
        """The row of a character."""
        if not self._chunks:
            return 0
        place = self.leaf.position(offset)
        at = max(0, bisect_right(self._chunks, place, key=lambda chunk: chunk.begin) - 1)
        row = self._tops[at]
        for line in self._wrapped(self._chunks[at]):
            if place <= line.begin + len(line.raw):
                return row + max(0, sum(line.place(begin) <= place for begin, _ in line.pieces) - 1)
            row += len(line.pieces)
        return max(0, min(row, self._tops[at + 1] - 1))

    def spots(self, index: int) -> Spots:
        """What the cells of a row show."""
        at = bisect_right(self._tops, index) - 1
        left = index - self._tops[at]
        line, rules, begin, end = next(shown for row, shown in enumerate(self._rows(self._chunks[at])) if row == left)
        places = [line.place(column) for column in range(begin, end)]
        before: Spots = [None] * sum(segment.cell_length for segment in rules)
        shown = spots(self.leaf, line.text[begin:end], places)
        if self.leaf.kind is Kind.SOURCE:  # the indent of the lines is drawn around it
            shown = [spot if spot and self.leaf.is_exact(spot.start) else None for spot in shown]
        return before + shown

    def _goes_on(self, line: str, end: int) -> bool:
        """Whether an unwrapped line is wider than the view."""
        return self._style.shift is not None and end < len(line)

    def _number(self, number: int | None) -> Segment:
        """The gutter of a row: the number of its line, or blanks before further rows of a line."""
        style, cells = self._style, self._style.gutter
        own = style.again.style if style.again else style.style
        return Segment(f"{number:>{cells - 1}} " if number else " " * cells, own)

    def _rows(self, chunk: _Chunk) -> Iterator[tuple[_Line, list[Segment], int, int]]:
        """Each row of a chunk: its line, what is before the row, what of the line is in it."""
        style = self._style
        rule = [style.rule] if style.rule else []
        line_number = self.text.count("\n", 0, chunk.begin) if style.gutter else 0
        for line in self._wrapped(chunk):
            text, line_number = line.text, line_number + 1
            gutter = [self._number(line_number if line.indent is None else None)] if style.gutter else []
            if style.shift is not None:
                begin, end, blank = window(text, style.shift, self._inner)
                if end < len(text):
                    begin, end, blank = window(text, style.shift, self._inner - len(MORE))
                shown = [*(_cut_at_left(rule) if text[:begin].strip() else rule), *gutter]
                yield line, [*shown, Segment(" " * blank, style.fill)] if blank else shown, begin, end
                continue
            for number, (begin, end) in enumerate(line.pieces):
                if number and gutter:
                    gutter = [self._number(None)]
                before = [*rule, *gutter]
                if style.again and (number or line.indent is not None):
                    set_in = indent_of(text, self._inner) if line.indent is None else line.indent
                    before += [Segment(" " * set_in, style.fill), style.again]
                yield line, before, begin, end

    def _draw(self, chunk: _Chunk) -> Rows:
        style, rows = self._style, []
        painted = style.paint(self.text, chunk.begin, chunk.end) if style.paint else None
        number, before = -1, -1
        for line, rules, begin, end in self._rows(chunk):
            number, before = number + (line.begin != before), line.begin
            if painted and number < len(painted):
                segments = _slice(painted[number], begin, end)
            else:
                segments = [Segment(clean(line.text[begin:end], multiline=False), style.style)]
            if self._goes_on(line.text, end):
                segments.append(Segment(MORE, style.rule.style if style.rule else style.style))
            strip = Strip([*rules, *segments])
            rows.append(strip.crop_extend(0, self._width, style.fill) if style.fill else strip)
        return rows


def _cut_at_left(rule: list[Segment]) -> list[Segment]:
    """The rule of a row that is scrolled to the right."""
    return [Segment(segment.text[:-1] + "‹", segment.style) for segment in rule]


def _drawn_places(line: str) -> list[int]:
    """For each character of a line its place in the line without tabs."""
    places, place = [], 0
    for char in line:
        places.append(place)
        place += TAB - place % TAB if char == "\t" else 1
    return places


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _slice(segments: list[Segment], begin: int, end: int) -> list[Segment]:
    """The characters from `begin` to `end` of a line of segments."""
    pieces, position = [], 0
    for text, style, _ in segments:
        piece = text[max(0, begin - position) : max(0, end - position)]
        position += len(text)
        if piece:
            pieces.append(Segment(clean(piece, multiline=False), style))
        if position >= end:
            break
    return pieces
