"""Draws a table into the width there is: cells wrapped while that can be read, else one record below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from chat_tui.ui.text.prose import wrap_text

GAP = 2
"""Cells between two columns."""
READABLE = 10
"""Cells that a column keeps, or its longest word if that is shorter."""
Line = list[Segment]


def table_lines(
    console: Console, header: Sequence[Text], rows: Sequence[Sequence[Text]], width: int, hairline: Style
) -> Iterator[Line]:
    """Draws a table.

    Args:
        console: renders the cells.
        header: a text for each column, its `justify` the column's.
        rows: as many texts in each.
        width: cells.
        hairline: the style of the line under the head.
    """
    widths = fitted(header, rows, width)
    if widths is None:
        yield from _records(console, header, rows, width, hairline)
        return
    yield from _row(console, header, widths)
    yield [Segment("─" * (sum(widths) + GAP * (len(widths) - 1)), hairline)]
    for row in rows:
        yield from _row(console, row, widths)


def fitted(header: Sequence[Text], rows: Sequence[Sequence[Text]], width: int) -> list[int] | None:
    """The width of each column; None where some could not be read any more."""
    columns = [[header[at], *(row[at] for row in rows)] for at in range(len(header))]
    room = width - GAP * (len(columns) - 1)
    if room < 3 * len(columns):
        return None
    natural = [max(1, *map(_width, column)) for column in columns]
    if sum(natural) <= room:
        return natural
    least = [
        min(READABLE, max(1, *(Text(word).cell_len for cell in column for word in cell.plain.split())))
        if wanted > READABLE
        else wanted
        for column, wanted in zip(columns, natural, strict=True)
    ]
    if sum(least) > room:
        return None
    widest = max(natural)
    while sum(min(wanted, max(widest, low)) for wanted, low in zip(natural, least, strict=True)) > room:
        widest -= 1
    return [min(wanted, max(widest, low)) for wanted, low in zip(natural, least, strict=True)]


def _width(cell: Text) -> int:
    """The cells of a text's widest line."""
    return max(map(cell_len, cell.plain.split("\n")))


def _row(console: Console, cells: Sequence[Text], widths: Sequence[int]) -> Iterator[Line]:
    drawn = [_cell(console, cell, width) for cell, width in zip(cells, widths, strict=True)]
    for number in range(max(map(len, drawn))):
        line: Line = []
        for at, (lines, width) in enumerate(zip(drawn, widths, strict=True)):
            inside = lines[number] if number < len(lines) else []
            spare = width - sum(each.cell_length for each in inside)
            side = {"right": spare, "center": spare // 2}.get(cells[at].justify or "left", 0)
            gap = GAP if at < len(widths) - 1 else 0
            line += [Segment(" " * side), *inside, Segment(" " * (spare - side + gap))]
        yield line


def _cell(console: Console, cell: Text, width: int) -> list[Line]:
    plain = cell.plain
    if "\n" not in plain and cell.cell_len <= width:
        return [list(cell.render(console))]
    return [list(line.render(console)) for line in wrap_text(cell, width)]


def _records(
    console: Console, header: Sequence[Text], rows: Sequence[Sequence[Text]], width: int, hairline: Style
) -> Iterator[Line]:
    """Each row as lines of a heading and a value."""
    left = min(max(1, *map(_width, header)), max(6, width // 3))
    for number, row in enumerate(rows):
        if number:
            yield [Segment("─" * left, hairline)]
        for name, value in zip(header, row, strict=True):
            name, value = name.copy(), value.copy()
            name.justify = value.justify = "left"
            yield from _row(console, [name, value], [left, max(4, width - left - GAP)])
