"""Turns in which text is selected with the mouse; what is copied is the source (see `SourceMap`).

Textual's own selection reads what is on the screen, wraps and rules included, so it is off here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message as TextualMessage
from textual.strip import Strip
from textual.timer import Timer

from chat_tui.ui.view.viewport import TurnsView

if TYPE_CHECKING:
    from chat_tui.ui.transcript.selection import SourceMap
    from chat_tui.ui.view.row_cache import RowCache

SCROLL = 0.05
"""Seconds between two rows, while the mouse is held beyond an edge."""
Place = tuple[int, int, int]
"""A turn, a row of it, a cell of the text's measure."""


class SelectableTurns(TurnsView, can_focus=False):
    """Selects from where the mouse is pressed to where it is released; a double click a word, a triple one a block."""

    ALLOW_SELECT: ClassVar[bool] = False

    class TextSelected(TextualMessage):
        """Text was selected."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    _anchor_place: Place | None = None
    """Where the mouse was pressed."""
    _selection: tuple[Place, Place] | None = None
    """The first and the last cell that are selected."""
    _dragging: events.MouseMove | None = None
    """The last move with the button down."""
    _scroller: Timer | None = None
    was_dragged = False
    """Whether the mouse moved between the last press and its release: then it was no click."""

    def clear_marks(self) -> None:
        """Selects no text any more."""
        if self._selection is not None:
            self._selection = None
            self.refresh()

    def mark_rows(self, index: int, top: int, bottom: int) -> None:
        """Shows rows of a turn as selected, and brings them into view."""
        if not (stack := self._stack):
            return
        self._selection = (index, top, 0), (index, bottom, self._width)
        first, last, height = stack.top(index) + top, stack.top(index) + bottom, self.size.height
        is_in_view = last >= self.scroll_offset.y and first < self.scroll_offset.y + height
        if last - first >= height:  # no view shows it whole
            if not is_in_view:
                self._jump(first)
        elif first < self.scroll_offset.y:
            self._jump(first)
        elif last >= self.scroll_offset.y + height:
            self._jump(last - height + 1)
        self.refresh()

    def source_map(self, index: int) -> SourceMap:
        """What the rows of a turn show."""
        from chat_tui.ui.transcript.selection import SourceMap

        assert self._stack is not None
        turn = self._stack.turns[index]
        return SourceMap(turn.message, turn.rows(self._scene))

    def selected_text(self) -> str:
        """What is selected, as its source has it; empty where nothing is."""
        if self._selection is None or not self._stack:
            return ""
        (first, *start), (last, *end) = self._selection
        texts = []
        for index in range(first, min(last + 1, len(self._stack))):
            begin = (start[0], start[1]) if index == first else (0, 0)
            stop = (end[0], end[1]) if index == last else (len(self._stack.turns[index].rows(self._scene)), 0)
            texts.append(self.source_map(index).excerpt(begin, stop))
        return "\n\n".join(each for each in texts if each)

    # The mouse

    def _place_at(self, event: events.MouseEvent) -> Place | None:
        if not self._stack:
            return None
        y = max(0, min(event.y, self.size.height - 1))
        index, row = self._stack.at(self.scroll_offset.y + y)
        return index, row, max(0, event.x - self._margin)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begins a selection; with shift the mouse is the terminal's."""
        self.clear_marks()
        self.was_dragged = False
        if event.button == 1 and not event.shift and (place := self._place_at(event)) is not None:
            self._anchor_place = place
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Selects up to the mouse; beyond an edge the view scrolls."""
        if self._anchor_place is None:
            return
        self._dragging = event
        self._extend()
        beyond = event.y < 0 or event.y >= self.size.height
        if beyond and self._scroller is None:
            self._scroller = self.set_interval(SCROLL, self._scroll_on)
        elif not beyond:
            self._stop_scrolling()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Ends the selection, and tells of it."""
        if self._anchor_place is None:
            return
        self.release_mouse()
        self._stop_scrolling()
        self._anchor_place = self._dragging = None
        self._tell()

    def on_click(self, event: events.Click) -> None:
        """Selects a word or a block."""
        if event.chain not in (2, 3) or (place := self._place_at(event)) is None:
            return
        index, row, x = place
        found = self.source_map(index)
        if event.chain == 3:
            block = found.block_at(row)
            ends = ((block.top, 0), (block.bottom - 1, self._width)) if block else None
        else:
            ends = found.word_at(row, x)
        if ends:
            self._selection = ((index, *ends[0]), (index, *ends[1]))
            self.refresh()
            self._tell()

    def _extend(self) -> None:
        if self._dragging is None or self._anchor_place is None:
            return
        place = self._place_at(self._dragging)
        if place is None or (place == self._anchor_place and self._selection is None):
            return
        self.was_dragged = True
        first, last = sorted((self._anchor_place, place))
        self._selection = (first, last)
        self.refresh()

    def _scroll_on(self) -> None:
        if self._dragging is not None:
            self._jump(self.scroll_offset.y + (-1 if self._dragging.y < 0 else 1))
            self._extend()

    def _stop_scrolling(self) -> None:
        if self._scroller is not None:
            self._scroller.stop()
            self._scroller = None

    def _tell(self) -> None:
        if text := self.selected_text():
            self.post_message(self.TextSelected(text))

    # Drawing

    def on_resize(self) -> None:
        """Another width means other rows: what was selected is no longer there."""
        if self._width != self._drawn_width:
            self._selection = None

    def marked_cells(self, index: int, row: int) -> tuple[int, int] | None:
        """The first selected cell of a row and the one behind the last."""
        if self._selection is None:
            return None
        first, last = self._selection
        if not first[:2] <= (index, row) <= last[:2]:
            return None
        return first[2] if (index, row) == first[:2] else 0, last[2] + 1 if (index, row) == last[:2] else self._width

    def draw_row(self, placed: RowCache, index: int, row: int) -> Strip:
        """Draws one row of a turn, what is selected in it on another ground."""
        strip = super().draw_row(placed, index, row)
        if (cells := self.marked_cells(index, row)) is None:
            return strip
        palette = self._painter().palette
        style = Style(color=palette.background, bgcolor=palette.accent)
        return highlighted(strip, self._margin + cells[0], self._margin + cells[1], style)


def highlighted(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """A row with some of its cells in another style; what is blank behind the text stays as it is."""
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
