"""Draws rows of turns as rows of the view, with margins, matches and the selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.ui.view.selection import TextSelection
from chat_tui.ui.view.viewport import Viewport

if TYPE_CHECKING:
    from chat_tui.ui.transcript.turn import RenderContext
    from chat_tui.ui.view.find_marks import FindMarks
    from chat_tui.ui.view.jump_labels import JumpLabels

KEPT = 1_000
"""Rows; some views full."""


class RowCache:
    """Pads rows to the width of the view. The same row gives the same strip, which caches how it is written."""

    def __init__(self, margin: int, width: int, background: Style) -> None:
        """Starts empty.

        Args:
            margin: cells before each row, at least two.
            width: cells of the view.
            background: what is around the rows.
        """
        self.margin, self.width, self.background = margin, width, background
        self._margin = Segment(" " * margin, background)
        self._before_mark = Segment(" " * (margin - 2), background)
        self._behind_mark = Segment(" ", background)
        self._strips: dict[tuple[int, Segment | None], tuple[Strip, Strip]] = {}
        """By the row's identity and its mark: the row, which is to live as long as that counts, and its strip."""
        self.blank = Strip.blank(width, background)

    def get(self, row: Strip, mark: Segment | None = None) -> Strip:
        """A row as wide as the view, with a mark of one cell in its margin if there is one."""
        entry = self._strips.get((id(row), mark))
        if entry is None:
            margin = [self._before_mark, mark, self._behind_mark] if mark else [self._margin]
            entry = row, Strip([*margin, *row]).crop_extend(0, self.width, self.background)
            if len(self._strips) >= KEPT:
                self._strips.clear()
            self._strips[id(row), mark] = entry
        return entry[1]


class RowPainter:
    """Draws rows of a viewport. An unchanged row is the same strip."""

    def __init__(self, viewport: Viewport, selection: TextSelection, context: Callable[[], RenderContext]) -> None:
        """Starts without a cache.

        Args:
            viewport: has the turns.
            selection: has what is selected in them.
            context: what turns are drawn with.
        """
        self._viewport = viewport
        self._selection = selection
        self._context = context
        self._cache = RowCache(2, 0, Style.null())

    def rows(
        self,
        lines: range,
        margin: int,
        width: int,
        background: Style,
        marked: int | None,
        find: FindMarks | None,
        labels: JumpLabels | None = None,
    ) -> list[Strip]:
        """Draws some rows.

        Args:
            lines: which of the view.
            margin: cells before each, at least two.
            width: cells of the view.
            background: what is around the rows.
            marked: the turn with a mark beside it.
            find: the matches to mark.
            labels: are drawn over the rows.
        """
        cache = self._cache
        if (cache.margin, cache.width, cache.background) != (margin, width, background):
            cache = self._cache = RowCache(margin, width, background)
        at, row = self._viewport.at, self._row
        if labels is None:
            return [row(cache, *at(y), marked, find) for y in lines]
        palette = self._context().painter.palette
        styles = tuple(
            Style(color=palette.background, bgcolor=ground, bold=True) for ground in (palette.accent, palette.muted)
        )
        return [labels.draw(row(cache, *at(y), marked, find), at(y), margin, (styles[0], styles[1])) for y in lines]

    def _row(self, cache: RowCache, index: int, row: int, marked: int | None, find: FindMarks | None) -> Strip:
        rows = self._viewport.rows(index)
        if not 0 <= row < len(rows):
            return cache.blank
        strip = rows[row]
        is_marked = index == marked
        if find is not None:
            strip = find.highlight(strip, (index, row), self._context().painter.palette)
            is_marked = is_marked or find.is_at(index)
        mark = None
        if row < len(rows) - 1 or strip.cell_length > 0:
            edge = self._viewport.turns[index].edge
            mark = self._mark(edge) if is_marked else edge
        strip = cache.get(strip, mark)
        if (cells := self._selection.cells(index, row)) is None:
            return strip
        palette = self._context().painter.palette
        style = Style(color=palette.background, bgcolor=palette.accent)
        return highlighted(strip, cache.margin + cells[0], cache.margin + cells[1], style)

    def _mark(self, edge: Segment | None) -> Segment:
        """The mark of a turn; the right half of its cell has the colour of the turn's edge."""
        painter = self._context().painter
        style = painter.style(painter.palette.accent)
        return Segment("▌", style + Style(bgcolor=edge.style.color) if edge is not None and edge.style else style)


def highlighted(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """A row with some of its cells in another style, except blanks after the text."""
    text = strip.text.rstrip()
    if start >= min(end, cell_len(text)):
        return strip
    edges = [cell_len(text[:index]) for index in range(len(text) + 1)]  # no character is cut in two
    start, end = (
        max(each for each in edges if each <= start),
        min(each for each in edges if each >= min(end, edges[-1])),
    )
    marked = [Segment(each.text, (each.style or Style()) + style) for each in strip.crop(start, end)]
    return Strip([*strip.crop(0, start), *marked, *strip.crop(end)], strip.cell_length)
