"""Plain text of any size as rows: wrapped at words, counted in chunks, drawn only where somebody looks."""

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
from chat_tui.ui.transcript.rows import LazyRows, Rows

CHUNK = 2_000
"""Characters that are wrapped and drawn at once, cut at a line's end where there is one."""
TAB = 4
MORE = "›"
"""At the end of a row: its line continues."""
Paint = Callable[[str, int, int], "list[list[Segment]] | None"]
"""Colours the lines of `text[begin:end]`; None where they are to be plain."""


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a text's rows look."""

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


class _Chunk:
    """A stretch of text: how many rows it takes, and these once they have been drawn."""

    __slots__ = ("begin", "count", "drawn", "end", "indent")

    def __init__(self, begin: int, end: int, indent: int | None) -> None:
        self.begin = begin
        self.end = end
        self.indent = indent
        """Where it begins within a line: the cells that this line's rows are set in."""
        self.count = 0
        self.drawn: Rows | None = None


class CharSpan(NamedTuple):
    """What one row shows of a text."""

    rule: str
    """What stands before it."""
    text: str
    begin: int
    """Where it begins in the text."""
    mark: str
    """What stands behind it."""


class PlainRows(LazyRows):
    """A text's rows, exactly as many as it takes. Nothing in the text is Markdown."""

    def __init__(self, text: str, width: int, looks: TextStyle, kept: Sequence[_Chunk] = ()) -> None:
        """Counts the rows.

        Args:
            text: anything; it is cleaned where it is drawn.
            width: cells, those of the rule among them.
            looks: how to draw it.
            kept: chunks at its beginning that have been counted before.
        """
        self.text = text
        self._text = text.expandtabs(TAB) if "\t" in text else text
        self._looks = looks
        self._width = width
        self._inner = max(LEAST, width - (looks.rule.cell_length if looks.rule else 0))
        self._chunks = list(kept)
        position = self._chunks[-1].end if self._chunks else 0
        while position < len(self._text):
            chunk = self._next_chunk(position)
            chunk.count = self._count(chunk)
            self._chunks.append(chunk)
            position = chunk.end
        self._tops = [0, *accumulate(each.count for each in self._chunks)]

    def grown(self, text: str) -> PlainRows:
        """The rows of the text with more at its end; of what was there, nothing is counted or drawn again."""
        return PlainRows(text, self._width, self._looks, self._chunks[:-1])

    def _next_chunk(self, begin: int) -> _Chunk:
        """The text up to a line's end, or in a long line about to the end of a row."""
        text = self._text
        indent = self._indent_at(begin) if begin and text[begin - 1] != "\n" else None
        limit = begin + CHUNK
        if limit >= len(text):
            return _Chunk(begin, len(text), indent)
        found = text.rfind("\n", begin, limit)
        if found < 0 and self._looks.shift is not None:
            found = text.find("\n", limit)
            return _Chunk(begin, found + 1 or len(text), indent)
        room = self._inner if indent is None else max(LEAST, self._inner - indent - MARK)
        return _Chunk(begin, found + 1 if found >= 0 else begin + CHUNK // room * room, indent)

    def _indent_at(self, position: int) -> int | None:
        """The cells that the rows of a line are set in which began in the last chunk, or before it."""
        last = self._chunks[-1]
        begin = self._text.rfind("\n", last.begin, position) + 1
        if not begin and last.indent is not None:
            return last.indent
        begin = max(begin, last.begin)
        return indent_of(self._text[begin : min(position, begin + self._inner)], self._inner)

    def _pieces(self, line: str, indent: int | None) -> list[InputPiece]:
        """The rows of a line, or of what of it is in a chunk that begins within it."""
        if self._looks.shift is not None:
            return [(0, len(line))]
        return wrap_hanging(line, self._inner, indent) if self._looks.again else wrap(line, self._inner)

    def _wrapped(self, chunk: _Chunk) -> Iterator[tuple[str, int, int | None, list[InputPiece]]]:
        """Each line of a chunk: where it begins, the indent of the line that it continues, and its rows."""
        position, indent = chunk.begin, chunk.indent
        for line in _lines(self._text[chunk.begin : chunk.end]):
            yield line, position, indent, self._pieces(line, indent)
            position, indent = position + len(line) + 1, None

    def _count(self, chunk: _Chunk) -> int:
        text = self._text[chunk.begin : chunk.end]
        if text.isspace() and len(text) == text.count("\n"):
            return len(text)
        lines = _lines(text)
        if chunk.indent is None and max(map(len, lines)) <= self._inner // 2:
            return len(lines)
        return sum(len(pieces) for *_, pieces in self._wrapped(chunk))

    def __len__(self) -> int:
        return self._tops[-1]

    def row(self, index: int) -> Strip:
        """Draws the chunk that a row lies in."""
        at = bisect_right(self._tops, index) - 1
        chunk = self._chunks[at]
        if chunk.drawn is None:
            chunk.drawn = self._draw(chunk)
        return chunk.drawn[index - self._tops[at]]

    def row_at(self, offset: int) -> int:
        """The row of a character."""
        if self.text is not self._text:
            offset = len(self.text[:offset].expandtabs(TAB))
        at = max(0, min(bisect_right(self._chunks, offset, key=lambda each: each.begin), len(self._chunks)) - 1)
        if not self._chunks:
            return 0
        row = self._tops[at]
        for line, position, _, pieces in self._wrapped(self._chunks[at]):
            if offset <= position + len(line):
                return row + sum(begin <= offset - position for begin, _ in pieces) - 1
            row += len(pieces)
        return max(0, min(row, self._tops[at + 1] - 1))

    def offset_at(self, row: int) -> int:
        """Where a row begins; in a text with tabs, about."""
        if not self._chunks:
            return 0
        at = max(0, min(bisect_right(self._tops, row) - 1, len(self._chunks) - 1))
        left, end = row - self._tops[at], self._chunks[at].end
        for _, position, _, pieces in self._wrapped(self._chunks[at]):
            if left < len(pieces):
                return position + pieces[left][0]
            left -= len(pieces)
        return end

    def spans(self) -> Iterator[CharSpan]:
        """What each row shows of the text, as it was before tabs became spaces."""
        places = _without_tabs(self.text) if self.text is not self._text else None
        for chunk in self._chunks:
            for line, position, rules, begin, end in self._rows(chunk):
                place = position + begin
                at = place if places is None else bisect_right(places, place) - 1
                mark = MORE if self._goes_on(line, end) else ""
                yield CharSpan("".join(each.text for each in rules), line[begin:end], at, mark)

    def _goes_on(self, line: str, end: int) -> bool:
        """Whether a line that is not wrapped is wider than the view."""
        return self._looks.shift is not None and end < len(line)

    def _rows(self, chunk: _Chunk) -> Iterator[tuple[str, int, list[Segment], int, int]]:
        """Each row of a chunk: its line, where that begins, what is before the row, what of the line is in it."""
        looks = self._looks
        rule = [looks.rule] if looks.rule else []
        for line, position, indent, pieces in self._wrapped(chunk):
            if looks.shift is not None:
                begin, end, blank = window(line, looks.shift, self._inner)
                if end < len(line):
                    begin, end, blank = window(line, looks.shift, self._inner - len(MORE))
                shown = _cut_at_left(rule) if line[:begin].strip() else rule
                yield line, position, [*shown, Segment(" " * blank, looks.fill)] if blank else shown, begin, end
                continue
            for number, (begin, end) in enumerate(pieces):
                if looks.again and (number or indent is not None):
                    set_in = indent_of(line, self._inner) if indent is None else indent
                    yield line, position, [*rule, Segment(" " * set_in, looks.fill), looks.again], begin, end
                else:
                    yield line, position, rule, begin, end

    def _draw(self, chunk: _Chunk) -> Rows:
        looks, rows = self._looks, []
        painted = looks.paint(self._text, chunk.begin, chunk.end) if looks.paint else None
        number, before = -1, -1
        for line, position, rules, begin, end in self._rows(chunk):
            number, before = number + (position != before), position
            if painted and number < len(painted):
                segments = _slice(painted[number], begin, end)
            else:
                segments = [Segment(clean(line[begin:end], multiline=False), looks.style)]
            if self._goes_on(line, end):
                segments.append(Segment(MORE, looks.rule.style if looks.rule else looks.style))
            strip = Strip([*rules, *segments])
            rows.append(strip.crop_extend(0, self._width, looks.fill) if looks.fill else strip)
        return rows


def _cut_at_left(rule: list[Segment]) -> list[Segment]:
    """The rule of a row of which something is hidden at the left."""
    return [Segment(each.text[:-1] + "‹", each.style) for each in rule]


def _without_tabs(text: str) -> list[int]:
    """For each character of a text its place in the text without tabs."""
    places, place, column = [], 0, 0
    for char in text:
        places.append(place)
        cells = TAB - column % TAB if char == "\t" else 1
        place, column = place + cells, 0 if char == "\n" else column + cells
    return places


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _slice(segments: list[Segment], begin: int, end: int) -> list[Segment]:
    """The characters from `begin` to `end` of a line of segments."""
    found, position = [], 0
    for text, style, _ in segments:
        piece = text[max(0, begin - position) : max(0, end - position)]
        position += len(text)
        if piece:
            found.append(Segment(clean(piece, multiline=False), style))
        if position >= end:
            break
    return found
