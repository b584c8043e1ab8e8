"""Rectangles of text with a baseline, of which formulas are put together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from chat_tui.ui.transcript.math.symbols import STRETCHED


class Box(NamedTuple):
    """Rows of the same width."""

    rows: tuple[str, ...]
    width: int
    """Cells."""
    base: int = 0
    """The row that is in line with the text beside it."""

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def padded(self, width: int, align: str = "center") -> Box:
        """The same in more cells."""
        spare = max(0, width - self.width)
        left = {"left": 0, "right": spare}.get(align, spare // 2)
        return Box(tuple(" " * left + row + " " * (spare - left) for row in self.rows), self.width + spare, self.base)


def text_box(text: str) -> Box:
    """One row."""
    return Box((text,), cell_len(text))


EMPTY = text_box("")


def beside(boxes: Sequence[Box]) -> Box:
    """Boxes in a line, on one baseline."""
    boxes = [box for box in boxes if box.width]
    if not boxes:
        return EMPTY
    above = max(box.base for box in boxes)
    below = max(box.height - box.base for box in boxes)
    rows = tuple(
        "".join(
            box.rows[at - above + box.base] if 0 <= at - above + box.base < box.height else " " * box.width
            for box in boxes
        )
        for at in range(above + below)
    )
    return Box(rows, sum(box.width for box in boxes), above)


def stacked(boxes: Sequence[Box], base: int, align: str = "center") -> Box:
    """Boxes on top of each other.

    Args:
        boxes: from top to bottom.
        base: the row that becomes the baseline.
        align: `left`, `center` or `right`.
    """
    width = max(box.width for box in boxes)
    return Box(tuple(row for box in boxes for row in box.padded(width, align).rows), width, base)


def fraction(top: Box, bottom: Box) -> Box:
    """One above the other, with a rule between."""
    is_nested = top.height > 1 or bottom.height > 1
    rule = text_box("─" * (max(top.width, bottom.width) + 2 * is_nested))
    return stacked([top, rule, bottom], top.height)


def fenced(left: str, inner: Box, right: str) -> Box:
    """A box between delimiters as high as it is."""
    return beside([_fence(left, inner), inner, _fence(right, inner)])


def _fence(mark: str, inner: Box) -> Box:
    if not mark or inner.height == 1 or mark not in STRETCHED:
        return text_box(mark)
    top, between, middle, bottom = tuple(STRETCHED[mark])
    rows = [top, *[between] * (inner.height - 2), bottom]
    if inner.height > 2 and mark in "{}":
        rows[min(max(1, inner.base), inner.height - 2)] = middle
    return Box(tuple(rows), 1, inner.base)


def rooted(inner: Box, index: str) -> Box:
    """A box under a root."""
    sign = f"{index}√"
    if inner.height == 1:
        return stacked([text_box("_" * inner.width), beside([text_box(sign), inner])], 1, "right")
    sides = [" " * (len(sign) - 1) + " │"] * (inner.height - 1) + [f"{sign}│"]
    side = Box(tuple(sides), len(sign) + 1, inner.base)
    roof = text_box("┌" + "─" * inner.width)
    return stacked([roof, beside([side, inner])], inner.base + 1, "right")


def scripted(body: Box, above: Box | None, below: Box | None) -> Box:
    """A box with scripts at its right."""
    width = max(script.width for script in (above, below) if script)
    rows = [" " * width] * body.height
    base = body.base
    is_tall = body.height > 1
    if above:
        upper = above.padded(width, "left").rows
        keep = 1 if is_tall else 0
        rows = [*upper, *rows[keep:]]
        base += len(upper) - keep
    if below:
        lower = below.padded(width, "left").rows
        rows = [*(rows[:-1] if is_tall else rows), *lower]
    return beside([body, Box(tuple(rows), width, base)])


def grid(
    rows: Sequence[Sequence[Box]],
    aligns: Sequence[str],
    gap: int,
    bars: Collection[int] = (),
    rules: Collection[int] = (),
) -> Box:
    """Boxes in rows and columns, the middle on the baseline.

    Args:
        rows: of boxes; shorter ones are filled.
        aligns: of the columns, repeated where there are more.
        gap: cells between columns.
        bars: the columns that a bar stands before; that behind the last one for one at the end.
        rules: the same for rows.
    """
    columns = max(map(len, rows))
    filled = [[*row, *[EMPTY] * (columns - len(row))] for row in rows]
    widths = [max(row[at].width for row in filled) for at in range(columns)]
    space, thin = text_box(" " * gap), text_box(" ")
    lines: list[Box] = []
    is_tall = any(box.height > 1 for row in rows for box in row)
    for row in filled:
        boxes = [box.padded(widths[at], aligns[at % len(aligns)]) for at, box in enumerate(row)]
        high = beside(boxes)
        bar = Box(("│",) * high.height, 1, high.base)
        cells = [bar, thin] if 0 in bars else []
        for at, box in enumerate(boxes, 1):
            between = [thin, bar, *([thin] if at < columns else [])] if at in bars else [space] if at < columns else []
            cells += [box, *between]
        lines += [EMPTY] * (is_tall and bool(lines)) + [beside(cells)]
    if rules:
        rule = text_box("─" * max(line.width for line in lines))
        lines = [part for at, line in enumerate(lines) for part in ([rule] if at in rules else []) + [line]]
        lines += [rule] * (len(rows) in rules)
    if len(lines) == 1:
        return lines[0]
    return stacked(lines, (sum(line.height for line in lines) - 1) // 2, "left")
