"""Plain text of any size as rows: wrapped at words, counted in chunks, drawn only where somebody looks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.clean import clean
from chat_tui.ui.rows import LazyRows, Rows

CHUNK = 2_000
"""Characters that are wrapped and drawn at once, cut at a line's end where there is one."""
TAB = 4
_WIDE = re.compile(
    "[\u1100-\u115f\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\u2e80-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe6f"
    "\uff00-\uffe6\U00010000-\U0010ffff]"
)
"""What takes two cells, and a little that takes one: a row may be short, never long."""
Paint = Callable[[str, int, int], "list[list[Segment]] | None"]
"""Colours the lines of `text[begin:end]`; None where they are to be plain."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How a text's rows look."""

    style: Style
    rule: Segment | None = None
    """What stands before each line."""
    again: Segment | None = None
    """What stands before the further rows of a line that was wrapped; the rule, without."""
    fill: Style | None = None
    """What the rows are filled up with; None where they end with their text."""
    paint: Paint | None = None


class _Chunk:
    """A stretch of text: how many rows it takes, and these once they have been drawn."""

    __slots__ = ("begin", "count", "drawn", "end")

    def __init__(self, begin: int, end: int, count: int) -> None:
        self.begin = begin
        self.end = end
        self.count = count
        self.drawn: Rows | None = None


class PlainRows(LazyRows):
    """A text's rows, exactly as many as it takes. Nothing in the text is Markdown."""

    def __init__(self, text: str, width: int, looks: Looks, kept: Sequence[_Chunk] = ()) -> None:
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
        self._inner = max(4, width - (looks.rule.cell_length if looks.rule else 0))
        self._chunks = list(kept)
        position = self._chunks[-1].end if self._chunks else 0
        while position < len(self._text):
            end = self._end_of_chunk(position)
            self._chunks.append(_Chunk(position, end, _count(self._text[position:end], self._inner)))
            position = end
        self._tops = [0, *accumulate(each.count for each in self._chunks)]

    def grown(self, text: str) -> PlainRows:
        """The rows of the text with more at its end; of what was there, nothing is counted or drawn again."""
        return PlainRows(text, self._width, self._looks, self._chunks[:-1])

    def _end_of_chunk(self, begin: int) -> int:
        """Behind a line break, or in a long line at a full row."""
        limit = begin + CHUNK
        if limit >= len(self._text):
            return len(self._text)
        found = self._text.rfind("\n", begin, limit)
        return found + 1 if found >= 0 else begin + CHUNK // self._inner * self._inner

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
        row, position = self._tops[at], self._chunks[at].begin
        for line in _lines(self._text[position : self._chunks[at].end]):
            pieces = wrap(line, self._inner)
            if offset <= position + len(line):
                return row + sum(begin <= offset - position for begin, _ in pieces) - 1
            row, position = row + len(pieces), position + len(line) + 1
        return max(0, min(row, self._tops[at + 1] - 1))

    def offset_at(self, row: int) -> int:
        """Where a row begins; in a text with tabs, about."""
        if not self._chunks:
            return 0
        at = max(0, min(bisect_right(self._tops, row) - 1, len(self._chunks) - 1))
        left, position = row - self._tops[at], self._chunks[at].begin
        for line in _lines(self._text[position : self._chunks[at].end]):
            pieces = wrap(line, self._inner)
            if left < len(pieces):
                return position + pieces[left][0]
            left, position = left - len(pieces), position + len(line) + 1
        return position

    def _draw(self, chunk: _Chunk) -> Rows:
        looks, rows = self._looks, []
        lines = _lines(self._text[chunk.begin : chunk.end])
        painted = looks.paint(self._text, chunk.begin, chunk.end) if looks.paint else None
        for number, line in enumerate(lines):
            for begin, end in wrap(line, self._inner):
                if painted and number < len(painted):
                    segments = _slice(painted[number], begin, end)
                else:
                    segments = [Segment(clean(line[begin:end], multiline=False), looks.style)]
                rule = looks.again if begin and looks.again else looks.rule
                strip = Strip([rule, *segments] if rule else segments)
                rows.append(strip.crop_extend(0, self._width, looks.fill) if looks.fill else strip)
        return rows


def wrap(line: str, width: int) -> list[tuple[int, int]]:
    """Cuts a line into rows of at most `width` cells, at spaces where there are any: begin and end of each."""
    if len(line) <= width // 2:
        return [(0, len(line))]
    is_wide = not line.isascii() and _WIDE.search(line) is not None
    if not is_wide:
        if len(line) <= width:
            return [(0, len(line))]
        return [match.span(1) if match[1] else match.span() for match in _rows(width).finditer(line)]
    if len(line) > 4 * width and " " not in line:  # there is nowhere to cut but anywhere
        step = width // 2
        return [(begin, min(begin + step, len(line))) for begin in range(0, len(line), step)]
    # Each wide character is made two, so that characters can be counted in place of cells.
    doubled = _WIDE.sub("\0\\g<0>", line)
    ends = [match.end(1) if match[1] else match.end() for match in _rows(width - 1).finditer(doubled)]
    begins = [match.start() for match in _rows(width - 1).finditer(doubled)]
    added = list(accumulate(doubled.count("\0", *pair) for pair in pairwise([0, *begins])))
    return [
        (begin - before, end - before - doubled.count("\0", begin, end))
        for begin, end, before in zip(begins, ends, added, strict=True)
    ]


@lru_cache(64)
def _rows(width: int) -> re.Pattern[str]:
    return re.compile(rf"(.{{1,{width}}})(?: +|$)|.{{1,{width}}}", re.DOTALL)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _count(text: str, width: int) -> int:
    if text.isspace() and len(text) == text.count("\n"):
        return len(text)
    lines = _lines(text)
    if max(map(len, lines)) <= width // 2:
        return len(lines)
    return sum(len(wrap(line, width)) for line in lines)


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
