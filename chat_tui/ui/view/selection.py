"""Selects text with the mouse, or by blocks; what is copied is the source (see `SourceMap`).

Textual's own selection reads what is on the screen, wraps and rules included.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer

from chat_tui.ui.view.viewport import Viewport

SCROLL = 0.05
"""Seconds between two rows, while the mouse is held beyond an edge."""
Cell = tuple[int, int, int]
"""A turn, a row of it, a cell of the text's measure."""


class TextSelection:
    """Selects text by dragging the mouse, a word by a double click, a block by a triple click.

    Positions of the mouse are a cell of the text's measure and a row of the view; they may lie beyond its edges.
    """

    def __init__(
        self,
        viewport: Viewport,
        changed: Callable[[], object],
        scroll_to: Callable[[int], None],
        set_interval: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        """Starts without a selection.

        Args:
            viewport: has the text.
            changed: is called when another text is selected.
            scroll_to: puts a row at the top of the view.
            set_interval: calls something again and again, every so many seconds.
        """
        self._viewport = viewport
        self._changed = changed
        self._scroll_to = scroll_to
        self._set_interval = set_interval
        self._range: tuple[Cell, Cell] | None = None
        """The first and the last cell that are selected."""
        self._pressed: Cell | None = None
        """Where the mouse was pressed."""
        self._mouse: tuple[int, int] | None = None
        """Where it was moved to since."""
        self._scroller: Timer | None = None
        self.again: Callable[[], None] | None = None
        """Selects the same in a new layout; None where nothing is selected for long."""
        self.was_dragged = False
        """Whether the mouse moved between the last press and its release: then it was no click."""

    def clear(self) -> None:
        """Deselects all text."""
        self.was_dragged = False
        if self._range is not None:
            self._range = None
            self._changed()

    def show_rows(self, index: int, top: int, bottom: int) -> None:
        """Selects rows of a turn, and scrolls them into view."""
        viewport = self._viewport
        if not viewport.turns:
            return
        self._range = (index, top, 0), (index, bottom, viewport.width)
        first, last = viewport.top_of(index) + top, viewport.top_of(index) + bottom
        end = viewport.top + viewport.height
        if last - first >= viewport.height:  # no view shows it whole
            if last < viewport.top or first >= end:
                self._scroll_to(first)
        elif first < viewport.top:
            self._scroll_to(first)
        elif last >= end:
            self._scroll_to(last - viewport.height + 1)
        self._changed()

    def show_text(self, index: int, ends: tuple[tuple[int, int], tuple[int, int]]) -> None:
        """Selects text of a turn, from one cell to another."""
        self._select(index, ends)

    def text(self) -> str:
        """The source of the selection; empty if there is none."""
        viewport = self._viewport
        if self._range is None or not viewport.turns:
            return ""
        (first, *start), (last, *end) = self._range
        texts = []
        for index in range(first, min(last + 1, len(viewport.turns))):
            begin = (start[0], start[1]) if index == first else (0, 0)
            stop = (end[0], end[1]) if index == last else (len(viewport.rows(index)), 0)
            texts.append(viewport.source_map(index).excerpt(begin, stop))
        return "\n\n".join(each for each in texts if each)

    # The mouse

    def press(self, x: int, y: int) -> None:
        """Starts a selection; call `clear` before."""
        self._pressed = self._at(x, y)

    def drag(self, x: int, y: int) -> None:
        """Extends the selection to the mouse; scrolls beyond an edge."""
        if self._pressed is None:
            return
        self._mouse = (x, y)
        self._extend()
        if 0 <= y < self._viewport.height:
            self._stop_scrolling()
        elif self._scroller is None:
            self._scroller = self._set_interval(SCROLL, self._scroll_on)

    def release(self) -> bool:
        """Ends the selection; whether there was one."""
        self._stop_scrolling()
        was_pressed = self._pressed is not None
        self._pressed = self._mouse = None
        return was_pressed

    def select_word(self, x: int, y: int) -> bool:
        """Selects the word at the mouse; whether there is one."""
        index, row, cell = self._at(x, y)
        return self._select(index, self._viewport.source_map(index).word_at(row, cell))

    def select_block(self, x: int, y: int) -> bool:
        """Selects the block at the mouse; whether there is one."""
        index, row, _ = self._at(x, y)
        block = self._viewport.source_map(index).block_at(row)
        return self._select(index, ((block.top, 0), (block.bottom - 1, self._viewport.width)) if block else None)

    def _select(self, index: int, ends: tuple[tuple[int, int], tuple[int, int]] | None) -> bool:
        if ends:
            self._range = (index, *ends[0]), (index, *ends[1])
            self._changed()
        return ends is not None

    def _at(self, x: int, y: int) -> Cell:
        return (*self._viewport.at(max(0, min(y, self._viewport.height - 1))), max(0, x))

    def _extend(self) -> None:
        if self._mouse is None or self._pressed is None:
            return
        cell = self._at(*self._mouse)
        if cell == self._pressed and self._range is None:
            return
        self.was_dragged = True
        first, last = sorted((self._pressed, cell))
        self._range = (first, last)
        self._changed()

    def _scroll_on(self) -> None:
        if self._mouse is not None:
            self._scroll_to(self._viewport.top + (-1 if self._mouse[1] < 0 else 1))
            self._extend()

    def _stop_scrolling(self) -> None:
        if self._scroller is not None:
            self._scroller.stop()
            self._scroller = None

    # Drawing

    def cells(self, index: int, row: int) -> tuple[int, int] | None:
        """The first selected cell of a row and the one behind the last."""
        if self._range is None:
            return None
        first, last = self._range
        if not first[:2] <= (index, row) <= last[:2]:
            return None
        end = last[2] + 1 if (index, row) == last[:2] else self._viewport.width
        return first[2] if (index, row) == first[:2] else 0, end
