"""Finds what can be jumped to in the rows in view: code, tables, headings, links, paths, pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chat_tui.ui.text.links import SAFE_LINK
from chat_tui.ui.text.paths import path_of, paths
from chat_tui.ui.transcript.extract import BARE_LINK, Excerpt, TableExcerpt, without_punctuation
from chat_tui.ui.transcript.leaf import Kind, Leaf
from chat_tui.ui.transcript.pictures import PictureRows
from chat_tui.ui.transcript.rows import StackedRows
from chat_tui.ui.transcript.selection import Block, Point, SourceMap

MARGIN = -1
"""The cell of a label in the margin, left of a row."""
MOST_ROWS = 300
"""Rows above and below the view in which the rest of a nested block is looked for."""
MOST_TEXT = 4_000
"""Characters beyond those in view that are searched, for a link that is wrapped over the edge."""
_PICTURE = re.compile(r"\[image: ([^\]\n]{0,200})\] ([!-~]+)")
_BLOCKS = frozenset(("fence", "code_block", "table_open", "heading_open"))


@dataclass(frozen=True, slots=True)
class JumpTarget:
    """Something in view that can be selected."""

    turn: int
    """The index of its message."""
    row: int
    """The row of the turn where its label is drawn."""
    cell: int
    """The cell that the label begins at, or `MARGIN`."""
    ends: tuple[Point, Point]
    """The first and the last cell that are marked once it is selected."""
    blocks: tuple[int, int] | None
    """The first and the last block it consists of, by their numbers; None of what is a part of a block."""
    excerpt: Excerpt | None
    """Of a part of a block, what it is."""


class _Seen:
    """A leaf in view: for its characters the cells that show them."""

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf
        self.cells: list[tuple[int, int, int, int]] = []
        """First and last character, row, cell."""

    def ends(self, begin: int, end: int) -> tuple[Point, Point] | None:
        """The first and the last cell in view that show some of the characters."""
        shown = [(row, cell) for start, stop, row, cell in self.cells if start < end and stop > begin]
        return (min(shown), max(shown)) if shown else None

    @property
    def span(self) -> tuple[int, int]:
        """The characters in view."""
        return min(each[0] for each in self.cells), max(each[1] for each in self.cells)


def targets_in(turn: int, source: SourceMap, rows: StackedRows, visible: range, width: int) -> list[JumpTarget]:
    """What a turn has in view, from top to bottom.

    Args:
        turn: its index.
        source: its source.
        rows: its rows.
        visible: those in view.
        width: cells of a row.
    """
    found = [*_blocks(turn, source, visible, width)]
    blocks = [each for each in source.blocks if each.kind in _BLOCKS and _is_in(visible, each)]
    nested: set[int] = set()
    for seen in _leaves(source, visible):
        leaf, row = seen.leaf, seen.cells[0][2]
        is_block = any(each.top <= row < each.bottom for each in blocks)
        whole = leaf if leaf.table is None else leaf.table
        if (leaf.code is not None or leaf.table) and not is_block and id(whole) not in nested:
            nested.add(id(whole))
            found.append(_nested(turn, source, seen, len(rows), width))
        if leaf.kind not in (Kind.CODE, Kind.SOURCE):
            found += _inline(turn, source, seen)
    found += _pictures(turn, source, rows, visible, width)
    found += _links_below(turn, rows, visible)
    return sorted(found, key=lambda each: (each.row, each.cell))


def _blocks(turn: int, source: SourceMap, visible: range, width: int) -> Iterator[JumpTarget]:
    blocks = source.blocks
    for number, block in enumerate(blocks):
        if block.kind in _BLOCKS and _is_in(visible, block):
            last = _section_end(source, number) if block.kind == "heading_open" else number
            ends = (block.top, 0), (blocks[last].bottom - 1, width)
            yield JumpTarget(turn, max(block.top, visible.start), MARGIN, ends, (number, last), None)


def _is_in(visible: range, block: Block) -> bool:
    return block.top < visible.stop and block.bottom > visible.start


def _section_end(source: SourceMap, number: int) -> int:
    """The last block of a heading's section."""
    blocks, level = source.blocks, _level(source, source.blocks[number])
    for at in range(number + 1, len(blocks)):
        block = blocks[at]
        if block.part != blocks[number].part or (block.kind == "heading_open" and _level(source, block) <= level):
            return at - 1
    return len(blocks) - 1


def _level(source: SourceMap, block: Block) -> int:
    written = source.written([block]).lstrip()
    marks = len(written) - len(written.lstrip("#"))
    return marks or (1 if written.rstrip().endswith("=") else 2)


