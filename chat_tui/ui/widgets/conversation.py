"""The conversation: one widget that draws rows, not one widget for each turn.

Finished turns are drawn once for a width and kept; turns that nobody has scrolled to are only estimated, so that a
thread of thousands of messages opens at once; of a running answer only what grows is drawn again, at most a few times
a second. The view follows the tail only while the reader is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message as TextualMessage
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from chat_tui.domain.message import Message
from chat_tui.ui.frames import FrameClock, difference, following_top

if TYPE_CHECKING:
    from chat_tui.ui.body import Rows
    from chat_tui.ui.markdown import Painter
    from chat_tui.ui.stack import Stack
    from chat_tui.ui.turns import Scene, Turn

MEASURE = 100
"""Cells of the widest line of text (LOOK.md)."""


class Conversation(ScrollView, can_focus=False):
    """Shows the turns of one branch."""

    DEFAULT_CSS = """
    Conversation {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        background: $background;
    }
    """

    class LinkClicked(TextualMessage):
        """A link was clicked; nothing has been opened."""

        def __init__(self, conversation: Conversation, url: str) -> None:
            self.conversation = conversation
            self.url = url
            super().__init__()

        @property
        def control(self) -> Conversation:
            """The conversation that was clicked."""
            return self.conversation

    def __init__(
        self,
        painter: Callable[[], Painter],
        provider_name: Callable[[str], str],
        cost: Callable[[Message], float | None],
        key: Callable[[str], str],
        empty: Callable[[], list[list[Segment]]],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Makes an empty conversation.

        Args:
            painter: gives what draws text in the theme's colours; asked when there is text.
            provider_name: a provider's display name by its key.
            cost: what an answer cost, in USD; None where that is not known.
            key: the key of a command as it is bound now.
            empty: the rows to show where there is no turn yet.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._painter = painter
        self._provider_name = provider_name
        self._cost = cost
        self._key = key
        self._empty = empty
        self._empty_strips: list[Strip] | None = None
        self._ground_style: Style | None = None
        self._stack: Stack | None = None
        """The turns; None while there are none: see `_new_stack`."""
        self._follow = True
        self._anchor = (0, 0)
        """The row at the top of a view that does not follow: a turn, and a row of it."""
        self._placing = False
        self._drawn_width = 0
        self._live: Turn | None = None
        self._settling = False
        """Whether an answer runs, or has run and nobody has scrolled since: rows that are drawn stay in place."""
        self._state: Callable[[], tuple[str, bool]] = lambda: ("", False)
        self._frame: Timer | None = None
        self._clock = FrameClock()

    # What is shown

    @property
    def messages(self) -> list[Message]:
        """What is shown, the running answer included."""
        return [turn.message for turn in self._stack.turns] if self._stack else []

    def show(self, messages: Sequence[Message], siblings: Callable[[Message], tuple[int, int]]) -> None:
        """Shows a branch, its end in view."""
        self._live, self._settling, self._follow = None, False, True
        self._stack = _new_stack([(message, siblings(message)) for message in messages]) if messages else None
        if self._stack:
            self._stack.estimate(self._scene)
        self._drawn_width = self._width
        self._place()
        self.refresh()

    def add(self, message: Message, siblings: tuple[int, int] = (1, 1)) -> None:
        """Adds a finished turn at the end and goes there."""
        self._push(message, siblings)
        self._follow = True
        self._place()
        self.refresh()

    def begin(self, message: Message, siblings: tuple[int, int], state: Callable[[], tuple[str, bool]]) -> None:
        """Adds an answer that is about to come, or that is coming already.

        Args:
            message: grows by itself; call `grow` when it has.
            siblings: its place among its siblings and their number.
            state: what the answer is doing, in words, and whether that is a wait.
        """
        if self._stack and self._stack.turns[-1].message is message:
            self._stack.pop()
        self._state = state
        self._live = self._push(message, siblings)
        self._live.state = state()
        self._settling = True
        self._draw_live()

    def grow(self) -> None:
        """The running answer has changed: it is drawn at the next frame."""
        if self._live is None or self._frame is not None:
            return
        if (wait := self._clock.wait()) <= 0:
            self._draw_live()
        else:
            self._frame = self.set_timer(wait, self._draw_live)

    def end(self) -> None:
        """The running answer has ended: it is drawn for the last time, at once."""
        if (turn := self._live) is None:
            return
        self._live = None
        turn.state = None
        self._draw(turn)

    def repaint(self) -> None:
        """Draws everything anew: the colours are others."""
        self.refresh_empty()
        self._redraw()

    def refresh_empty(self) -> None:
        """What an empty thread shows has changed."""
        self._empty_strips = None
        if not self._stack:
            self.refresh()

    def toggle_reasoning(self, index: int | None = None) -> None:
        """Unfolds or folds the reasoning of a turn; of the last that has any, if none is named."""
        if not (stack := self._stack):
            return
        if index is None:
            index = next((i for i in reversed(range(len(stack))) if stack.turns[i].message.reasoning), None)
        if index is None or stack.turns[index] is self._live:
            return
        turn = stack.turns[index]
        turn.unfolded = not turn.unfolded
        turn.forget()
        self._anchor, self._follow = stack.at(self.scroll_offset.y), False
        stack.set_height(index, turn.rows(self._scene))
        self._place()
        self.refresh()

    def _push(self, message: Message, siblings: tuple[int, int]) -> Turn:
        if self._stack is None:
            self._stack = _new_stack([])
        turn = _new_turn(message, siblings)
        self._stack.push(turn, self._scene)
        return turn

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

    def _jump(self, row: int) -> None:
        self.scroll_to(y=max(0, min(row, self.max_scroll_y)), animate=False, immediate=True)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scrolls without animation: a moving target can't be animated to."""
        event.stop()
        event.prevent_default()
        self._jump(self.scroll_offset.y - 3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scrolls without animation."""
        event.stop()
        event.prevent_default()
        self._jump(self.scroll_offset.y + 3)

    def on_click(self, event: events.Click) -> None:
        """Passes a click on a link on; unfolds reasoning."""
        if url := event.style.link:
            event.stop()
            self.post_message(self.LinkClicked(self, url))
        elif self._stack:
            index, row = self._stack.at(self.scroll_offset.y + event.y)
            if row == 1 and self._stack.turns[index].message.reasoning:
                self.toggle_reasoning(index)

    # Layout

    @property
    def _width(self) -> int:
        return max(16, min(MEASURE, self.scrollable_content_region.width - 4))

    @property
    def _margin(self) -> int:
        return max(2, (self.scrollable_content_region.width - self._width) // 2)

    @property
    def _scene(self) -> Scene:
        from chat_tui.ui.turns import Scene

        return Scene(self._painter(), self._width, self._provider_name, self._cost, self._key)

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
        if self._stack:
            self._stack.forget(self._scene)
        self._settling = self._live is not None
        self._place()
        self.refresh()

    def on_resize(self) -> None:
        """Another width means other rows; the reader stays where they were."""
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

    # The running answer

    def _draw_live(self) -> None:
        self._frame = None
        if (turn := self._live) is not None:
            turn.state = self._state()
            self._draw(turn)

    def _draw(self, turn: Turn) -> None:
        """Draws the last turn again and refreshes the rows that differ."""
        if not (stack := self._stack):
            return
        begun, scene, index = time.monotonic(), self._scene, len(stack) - 1
        before = turn.rows(scene) if turn.is_drawn else []
        after = turn.draw(scene)
        stack.set_height(index, after)
        where = self.scroll_offset.y
        if self._follow or len(after) != len(before):
            self._place()
        if self.scroll_offset.y == where:
            self._refresh_changed(stack.top(index), before, after)
        self._clock.drew(begun)

    def _refresh_changed(self, top: int, before: Rows, after: Rows) -> None:
        first, last = difference(before, after)
        region = Region(0, top + first - self.scroll_offset.y, self.size.width, last - first)
        if visible := region.intersection(self.size.region):
            self.refresh(visible)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draws one row of the view."""
        width, margin = self.size.width, self._margin
        style = self._ground
        if not (stack := self._stack):
            return self._empty_row(y).crop_extend(0, width, style)
        index, row = stack.at(self.scroll_offset.y + y)
        turn = stack.turns[index]
        rows = turn.drawn or turn.rows(self._scene)
        if not 0 <= row < len(rows):
            return Strip.blank(width, style)
        return Strip([Segment(" " * margin, style), *rows[row]]).crop_extend(0, width, style)

    @property
    def _ground(self) -> Style:
        """The widget's own style; asked for in every row, and dear to work out."""
        if self._ground_style is None:
            self._ground_style = self.rich_style
        return self._ground_style

    def notify_style_update(self) -> None:
        """Forgets the style that has changed."""
        super().notify_style_update()
        self._ground_style = None

    def _empty_row(self, y: int) -> Strip:
        if self._empty_strips is None:
            self._empty_strips = [Strip(row) for row in self._empty()]
        top = max(0, (self.size.height - len(self._empty_strips)) // 2)
        if not top <= y < top + len(self._empty_strips):
            return Strip.blank(self.size.width, self._ground)
        strip = self._empty_strips[y - top]
        left = max(0, (self.size.width - strip.cell_length) // 2)
        return Strip([Segment(" " * left, self._ground), *strip])


def _new_turn(message: Message, siblings: tuple[int, int]) -> Turn:
    """A turn. Imported late, like the stack: what draws turns is heavy, and an empty thread has none."""
    from chat_tui.ui.turns import Turn

    return Turn(message, siblings=siblings)


def _new_stack(messages: Sequence[tuple[Message, tuple[int, int]]]) -> Stack:
    from chat_tui.ui.stack import Stack

    return Stack([_new_turn(message, siblings) for message, siblings in messages])
