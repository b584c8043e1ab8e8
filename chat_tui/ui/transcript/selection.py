"""Maps the rows of a message to its source, and gives the source of a selection.

No wrap becomes a line break, nothing that was drawn around the text comes along. Inside one text that is the text
itself; code is copied byte for byte. Where more than one text is selected, those that are selected whole, and all that
lies between, are copied as they were written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.text.clean import clean
from chat_tui.ui.transcript.body import PLAIN, reasoning_begins, reasoning_shown
from chat_tui.ui.transcript.leaf import Kind, Leaf, Spot, Spots
from chat_tui.ui.transcript.markdown.blocks import language_of
from chat_tui.ui.transcript.markdown.splitter import FENCE, end_of_fence, is_table
from chat_tui.ui.transcript.rows import NOWHERE, Part, SourceRows, StackedRows

WORD = re.compile(r"[\w'-]+")
_GAP = re.compile(r"\n[ \t]*\n")
Point = tuple[int, int]
"""A row of a turn, and a cell of it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the source and the rows that show it."""

    part: int
    """Which text of the message it is of: 0 the reasoning, 1 the content."""
    kind: str
    """As markdown-it names it: `paragraph_open`, `fence`, `table_open`."""
    language: str
    begin: int
    """Where it begins in the text."""
    end: int
    top: int
    """Its first row in the turn."""
    bottom: int
    """The row behind its last."""
    code: str | None
    """Of a block that is nothing but code, that."""
    codes: tuple[str, ...]
    """All code in it, also that in lists and quotes."""
    cells: tuple[Leaf, ...]
    """Of a table that is drawn as such."""


class _Placed(NamedTuple):
    """A leaf of the message."""

    order: int
    part: int
    base: int
    """What its places count from."""


class _End(NamedTuple):
    """The first or the last spot of a selection."""

    spot: Spot
    row: int


class SourceMap:
    """The map between the rows of one message and its source."""

    def __init__(self, message: Message, rows: StackedRows, arguments: str | None = None) -> None:
        """Creates the map; it is filled when it is first used.

        Args:
            message: what is shown.
            rows: all rows of its turn.
            arguments: of the tool call that the message is the result of.
        """
        self._rows = rows
        self._reasoning_begins = reasoning_begins(message)
        self.texts = (reasoning_shown(message) if arguments is None else arguments, clean(message.content))
        """The reasoning, or a call's arguments, and the content."""
        self._placed: dict[int, _Placed] = {}
        for part in rows.parts:
            if part.begin != NOWHERE and isinstance(part.rows, SourceRows):
                text, base = self._place(part.begin)
                for leaf in part.rows.leaves:
                    self._placed[id(leaf)] = _Placed(len(self._placed), text, base)

    def _place(self, offset: int) -> tuple[int, int]:
        """The text that a place of the turn's source is in, and the place there."""
        is_content = offset < self._reasoning_begins
        return (1, offset) if is_content else (0, offset - self._reasoning_begins)

    # Blocks

    @cached_property
    def blocks(self) -> list[Block]:
        """The blocks, from top to bottom."""
        blocks: list[Block] = []
        for number, part in enumerate(self._rows.parts):
            if part.kind == PLAIN:
                blocks += self._plain_blocks(number, part)
            elif part.kind:
                text, begin = self._place(part.begin)
                leaves = part.rows.leaves if isinstance(part.rows, SourceRows) else ()
                codes = tuple(leaf.code for leaf in leaves if leaf.code is not None)
                end = begin + part.end - part.begin
                blocks.append(
                    Block(
                        text,
                        part.kind,
                        part.language,
                        begin,
                        end,
                        self._rows.top(number),
                        self._rows.top(number + 1),
                        codes[0] if len(leaves) == len(codes) == 1 else None,
                        codes,
                        tuple(leaf for leaf in leaves if leaf.kind is Kind.CELL),
                    )
                )
        return blocks

    def _plain_blocks(self, number: int, part: Part) -> Iterator[Block]:
        """The blocks of text that is drawn plain: fences, and paragraphs by blank lines."""
        text, begin = self._place(part.begin)
        source, end = self.texts[text], begin + part.end - part.begin
        last = self._rows.top(number + 1)
        for first, stop, code, language in _split(source[begin:end]):
            if (written := source[begin + first : begin + stop]).strip():
                top = self._rows.row_at(part.begin + first + len(written) - len(written.lstrip("\n")))
                bottom = self._rows.row_at(part.begin + first + len(written.rstrip("\n")) - 1) + 1
                kind = "fence" if code is not None else "table_open" if is_table(written) else "paragraph_open"
                codes = () if code is None else (code,)
                yield Block(text, kind, language, begin + first, begin + stop, top, min(bottom, last), code, codes, ())

    def block_at(self, row: int) -> Block | None:
        """The block that a row shows."""
        at = bisect_right(self.blocks, row, key=lambda block: block.top) - 1
        return self.blocks[at] if at >= 0 and row < self.blocks[at].bottom else None

    def written(self, blocks: Sequence[Block]) -> str:
        """The source of consecutive blocks."""
        first, last = blocks[0], blocks[-1]
        return self.texts[last.part][first.begin : last.end].strip("\n")

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The texts that the rows show."""
        return self._rows.leaves

    def is_inline_code(self, leaf: Leaf, at: int) -> bool:
        """Whether inline code begins at a character of a leaf."""
        _, part, base = self._of(leaf)
        place = base + leaf.source(at)
        return self.texts[part][max(0, place - 2) : place].rstrip(" ").endswith("`")

    # Selections

    def spots(self, row: int) -> Spots:
        """What the cells of a row show."""
        return self._rows.spots(row) if 0 <= row < len(self._rows) else []

    def excerpt(self, start: Point, end: Point) -> str:
        """The source of a selection from a cell to a cell; empty if no text is shown there."""
        start, end = max(start, (0, 0)), min(end, (len(self._rows), 0))
        selected = range(start[0], min(end[0] + 1, len(self._rows)))
        shown = [next((row for row in order if self._rows.span(row)), None) for order in (selected, selected[::-1])]
        if shown[0] is None or shown[1] is None:
            return ""
        first, last = self._find(selected, start, end), self._find(selected[::-1], start, end, is_last=True)
        if first is None or last is None:
            begin, stop = self._rows.span(shown[0]), self._place_behind(shown[1])
            is_all = selected.start < shown[0] and end[0] > shown[1]
            if not begin or not stop or not (is_all or any(self._is_drawn(row) for row in selected)):
                return ""
            return self._between(("", *self._place(begin[0])), ("", *stop))
        if first.spot.leaf is last.spot.leaf and first.spot.leaf.kind is Kind.SHOWN:
            return first.spot.leaf.copied(first.spot.start, last.spot.end)
        begin = self._begins_with(selected, shown[0], first)
        stop = self._ends_with(selected, shown[1], last, is_below=end[0] > shown[1])
        if begin is None and stop is None and first.spot.leaf is last.spot.leaf:
            return self._within(first.spot, last.spot)
        head = self._head(first.spot) if begin is None else ("", *begin)
        tail = self._tail(last.spot) if stop is None else ("", *stop)
        return self._between(head, tail)

    def word_at(self, row: int, cell: int) -> tuple[Point, Point] | None:
        """The first and the last cell of the word under a cell; None where there is none."""
        cells = self.spots(row)
        spot = cells[cell] if cell < len(cells) else None
        if spot is None:
            return None
        words = WORD.finditer(spot.leaf.text)
        word = next((match for match in words if match.start() <= spot.start < match.end()), None)
        if word is None:
            return None

        def inside(at: int) -> list[Point]:
            return [
                (at, index)
                for index, shown in enumerate(self.spots(at))
                if shown and shown.leaf is spot.leaf and word.start() <= shown.start < word.end()
            ]

        first = last = row
        while inside(first - 1):
            first -= 1
        while inside(last + 1):
            last += 1
        return inside(first)[0], inside(last)[-1]

    def _of(self, leaf: Leaf) -> _Placed:
        return self._placed[id(leaf)]

    def _key(self, spot: Spot) -> tuple[int, int]:
        return self._of(spot.leaf).order, spot.start

    def _selected(self, row: int, start: Point, end: Point) -> list[Spot]:
        begin = start[1] if row == start[0] else 0
        stop = end[1] + 1 if row == end[0] else None
        return [spot for spot in self.spots(row)[max(0, begin) : stop] if spot is not None]

    def _find(self, order: Iterable[int], start: Point, end: Point, *, is_last: bool = False) -> _End | None:
        """The first spot of a selection in the order of the source, or the last."""
        end_spot: _End | None = None
        for row in order:
            if end_spot is not None and self._rows.span(row) != self._rows.span(end_spot.row):
                break
            # Not the one that is drawn first or last: the cells of a table's row wrap side by side.
            for spot in self._selected(row, start, end):
                is_better = end_spot is None or (self._key(spot) > self._key(end_spot.spot)) == is_last
                end_spot = _End(spot, row) if is_better else end_spot
        return end_spot

    def _begins_with(self, selected: range, top: int, first: _End) -> tuple[int, int] | None:
        """Which text, and where in it, a selection begins that begins before its first spot; None if with that."""
        if selected.start == top:  # no head of the message is in it
            top = next((row for row in selected if self._is_drawn(row)), first.row)
            if self._rows.part_of(top) == self._rows.part_of(first.row):
                return None
        span = self._rows.span(top)
        return self._place(span[0]) if span else None

    def _ends_with(self, selected: range, bottom: int, last: _End, *, is_below: bool) -> tuple[int, int] | None:
        """Which text, and where in it, a selection ends that ends behind its last spot; None if with that."""
        if not is_below:
            bottom = next((row for row in selected[::-1] if self._is_drawn(row)), last.row)
            if self._rows.part_of(bottom) == self._rows.part_of(last.row):
                return None
        return self._place_behind(bottom)

    def _place_behind(self, row: int) -> tuple[int, int] | None:
        """Which text a row shows, and where in that its part ends."""
        if (span := self._rows.span(row)) is None:
            return None
        text, begin = self._place(span[0])
        return text, begin + span[1] - span[0]

    def _is_drawn(self, row: int) -> bool:
        """Whether a row shows text of the source: not a gap, nor the name of a language."""
        if self._rows.span(row) is None or not self._rows[row].text.strip():
            return False
        return self._rows.parts[self._rows.part_of(row)].kind != "fence" or any(self.spots(row))

    def _within(self, first: Spot, last: Spot) -> str:
        """Some of one text."""
        leaf, (_, part, base) = first.leaf, self._of(first.leaf)
        source, start, end = self.texts[part], first.start, last.end
        if leaf.kind is Kind.SOURCE:
            return source[base + leaf.first(start) : base + leaf.last(end)].strip("\n")
        if leaf.kind is Kind.TEXT and _is_whole(leaf, start, end):
            return source[base + leaf.begin : base + leaf.end].strip("\n")
        return leaf.copied(start, end)

    def _between(self, head: tuple[str, int, int], tail: tuple[str, int, int]) -> str:
        """All from one place to another.

        Args:
            head: what it begins with, and which text, from where on, follows that.
            tail: what it ends with, and up to where which text goes before that.
        """
        before, part, begin = head
        behind, last_part, end = tail
        if part == last_part:
            return (before + self.texts[part][begin:end] + behind).strip("\n")
        texts = before + self.texts[part][begin:], self.texts[last_part][:end] + behind
        return "\n\n".join(text.strip("\n") for text in texts)

    def _head(self, first: Spot) -> tuple[str, int, int]:
        """How an excerpt begins that begins with a spot, and which text it continues with, from where."""
        leaf, (_, part, base) = first.leaf, self._of(first.leaf)
        if leaf.kind is Kind.SOURCE:
            return "", part, base + leaf.first(first.start)
        if leaf.table is not None:  # a table's rows come with its head
            begin, body, row = (base + place for place in (*leaf.table, leaf.begin))
            return (self.texts[part][begin:body], part, row) if row >= body else ("", part, begin)
        if leaf.kind is not Kind.SHOWN and _is_whole(leaf, first.start, len(leaf.text)):
            return "", part, base + leaf.begin
        return leaf.copied(first.start, len(leaf.text)), part, base + leaf.end

    def _tail(self, last: Spot) -> tuple[str, int, int]:
        """How an excerpt ends that ends with a spot, and which text goes before that, up to where."""
        leaf, (_, part, base) = last.leaf, self._of(last.leaf)
        if leaf.kind is Kind.SOURCE:
            return "", part, base + leaf.last(last.end)
        if leaf.table is not None:
            return "", part, base + max(leaf.end, leaf.table.body - 1)
        if leaf.kind is not Kind.SHOWN and _is_whole(leaf, 0, last.end):
            return "", part, base + leaf.end
        beside = "\n" if leaf.begin == leaf.end else ""  # it has no text of its own
        return beside + leaf.copied(0, last.end), part, base + leaf.begin


def _is_whole(leaf: Leaf, start: int, end: int) -> bool:
    return not leaf.text[:start].strip() and not leaf.text[end:].strip()


def _split(source: str) -> Iterator[tuple[int, int, str | None, str]]:
    """Cuts plain text into fences and what blank lines set apart: begin and end of each, its code, its language."""
    at = 0
    while at < len(source):
        if fence := FENCE.match(source, at):
            closing = end_of_fence(source, fence, is_whole=True)
            stop, end = closing or (len(source), len(source))
            yield at, end, source[fence.end() : stop].removesuffix("\n"), language_of(fence["info"])
        else:
            gap = _GAP.search(source, at)
            end = gap.end() if gap else len(source)
            if (opening := source.find("\n```", at, end)) >= 0 and FENCE.match(source, opening + 1):
                end = opening + 1
            yield at, end, None, ""
        at = end
