"""The widget that draws and scrolls the rows of turns.

It is one widget that draws rows, not one for each turn. What it knows is kept by parts that know no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message as TextualMessage
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chat_tui.ui.compat.scroll_view import set_extent
from chat_tui.ui.view.empty_rows import EmptyRows
from chat_tui.ui.view.redraw import SliceTimer
from chat_tui.ui.view.selection import TextSelection
from chat_tui.ui.view.viewport import Viewport

if TYPE_CHECKING:
    from chat_tui.ui.transcript.turn import RenderContext
    from chat_tui.ui.view.find_marks import FindMarks
    from chat_tui.ui.view.jump_labels import JumpLabels
    from chat_tui.ui.view.row_painter import RowPainter

MEASURE = 100
"""Cells of the widest line of text."""
WHEEL = 3
"""Rows that the wheel of the mouse scrolls at once."""
CODE_STEP = 8
"""Cells that it moves lines of code by."""


class TurnScroller(ScrollView, can_focus=False):
    """Shows the turns of a viewport; scrolls them, and code in them sideways."""

    ALLOW_SELECT: ClassVar[bool] = False
    DEFAULT_CSS = """
    TurnScroller {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        background: $background;
    }
    """

    class PlaceChanged(TextualMessage, namespace="conversation_view"):
        """Posted when `has_more` or `is_live` has changed."""

    def __init__(
        self,
        context: Callable[[int], RenderContext],
        empty: Callable[[], list[list[Segment]]],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Creates an empty view.

        Args:
            context: what turns are drawn with now, for a width in cells; called when there is text.
            empty: the rows to show where there is no turn yet.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._context_for = context
        self.viewport = Viewport(self._render_context)
        """The turns, and the scroll position in them."""
        self.text_marks = TextSelection(self.viewport, self.refresh, self._scroll, self.set_interval)
        """The selected text."""
        self._slices = SliceTimer(self.viewport, self._update, self.set_timer)
        self._find: FindMarks | None = None
        self._labels: JumpLabels | None = None
        self._empty_rows = EmptyRows(empty)
        self._row_painter: RowPainter | None = None
        self._background: Style | None = None
        self._code_shift: int | None = None
        """The first cell that is seen of lines of code; None where they are wrapped."""
        self._selected: int | None = None
        """The turn of the selected message."""
        self._is_syncing = False
        self.on_wheel: Callable[[int], None] = self.scroll_rows
        """Called with the rows that the wheel of the mouse scrolls."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when the turns, or the place of the reader, may have changed."""
        self._reported = (False, False)
        """What `PlaceChanged` was posted for last."""

    @property
    def is_live(self) -> bool:
        """Whether an answer is running."""
        return self.viewport.live is not None

    # Where the reader is

    @property
    def place(self) -> tuple[str, int] | None:
        """The message at the top of the view and its row there; None if the view follows the end."""
        if (position := self.viewport.position()) is None:
            return None
        return self.viewport.turns[position[0]].message.id, position[1]

    @property
    def has_more(self) -> bool:
        """Whether there are rows below the view."""
        viewport = self.viewport
        return bool(viewport.turns) and not viewport.follows and viewport.top < self.max_scroll_y

    def go_to_end(self) -> None:
        """Scrolls to the end and follows it."""
        self.viewport.follows = True
        self._sync_scroll()

    def go_to_start(self) -> None:
        """Scrolls to the first row."""
        self._scroll(0)

    def scroll_rows(self, rows: int) -> None:
        """Scrolls up, by a negative number of rows, or down."""
        self._scroll(self.scroll_offset.y + rows)

    def page(self, direction: int) -> None:
        """Scrolls a page up (-1) or down (1), keeping two rows in view."""
        self._scroll(self.scroll_offset.y + direction * max(1, self.size.height - 2))

    def action_half_page(self, direction: int) -> None:
        """Scrolls half a page up (-1) or down (1)."""
        self._scroll(self.scroll_offset.y + direction * max(1, self.size.height // 2))

    def step_heading(self, step: int) -> int | None:
        """Puts the heading after (1) or before (-1) the top row there; a turn without headings counts as one.

        Returns:
            The turn that it is in; None where there is no further one.
        """
        index = self.viewport.step_heading(step)
        if index is not None:
            self._update()
        return index

    def go_to_text(self, index: int, offset: int) -> None:
        """Scrolls a place in a turn's text to the top of the view; the turn's beginning without one (`NOWHERE`)."""
        if index < len(self.viewport.turns):
            self.viewport.go_to_text(index, offset)
            self._update()

    def show_message(self, message_id: str) -> None:
        """Scrolls a message of the branch to the top of the view."""
        if (index := self._index_of(message_id)) is not None:
            self.viewport.go_to(index)
            self._update()

    def _index_of(self, message_id: str) -> int | None:
        return next((i for i, turn in enumerate(self.viewport.turns) if turn.message.id == message_id), None)

    # Code, and the theme

    def repaint(self) -> None:
        """Draws everything again in other colours."""
        self._empty_rows.forget()
        self.viewport.redraw_all()
        self._update()

    def refresh_empty(self) -> None:
        """Draws those rows of an empty thread again that have changed."""
        if self.viewport.turns or not self.size.height:
            self._empty_rows.forget()
        elif rows := self._empty_rows.renew(self.size.height):
            self.refresh(Region(0, rows.start, self.size.width, len(rows)))

    def toggle_wrap(self) -> bool:
        """Toggles wrapping of lines of code; whether they are wrapped now."""
        self._show_code(0 if self._code_shift is None else None)
        return self._code_shift is None

    def shift_code(self, cells: int) -> None:
        """Scrolls unwrapped lines of code sideways; to the left with a negative number."""
        if self._code_shift is not None and self.viewport.turns:
            longest = max((turn.longest_line for turn in self.viewport.turns if turn.is_drawn), default=0)
            shift = max(0, min(self._code_shift + cells, longest - self._measure // 2))
            if shift != self._code_shift:
                self._show_code(shift)

    def _show_code(self, shift: int | None) -> None:
        go_back = self.viewport.keep_text()
        self._code_shift = shift
        self.repaint()
        go_back()
        self._update()

    # The wheel of the mouse

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scrolls up, or code to the left."""
        self._turn_wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scrolls down, or code to the right."""
        self._turn_wheel(event, 1)

    def _turn_wheel(self, event: events.MouseEvent, direction: int) -> None:
        event.stop()
        event.prevent_default()  # it would be animated, and a moving target can't be animated to
        if event.shift:
            self.shift_code(direction * CODE_STEP)
        else:
            self.on_wheel(direction * WHEEL)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Scrolls long lines of code to the left."""
        event.stop()
        self.shift_code(-CODE_STEP)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Scrolls long lines of code to the right."""
        event.stop()
        self.shift_code(CODE_STEP)

    # Layout

    def _update(self) -> None:
        self._sync_scroll()
        self.refresh()

    def _sync_scroll(self) -> None:
        """Scrolls to the viewport's position, and draws what comes into view."""
        self.viewport.height = height = self.size.height
        if self._is_syncing or not height:
            return
        self._is_syncing = True
        try:
            top, extent = self.viewport.locate()
            set_extent(self, Size(self.size.width, extent))
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        finally:
            self._is_syncing = False
        self._slices.start()
        self._report_place()

    def _scroll(self, row: int) -> None:
        self.scroll_to(y=max(0, min(row, self.max_scroll_y)), animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Updates the viewport's position, and draws what comes into view."""
        super().watch_scroll_y(old_value, new_value)
        self.viewport.top = round(new_value)
        if self._is_syncing or not self.viewport.turns:
            return
        self.viewport.scroll(is_end=round(new_value) >= self.max_scroll_y)
        if not self.viewport.follows:
            self._sync_scroll()
        self._report_place()

    def _report_place(self) -> None:
        if (place := (self.has_more, self.is_live)) != self._reported:
            self._reported = place
            self.post_message(self.PlaceChanged())
        self.on_change()

    def on_resize(self) -> None:
        """Lays everything out in the new width; keeps the scroll position."""
        if self._measure != (self.viewport.width if self.viewport.turns else self._empty_rows.width):
            self.text_marks.clear()
            self.repaint()
            if self.text_marks.again is not None:
                self.text_marks.again()
        else:
            self._sync_scroll()

    # Drawing

    @property
    def _measure(self) -> int:
        return max(16, min(MEASURE, self.scrollable_content_region.width - 4))

    @property
    def _margin(self) -> int:
        return max(2, (self.scrollable_content_region.width - self._measure) // 2)

    def _render_context(self) -> RenderContext:
        context = self._context_for(self._measure)
        context.painter.code_styles.shift = self._code_shift
        return context

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draws rows of the view without what the framework puts around a widget's: this one has nothing of it.

        A row that was drawn before is the very strip that it was, and a strip remembers how it was filtered, cut and
        written: a third of what a frame costs while an answer grows, and two thirds of what scrolling does.
        """
        _, background = self.background_colors
        strips = self._rows(crop.line_range)
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """Draws one row of the view."""
        return self._rows(range(y, y + 1))[0]

    def _rows(self, lines: range) -> list[Strip]:
        if self._background is None:
            self._background = self.rich_style  # expensive to compute
        if not self.viewport.turns:
            return [self._empty_rows.row(y, self.size, self._measure, self._background) for y in lines]
        if self._row_painter is None:
            from chat_tui.ui.view.row_painter import RowPainter

            self._row_painter = RowPainter(self.viewport, self.text_marks, self._render_context)
        return self._row_painter.rows(
            lines, self._margin, self.size.width, self._background, self._selected, self._find, self._labels
        )

    def notify_style_update(self) -> None:
        """Discards cached styles."""
        super().notify_style_update()
        self._background = None
