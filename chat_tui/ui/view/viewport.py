"""Where a view of turns stands: one widget that draws rows, not one widget for each turn, and keeps the reader's place.

Turns that nobody has scrolled to are only estimated, so that a thread of thousands of messages opens at once. The view
follows the tail only while the reader is there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Size
from textual.message import Message as TextualMessage
from textual.timer import Timer
from textual.widget import Widget

from chat_tui.domain.conversation.message import Message
from chat_tui.ui.view.drawn_turns import DrawnTurns
from chat_tui.ui.view.frames import following_top

if TYPE_CHECKING:
    from chat_tui.ui.transcript.layout import Stack
    from chat_tui.ui.transcript.rows import Rows
    from chat_tui.ui.transcript.turn import RenderContext, Turn

Positions = Mapping[str, tuple[int, int]]
"""By message id, the position among its siblings, from 1, and how many there are."""
CODE_STEP = 8
"""Cells that lines of code are moved by at once."""
PAUSE = 0.02
"""Seconds between two slices of a long text, at the least; else as long as the last one took."""


class TurnsView(DrawnTurns, can_focus=False):
    """Draws a stack of turns, and keeps the reader where they are."""

    _follow = True
    """Whether the view stands at the tail and goes on with it."""
    _anchor = (0, 0)
    """The row at the top of a view that does not follow: a turn, and a row of it."""
    _placing = False
    _drawn_width = 0
    _live: Turn | None = None
    """The turn that grows."""
    _settling = False
    """Whether an answer runs, or has run and nobody has scrolled since: rows that are drawn stay in place."""
    _slice: Timer | None = None
    """When the next slice of a long text is drawn."""
    _slice_took = 0.0
    """Seconds."""
    _told = (False, False)

    class PlaceChanged(TextualMessage):
        """There is more below the view, or no more; or the answer there has ended."""

        def __init__(self, view: TurnsView) -> None:
            self.view = view
            super().__init__()

        @property
        def control(self) -> TurnsView:
            """The view."""
            return self.view

    # What is shown

    def repaint(self) -> None:
        """Draws everything anew: the colours are others."""
        self._redraw()

    def toggle_wrap(self) -> bool:
        """Wraps lines of code, or shows as much of them as fits; whether they are wrapped now."""
        self._show_code(0 if self._code_shift is None else None)
        return self._code_shift is None

    def shift_code(self, cells: int) -> None:
        """Moves lines of code that are not wrapped to the left, or with a negative number to the right."""
        if self._code_shift is not None and self._stack:
            longest = max(turn.longest_line for turn in self._stack.turns if turn.is_drawn)
            shift = max(0, min(self._code_shift + cells, longest - self._width // 2))
            if shift != self._code_shift:
                self._show_code(shift)

    def _show_code(self, shift: int | None) -> None:
        """The text at the top of the view stays there."""
        stack, (index, row) = self._stack, self._anchor
        before = stack.turns[index].rows(self._scene) if stack and not self._follow else None
        self._code_shift = shift
        self._redraw()
        if stack and before is not None and (at := before.offset_at(row)) >= 0:
            self._go_to(index, row + stack.turns[index].rows(self._scene).row_at(at) - before.row_at(at))

    # Where the reader is

    def go_to_end(self) -> None:
        """Goes to the tail and follows it."""
        self._follow = True
        self._place()

    def go_to_start(self) -> None:
        """Goes to the first row."""
        self._jump(0)

    def page(self, direction: int) -> None:
        """Goes a page up (-1) or down (1), keeping two rows in view."""
        self._jump(self.scroll_offset.y + direction * max(1, self.size.height - 2))

    @property
    def place(self) -> tuple[str, int] | None:
        """The message at the top of the view, and which of its rows; None where the view follows the end."""
        if self._follow or not self._stack:
            return None
        index, row = self._stack.at(self.scroll_offset.y)
        return self._stack.turns[index].message.id, row

    def step_heading(self, step: int) -> int | None:
        """Puts the heading after (1) or before (-1) the top row there; a turn without headings counts as one.

        Returns:
            The turn that it is in; None where there is no further one.
        """
        if not (stack := self._stack):
            return None
        index, row = stack.at(self.scroll_offset.y) if self._follow else self._anchor
        here = (index, stack.turns[index].rows(self._scene).offset_at(row))
        order = range(index, len(stack) if step > 0 else -1, step)
        for at in order:
            places = [(at, each) for each in stack.turns[at].headings()]
            ahead = [each for each in places if each > here] if step > 0 else [each for each in places if each < here]
            if ahead:
                _, offset = ahead[0 if step > 0 else -1]
                self._go_to(at, stack.turns[at].rows(self._scene).row_at(offset) if offset >= 0 else 0)
                return at
        return None

    def _jump(self, row: int) -> None:
        self.scroll_to(y=max(0, min(row, self.max_scroll_y)), animate=False, immediate=True)

    def _go_to(self, index: int, row: int = 0) -> None:
        """Puts a turn's row at the top of the view, as far as there are rows below it."""
        self._follow, self._anchor = False, (index, row)
        self._place()
        self.refresh()

    def visible_rows(self, index: int) -> range:
        """Which rows of a turn are in view, by their number in the turn."""
        if not (stack := self._stack):
            return range(0)
        first = self.scroll_offset.y - stack.top(index)
        rows = len(stack.turns[index].rows(self._scene))
        return range(max(0, first), max(0, min(rows, first + self.size.height)))

    def _keep_in_view(self, index: int) -> None:
        """Scrolls to a turn of which no row is in view: its beginning, or the whole of it where that fits."""
        if not (stack := self._stack) or self.visible_rows(index):
            return
        top, height = stack.top(index), self.size.height
        rows = len(stack.turns[index].rows(self._scene))
        if top < self.scroll_offset.y:
            self._go_to(index)
        else:
            self._follow = False
            self._anchor = (index, 0) if rows >= height else stack.at(max(0, top + rows - height))
            self._place()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scrolls without animation: a moving target can't be animated to."""
        event.stop()
        event.prevent_default()
        if event.shift:
            self.shift_code(-CODE_STEP)
        else:
            self._jump(self.scroll_offset.y - 3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scrolls without animation."""
        event.stop()
        event.prevent_default()
        if event.shift:
            self.shift_code(CODE_STEP)
        else:
            self._jump(self.scroll_offset.y + 3)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Shows what is at the left of long lines of code."""
        event.stop()
        self.shift_code(-CODE_STEP)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Shows what is at the right of long lines of code."""
        event.stop()
        self.shift_code(CODE_STEP)

    # Layout

    def _place(self) -> None:
        """Draws what comes into view and puts the view where the reader is: at the tail, or at the anchor."""
        height = self.size.height
        if self._placing or not height:
            return
        self._placing = True
        try:
            top = self._top_of_view(height)
            extent = self._stack.height if self._stack else 0
            if self._settling and top:
                extent = max(extent, top + height)
            self._set_extent(Size(self.size.width, extent))
            self.scroll_to(y=max(0, min(top, extent - height)), animate=False, immediate=True, force=True)
        finally:
            self._placing = False
        self._go_on()
        self._tell_place()

    def _tell_place(self) -> None:
        """Says when there begins to be something below the view, or ends to be."""
        if (told := (self.has_more, self._live is not None)) != self._told:
            self._told = told
            self.post_message(self.PlaceChanged(self))

    @property
    def has_more(self) -> bool:
        """Whether there are rows below the view."""
        return bool(self._stack) and not self._follow and self.scroll_offset.y < self.max_scroll_y

    @property
    def is_live(self) -> bool:
        """Whether an answer runs."""
        return self._live is not None

    def _draw_turn(self, index: int) -> tuple[Rows, Rows]:
        """Draws a turn again: its rows before and now. The text that the reader is at stays the one at the top."""
        assert self._stack is not None
        turn, scene = self._stack.turns[index], self._scene
        before = turn.rows(scene) if turn.is_drawn else None
        after = turn.draw(scene)
        self._stack.set_height(index, after)
        if before is not None and not self._follow and self._anchor[0] == index and self._anchor[1] > 0:
            at = before.offset_at(self._anchor[1])
            if at >= 0 and before.row_at(at) != after.row_at(at):
                self._anchor = (index, self._anchor[1] + after.row_at(at) - before.row_at(at))
        return before if before is not None else [], after

    # Long texts, a slice at a time

    def _go_on(self) -> None:
        """Has the next slice drawn, if a turn in view waits for one; keys come between."""
        if self._slice is None and self._waiting() is not None:
            self._slice = self.set_timer(max(PAUSE, self._slice_took), self._draw_slice)

    def _waiting(self) -> int | None:
        if not (stack := self._stack):
            return None
        first, _ = stack.at(self.scroll_offset.y)
        last, _ = stack.at(self.scroll_offset.y + self.size.height - 1)
        waiting = (i for i in range(first, last + 1) if stack.turns[i].is_behind and stack.turns[i] is not self._live)
        return next(waiting, None)

    def _draw_slice(self) -> None:
        self._slice = None
        if (index := self._waiting()) is not None:
            begun = time.monotonic()
            self._draw_turn(index)
            self._slice_took = time.monotonic() - begun
            self._place()
            self.refresh()

    def _top_of_view(self, height: int) -> int:
        if not (stack := self._stack):
            return 0
        if self._follow:
            stack.measure_back(height, self._scene)
            current = self.scroll_offset.y if self._settling else None
            return following_top(stack.height - height, height, current, is_live=self._live is not None)
        turn, row = self._anchor
        row = stack.measure_on(turn, row, height, self._scene)
        self._anchor = (turn, row)
        return stack.top(turn) + row

    def _set_extent(self, extent: Size) -> None:
        """Sets the scrollable size without a new layout of the screen: nothing but the scrollbar depends on it."""
        if extent != self.virtual_size:
            self.set_reactive(Widget.virtual_size, extent)
            self._scroll_update(extent)

    def _redraw(self) -> None:
        self._drawn_width = self._width
        self.refresh_empty()
        if self._stack:
            self._stack.forget(self._scene)
        self._settling = self._live is not None
        self._place()
        self.refresh()

    def on_resize(self) -> None:
        """Another width means other rows; the reader stays where they were."""
        if not self._stack and self._empty_width == self._width:  # the first frame has it already
            self._drawn_width = self._width
        if self._width != self._drawn_width:
            self._redraw()
        else:
            self._place()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notes where the reader went, and draws what came into view there."""
        super().watch_scroll_y(old_value, new_value)
        if self._placing or not self._stack:
            return
        self._follow = round(new_value) >= self.max_scroll_y
        self._settling = self._live is not None
        self._anchor = self._stack.at(round(new_value))
        if not self._follow:
            self._place()
        self._tell_place()


def new_turn(message: Message, siblings: tuple[int, int]) -> Turn:
    """A turn. Imported late, like the stack: what draws turns is heavy, and an empty thread has none."""
    from chat_tui.ui.transcript.turn import Turn

    return Turn(message, siblings=siblings)


def stack_of(messages: Sequence[Message], positions: Positions, scene: RenderContext) -> Stack:
    """A stack of turns, none of them drawn yet and each with an estimated height. May be called from any thread.

    Args:
        messages: the turns.
        positions: of the messages among their siblings.
        scene: what they will be drawn with.
    """
    from chat_tui.ui.transcript.layout import Stack

    return Stack([new_turn(each, positions.get(each.id, (1, 1))) for each in messages], scene)
