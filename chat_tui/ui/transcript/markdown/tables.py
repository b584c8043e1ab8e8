"""Lays out tables in the available width: wrapped cells, or one record below the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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


class _TableRow:
    """A row of a table, or the name and value of a record."""

    __slots__ = ("_aligned", "_base", "_cells", "_pieces", "_repeated", "_widths", "height", "start")

    def __init__(
        self,
        cells: Sequence[Leaf],
        widths: Sequence[int],
        aligned: Sequence[str],
        base: Style,
        *,
        start: int,
        repeated: int = -1,
    ) -> None:
        """Lays the cells out side by side.

        Args:
            cells: the texts.
            widths: of their columns.
            aligned: how they are aligned in these: `left`, `center`, `right`.
            base: the style of what is blank.
            start: where the row begins in the source.
            repeated: the cell that was drawn before and stands for nothing here: a name beside each record.
        """
        self.start = start
        self._cells = cells
        self._widths = widths
        self._aligned = aligned
        self._base = base
        self._repeated = repeated
        pieces = [_pieces(cell, width) for cell, width in zip(cells, widths, strict=True)]
        self.height = max(map(len, pieces))
        self._pieces = pieces if self.height > 1 else None
        """Where the lines of each cell begin and end; None where each is one line."""

    def line(self, number: int) -> Iterator[tuple[Leaf, int, int, int, int]]:
        """For each cell of a line: the part of its text, and the blanks at both sides."""
        for at, (cell, width) in enumerate(zip(self._cells, self._widths, strict=True)):
            if self._pieces is None:
                begin, end = 0, len(cell.text)
            else:
                begin, end = self._pieces[at][number] if number < len(self._pieces[at]) else (0, 0)
            spare = max(0, width - cell_len(cell.text[begin:end]))
            side = {"right": spare, "center": spare // 2}.get(self._aligned[at], 0)
            yield cell, begin, end, side, spare - side + (GAP if at < len(self._widths) - 1 else 0)

    def segments(self, number: int) -> list[Segment]:
        """The segments of a line."""
        segments: list[Segment] = []
        for cell, begin, end, left, right in self.line(number):
            segments += [Segment(" " * left, self._base), *cell.segments(begin, end), Segment(" " * right, self._base)]
        return [segment for segment in segments if segment.text]

    def spots(self, number: int) -> Spots:
        """The spots of a line."""
        row: Spots = []
        for at, (cell, begin, end, left, right) in enumerate(self.line(number)):
            text = cell.text[begin:end]
            shown: Spots = [None] * cell_len(text) if at == self._repeated else spots(cell, text, range(begin, end))
            row += [*([None] * left), *shown, *([None] * right)]
        return row


class _RowLine(Line):
    """A line of a table's row."""

    __slots__ = ("_number", "_row")

    def __init__(self, before: Before, row: _TableRow, number: int) -> None:
        super().__init__(before)
        self._row = row
        self._number = number

    @property
    def start(self) -> int:
        """Where the row begins."""
        return self._row.start

    def segments(self) -> Sequence[Segment]:
        """The texts, side by side."""
        return self._row.segments(self._number)

    def spots(self) -> Spots:
        """The spots of the texts."""
        return self._row.spots(self._number)


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
        row = _TableRow(cells, widths, self._aligned, self._base, start=cells[0].begin)
        return (_RowLine(next(before), row, number) for number in range(row.height))

    def _records(self, before: Iterator[Before], width: int) -> Iterator[Line]:
        """Each row as lines of a heading and a value."""
        left = min(max(1, *map(_width, self._header)), max(6, width // 3))
        widths = (left, max(4, width - left - GAP))
        for number, cells in enumerate(self._rows):
            start = cells[0].begin if number else self._header[0].begin
            if number:
                yield FixedLine(next(before), [Segment("─" * left, self._base + self._rule)], start)
            for pair in zip(self._header, cells, strict=True):
                repeated = 0 if number else -1
                row = _TableRow(pair, widths, ("left", "left"), self._base, start=start, repeated=repeated)
                yield from (_RowLine(next(before), row, at) for at in range(row.height))


def fitted(header: Sequence[Leaf], rows: Sequence[Sequence[Leaf]], width: int) -> list[int] | None:
    """The width of each column; None if they would be too narrow to read."""
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
    r"""Splits a row of a table into its cells.

    Args:
        line: the row, without the prefix of its container.
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