def _leaves(source: SourceMap, visible: range) -> list[_Seen]:
    """The leaves in view."""
    seen: dict[int, _Seen] = {}
    for row in visible:
        for cell, spot in enumerate(source.spots(row)):
            if spot is not None:
                entry = seen.setdefault(id(spot.leaf), _Seen(spot.leaf))
                entry.cells.append((spot.start, spot.end, row, cell))
    return list(seen.values())


def _nested(turn: int, source: SourceMap, seen: _Seen, count: int, width: int) -> JumpTarget:
    """Code or a table within a list or a quote."""
    leaf, row = seen.leaf, seen.cells[0][2]

    def shows(at: int) -> bool:
        return any(
            spot is not None and (spot.leaf is leaf or (leaf.table is not None and spot.leaf.table is leaf.table))
            for spot in source.spots(at)
        )

    first = last = row
    while first > max(0, row - MOST_ROWS) and (shows(first - 1) or shows(first - 2)):
        first -= 1
    while last < min(count - 1, row + MOST_ROWS) and (shows(last + 1) or shows(last + 2)):
        last += 1
    if leaf.code is not None:
        excerpt = Excerpt("code", leaf.code)
    else:
        cells = [each for each in source.leaves if each.table is leaf.table]
        written = source.excerpt((first, 0), (last, width))
        excerpt = Excerpt("table", written, tables=(TableExcerpt(written, tuple(cells)),))
    return JumpTarget(turn, row, MARGIN, ((first, 0), (last, width)), None, excerpt)


def _inline(turn: int, source: SourceMap, seen: _Seen) -> Iterator[JumpTarget]:
    """Links, pictures and paths in a text."""
    taken: list[tuple[int, int]] = []
    for begin, end, excerpt in _pieces(source, seen):
        if any(first < end and last > begin for first, last in taken):
            continue
        taken.append((begin, end))
        if (ends := seen.ends(begin, end)) is not None:
            yield JumpTarget(turn, *ends[0], ends, None, excerpt)


def _pieces(source: SourceMap, seen: _Seen) -> Iterator[tuple[int, int, Excerpt]]:
    leaf, (first, last) = seen.leaf, seen.span
    begin, end = max(0, first - MOST_TEXT), min(len(leaf.text), last + MOST_TEXT)
    text = leaf.text[begin:end]
    for match in _PICTURE.finditer(text):
        yield begin + match.start(), begin + match.end(), Excerpt("picture", match[2], address=match[2])
    for start, stop, url in leaf.linked(begin, end):
        if SAFE_LINK.fullmatch(url):
            yield start, stop, Excerpt("link", url, address=url)
    for match in BARE_LINK.finditer(text):
        url = without_punctuation(match[0])
        yield begin + match.start(), begin + match.start() + len(url), Excerpt("link", url, address=url)
    for start, stop in _runs(leaf, begin, end):
        if source.is_inline_code(leaf, start) and (path := path_of(leaf.text[start:stop])):
            yield start, stop, Excerpt("path", leaf.text[start:stop], address=path)
    for start, stop, path in paths(text):
        yield begin + start, begin + stop, Excerpt("path", path, address=path)


def _runs(leaf: Leaf, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The runs of one style within a part of a text."""
    for index, run in enumerate(leaf.runs):
        stop = leaf.runs[index + 1].begin if index + 1 < len(leaf.runs) else len(leaf.text)
        if run.begin >= begin and stop <= end:
            yield run.begin, stop


def _pictures(turn: int, source: SourceMap, rows: StackedRows, visible: range, width: int) -> Iterator[JumpTarget]:
    """Pictures that are drawn, or named in a row of their own."""
    numbers = {block.top: number for number, block in enumerate(source.blocks)}
    for number, part in enumerate(rows.parts):
        top, bottom = rows.top(number), rows.top(number + 1)
        if isinstance(part.rows, PictureRows) and top < visible.stop and bottom > visible.start:
            block = numbers.get(top) if part.kind else None
            blocks = None if block is None else (block, block)
            excerpt = None if blocks else Excerpt("picture", part.rows.leaves[0].text)
            yield JumpTarget(turn, max(top, visible.start), MARGIN, ((top, 0), (bottom - 1, width)), blocks, excerpt)


def _links_below(turn: int, rows: StackedRows, visible: range) -> Iterator[JumpTarget]:
    """Links that are no text of the message: the sources of an answer."""
    last = ""
    for row in visible:
        if rows.span(row) is not None:
            continue
        cell = 0
        for segment in rows[row]:
            url = (segment.style.link if segment.style else None) or ""
            if url and url != last and SAFE_LINK.fullmatch(url):
                ends = (row, cell), (row, cell + segment.cell_length - 1)
                yield JumpTarget(turn, row, cell, ends, None, Excerpt("link", url, address=url))
            last = url if segment.text.strip() else last
            cell += segment.cell_length
