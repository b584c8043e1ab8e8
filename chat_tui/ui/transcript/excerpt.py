"""Cuts what is selected out of the source: no wrap becomes a line break, nothing that was drawn around it comes along.

Inside one text that is the text itself; code is copied byte for byte. Where more than one text is selected, those that
are selected whole, and all that lies between, are copied as the Markdown they were written in.
"""

from __future__ import annotations

import re

from chat_tui.ui.transcript.source_map import Block, SourceMap, is_code
from chat_tui.ui.transcript.tracing import Kind, Leaf, Spot

WORD = re.compile(r"[\w'-]+")
Point = tuple[int, int]
"""A row of a turn, and a cell of it."""


def spots(found: SourceMap, start: Point, end: Point) -> tuple[Spot, Spot] | None:
    """The first and the last spot in a selection, both of its ends included; None where it shows no text."""
    first = last = None
    for row in sorted(found.rows):
        if not start[0] <= row <= end[0]:
            continue
        begin = start[1] if row == start[0] else 0
        stop = end[1] + 1 if row == end[0] else None
        for spot in found.rows[row][max(0, begin) : stop]:
            if spot is not None:
                # Not the first and last that are drawn: the cells of a table's row wrap side by side.
                first = spot if first is None or (spot.leaf, spot.start) < (first.leaf, first.start) else first
                last = spot if last is None or (spot.leaf, spot.end) > (last.leaf, last.end) else last
    return (first, last) if first and last else None


def excerpt(found: SourceMap, start: Point, end: Point) -> str:
    """What is copied of a message, from a cell to a cell; empty where no text is shown there."""
    selected = spots(found, start, end)
    if selected is None:
        return ""
    first, last = selected
    if first.leaf == last.leaf:
        return _within(found, first, last)
    part, last_part = found.part_of[first.leaf], found.part_of[last.leaf]
    if part != last_part:
        head = _tail_of_part(found, first)
        return f"{head}\n\n{_lines(found, last_part, 0, last)}".strip("\n")
    one, other = found.leaves[first.leaf], found.leaves[last.leaf]
    if one.kind is other.kind is Kind.CELL and one.table == other.table:
        return "\n".join(_table_rows(found.parts[part], one, other.end))
    head_lines, begin = _head(found.parts[part], one, first.start)
    return "\n".join([*head_lines, _lines(found, part, begin, last)]).strip("\n")


def word_at(found: SourceMap, row: int, cell: int) -> tuple[Point, Point] | None:
    """The first and the last cell of the word under a cell; None where there is none."""
    cells = found.rows.get(row, [])
    spot = cells[cell] if cell < len(cells) else None
    if spot is None:
        return None
    word = next(
        (each for each in WORD.finditer(found.leaves[spot.leaf].text) if each.start() <= spot.start < each.end()), None
    )
    if word is None:
        return None
    inside = [
        (at, index)
        for at in sorted(found.rows)
        for index, each in enumerate(found.rows[at])
        if each and each.leaf == spot.leaf and word.start() <= each.start < word.end()
    ]
    return inside[0], inside[-1]


def _within(found: SourceMap, first: Spot, last: Spot) -> str:
    leaf = found.leaves[first.leaf]
    text = leaf.text[first.start : last.end]
    if leaf.kind is Kind.TEXT and _is_whole(leaf, first.start, last.end):
        return "\n".join(found.parts[found.part_of[first.leaf]][leaf.first : leaf.end]).strip("\n")
    return text


def _is_whole(leaf: Leaf, start: int, end: int) -> bool:
    return not leaf.text[:start].strip() and not leaf.text[end:].strip()


def _head(source: list[str], leaf: Leaf, start: int) -> tuple[list[str], int]:
    """The lines with which an excerpt begins in a leaf, and the line of the source that follows them."""
    if leaf.kind is Kind.CELL:
        return _table_rows(source, leaf, leaf.end), max(leaf.end, leaf.table + 2)
    if _is_whole(leaf, start, len(leaf.text)):
        return source[leaf.first : leaf.end], leaf.end
    return [leaf.text[start:]], leaf.end


def _lines(found: SourceMap, part: int, begin: int, last: Spot) -> str:
    """The source from a line up to a spot."""
    leaf, source = found.leaves[last.leaf], found.parts[part]
    if leaf.kind is Kind.CELL or _is_whole(leaf, 0, last.end):
        return "\n".join(source[begin : max(leaf.end, leaf.table + 2) if leaf.kind is Kind.CELL else leaf.end])
    return "\n".join([*source[begin : leaf.first], leaf.text[: last.end]])


def _table_rows(source: list[str], cell: Leaf, end: int) -> list[str]:
    """A table's head and its rows from a cell's to the line before `end`."""
    body = cell.table + 2
    return [*source[cell.table : body], *source[max(cell.first, body) : max(end, body)]]


def _tail_of_part(found: SourceMap, first: Spot) -> str:
    part = found.part_of[first.leaf]
    lines, begin = _head(found.parts[part], found.leaves[first.leaf], first.start)
    return "\n".join([*lines, *found.parts[part][begin:]]).rstrip("\n")


def block_text(found: SourceMap, blocks: list[Block]) -> str:
    """What is copied of whole blocks: their Markdown; of one block of code, the code."""
    if is_code(found, blocks):
        return found.leaves[blocks[0].leaves[0]].text
    return found.source(blocks)


def table_tsv(found: SourceMap, block: Block) -> str:
    """A table as tab-separated values: a line for each row, a tab or a line break in a cell becoming a space."""
    rows: dict[int, list[str]] = {}
    for index in block.leaves:
        leaf = found.leaves[index]
        rows.setdefault(leaf.first, []).append(" ".join(leaf.text.split()))
    return "\n".join("\t".join(cells) for cells in rows.values())
