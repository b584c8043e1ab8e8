"""Lays a table out in the width there is: cells wrapped while that can be read, else one record below the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from chat_tui.ui.transcript.leaf import Leaf, Spots, spots
from chat_tui.ui.transcript.lines import Before, FixedLine, Line, wrapped

GAP = 2
"""Cells between two columns."""
READABLE = 10
"""Cells that a column keeps, or its longest word if that is shorter."""
_BAR = re.compile(r"(?<!\\)\|")
"""What ends a cell."""
_SPACES = " \t\n\r\f\v"


class Cell(NamedTuple):
    """What one line shows of a cell."""

    leaf: Leaf
    begin: int
    end: int
    left: int
    """Blank cells before the text."""
    right: int
    """And behind it."""
    is_repeated: bool = False
    """Whether the cell is drawn again: a name beside each record."""


class CellsLine(Line):
    """A line of a table's row, with what it shows of each cell."""

    __slots__ = ("_base", "_cells", "_start")

    def __init__(self, before: Before, cells: Sequence[Cell], start: int, base: Style) -> None:
        super().__init__(before)
        self._cells = cells
        self._start = start
        self._base = base

    @property
    def start(self) -> int:
        """Where the row begins."""
        return self._start

    def segments(self) -> Sequence[Segment]:
        """The texts, side by side."""
        line: list[Segment] = []
        for leaf, begin, end, left, right, _ in self._cells:
            line += [Segment(" " * left, self._base), *leaf.segments(begin, end), Segment(" " * right, self._base)]
        return [each for each in line if each.text]

    def spots(self) -> Spots:
        """The spots of the texts."""
        row: Spots = []
        for leaf, begin, end, left, right, is_repeated in self._cells:
            text = leaf.text[begin:end]
            shown: Spots = [None] * cell_len(text) if is_repeated else spots(leaf, text, range(begin, end))
            row += [*([None] * left), *shown, *([None] * right)]
        return row


class TableLayout:
    """A table."""

    def __init__(
        self, header: Sequence[Leaf], rows: Sequence[Sequence[Leaf]], aligned: Sequence[str], base: Style, rule: Style
    ) -> None:
        """Keeps the table.

        Args:
            header: a text for each column.
            rows: as many texts in each.
            aligned: how the text of each column stands: `left`, `center`, `right`.
            base: the style of what is blank.
            rule: of the line under the head.
        """
        self._header = header
        self._rows = rows
        self._aligned = aligned
        self._base = base
        self._rule = rule

    def lines(self, before: Iterator[Before], width: int) -> Iterator[Line]:
        """Lays the table out.

        Args:
            before: gives what stands before each line.
            width: cells behind that.
        """
        header = self._header
        widths = fitted(header, self._rows, width)
        if widths is None:
            yield from self._records(before, width)
            return
        yield from self._row(before, header, widths)
        below = header[0].table.body if header[0].table else header[0].end
        length = sum(widths) + GAP * (len(widths) - 1)
        yield FixedLine(next(before), [Segment("─" * length, self._base + self._rule)], min(header[0].end + 1, below))
        for row in self._rows:
            yield from self._row(before, row, widths)

    def _row(self, before: Iterator[Before], cells: Sequence[Leaf], widths: Sequence[int]) -> Iterator[Line]:
        laid_out = [_pieces(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for number in range(max(map(len, laid_out))):
            line: list[Cell] = []
            for at, (pieces, width) in enumerate(zip(laid_out, widths, strict=True)):
                cell = cells[at]
                begin, end = pieces[number] if number < len(pieces) else (0, 0)
                spare = width - cell_len(cell.text[begin:end])
                side = {"right": spare, "center": spare // 2}.get(self._aligned[at], 0)
                gap = GAP if at < len(widths) - 1 else 0
                line.append(Cell(cell, begin, end, side, spare - side + gap))
            yield CellsLine(next(before), line, cells[0].begin, self._base)

    def _records(self, before: Iterator[Before], width: int) -> Iterator[Line]:
        """Each row as lines of a heading and a value."""
        header = self._header
        left = min(max(1, *map(_width, header)), max(6, width // 3))
        right = max(4, width - left - GAP)
        for number, row in enumerate(self._rows):
            if number:
                yield FixedLine(next(before), [Segment("─" * left, self._base + self._rule)], row[0].begin)
            for name, value in zip(header, row, strict=True):
                names, values = _pieces(name, left), _pieces(value, right)
                for at in range(max(len(names), len(values))):
                    begin, end = names[at] if at < len(names) else (0, 0)
                    spare = left - cell_len(name.text[begin:end]) + GAP
                    line = [Cell(name, begin, end, 0, spare, is_repeated=number > 0)]
                    begin, end = values[at] if at < len(values) else (0, 0)
                    line.append(Cell(value, begin, end, 0, max(0, right - cell_len(value.text[begin:end]))))
                    yield CellsLine(next(before), line, header[0].begin if not number else row[0].begin, self._base)


def fitted(header: Sequence[Leaf], rows: Sequence[Sequence[Leaf]], width: int) -> list[int] | None:
    """The width of each column; None where some could not be read any more."""
    columns = [[header[at], *(row[at] for row in rows)] for at in range(len(header))]
    room = width - GAP * (len(columns) - 1)
    if room < 3 * len(columns):
        return None
    natural = [max(1, *map(_width, column)) for column in columns]
    if sum(natural) <= room:
        return natural
    least = [
        min(READABLE, max(1, *(cell_len(word) for cell in column for word in cell.text.split())))
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


def _width(cell: Leaf) -> int:
    """The cells of a text's widest line."""
    return max(map(cell_len, cell.text.split("\n")))


def _pieces(cell: Leaf, width: int) -> list[tuple[int, int]]:
    if "\n" not in cell.text and cell_len(cell.text) <= width:
        return [(0, len(cell.text))]
    return list(wrapped(cell, width))


def cells_of(line: str, begin: int) -> list[tuple[str, list[int], list[int]]]:
    r"""Takes a table's row apart.

    Args:
        line: the row, without what it stands in.
        begin: where it begins in the source.

    Returns:
        For each cell its text, in which `\|` is a bar, where its stretches begin in that text, and where in the source.
    """
    ends = [match.start() for match in _BAR.finditer(line)]
    edges = [-1, *ends, len(line)]
    spans = [(first + 1, last) for first, last in zip(edges, edges[1:], strict=False)]
    if spans and not line[: spans[0][1]].strip(_SPACES):
        del spans[0]
    if spans and not line[spans[-1][0] :].strip(_SPACES):
        del spans[-1]
    return [_cell(line, *span, begin) for span in spans]


def _cell(line: str, first: int, last: int, begin: int) -> tuple[str, list[int], list[int]]:
    first += len(line[first:last]) - len(line[first:last].lstrip(_SPACES))
    written = line[first:last].rstrip(_SPACES)
    begins, sources = [0], [begin + first]
    for number, match in enumerate(re.finditer(r"\\\|", written)):
        begins.append(match.start() - number)
        sources.append(begin + first + match.start() + 1)
    return written.replace("\\|", "|"), begins, sources
