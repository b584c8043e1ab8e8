"""The conversation: one widget that draws rows, not one widget for each turn.

Finished turns are drawn once for a width and kept; turns that nobody has scrolled to are only estimated, so that a
thread of thousands of messages opens at once; of a running answer only what grows is drawn again, at most a few times
a second. The view follows the tail only while the reader is there.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
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

if TYPE_CHECKING:  # what draws turns is heavy to import, and an empty thread has none: see `_turn`
    from chat_tui.ui.body import Rows
    from chat_tui.ui.markdown import Painter
    from chat_tui.ui.turns import Scene, Turn

MEASURE = 100
"""Cells of the widest line of text (LOOK.md)."""
FRAME = 1 / 10
"""Seconds between two frames of a running answer, at the least."""
PATIENCE = 5
"""A frame that took t seconds is followed by PATIENCE * t of rest, so that keys never wait for long."""


@dataclass(slots=True)
class _Anchor:
    """The row at the top of the view, as the reader knows it: a turn, and a row of it."""

    turn: int
    row: int


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
        empty: Callable[[], list[list[Segment]]],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Makes an empty conversation.

        Args:
            painter: gives what draws text in the theme's colours; asked when there is text.
            provider_name: a provider's display name by its key.
            empty: the rows to show where there is no turn yet.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._painter = painter
        self._provider_name = provider_name
        self._empty = empty
        self._empty_strips: list[Strip] | None = None
        self._ground_style: Style | None = None
        self._turns: list[Turn] = []
        self._heights: list[int] = []
        self._tops: list[int] = [0]
        self._follow = True
        self._anchor = _Anchor(0, 0)
        self._placing = False
        self._drawn_width = 0
        self._live: Turn | None = None
        self._live_rows: Rows = []
        self._state: Callable[[], tuple[str, bool]] = lambda: ("", False)
        self._frame: Timer | None = None
        self._frame_end = 0.0
        self._frame_cost = 0.0

    # What is shown

    def show(self, messages: Sequence[Message], siblings: Callable[[Message], tuple[int, int]]) -> None:
        """Shows a branch, its end in view."""
        self._live, self._live_rows = None, []
        self._turns = [_turn(message, siblings(message)) for message in messages]
        self._follow = True
        self._estimate()
        self._place()
        self.refresh()

    def add(self, message: Message, siblings: tuple[int, int] = (1, 1)) -> None:
        """Adds a finished turn at the end and goes there."""
        self._turns.append(_turn(message, siblings))
        self._estimate(len(self._turns) - 1)
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
        self._state = state
        self._live = _turn(message, siblings)
        if self._turns and self._turns[-1].message is message:
            self._turns.pop()
        self._turns.append(self._live)
        self._live.state, self._live_rows = state(), []
        self._estimate(len(self._turns) - 1)
        self._draw_live()

    @property
    def messages(self) -> list[Message]:
        """What is shown, the running answer included."""
        return [turn.message for turn in self._turns]

    def grow(self) -> None:
        """The running answer has changed: it is drawn at the next frame."""
        if self._live is None or self._frame is not None:
            return
        wait = self._frame_end + max(FRAME, PATIENCE * self._frame_cost) - time.monotonic()
        if wait <= 0:
            self._draw_live()
        else:
            self._frame = self.set_timer(wait, self._draw_live)

    def end(self) -> None:
        """The running answer has ended: it is drawn for the last time, at once."""
        if (turn := self._live) is None:
            return
        self._live = None
        turn.state = None
        self._replace_live(turn)

    def repaint(self) -> None:
        """Draws everything anew: the colours are others."""
        self.refresh_empty()
        self._redraw()

    # Where the reader is

    @property
    def is_following(self) -> bool:
        """Whether the view follows the tail."""
        return self._follow

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
            return
        index, row = self._at(self.scroll_offset.y + event.y)
        if row == 1 and index < len(self._turns) and self._turns[index].message.reasoning:
            self.toggle_reasoning(index)

    def toggle_reasoning(self, index: int | None = None) -> None:
        """Unfolds or folds the reasoning of a turn; of the last that has any, if none is named."""
        if index is None:
            index = next((i for i in range(len(self._turns) - 1, -1, -1) if self._turns[i].message.reasoning), None)
        if index is None or self._turns[index] is self._live:
            return
        turn = self._turns[index]
        turn.unfolded = not turn.unfolded
        turn.forget()
        self._anchor = _Anchor(*self._at(self.scroll_offset.y))
        self._follow = False
        self._measure(index)
        self._place()
        self.refresh()

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

        return Scene(self._painter(), self._width, self._provider_name)

    def _estimate(self, start: int = 0) -> None:
        """Makes heights for the turns from `start` on: drawn ones exact, the others estimated."""
        scene = self._scene if self._turns else None
        self._heights[start:] = [
            len(turn.rows(scene)) if turn.is_drawn else turn.estimate(scene) for turn in self._turns[start:] if scene
        ]
        self._sum()

    def _sum(self) -> None:
        self._tops = [0, *accumulate(self._heights)]

    def _measure(self, index: int) -> None:
        self._heights[index] = len(self._turn_rows(index))

    def _turn_rows(self, index: int) -> Rows:
        turn = self._turns[index]
        return self._live_rows if turn is self._live and self._live_rows else turn.rows(self._scene)

    def _at(self, row: int) -> tuple[int, int]:
        """The turn that a row belongs to, and which of its rows it is."""
        index = max(0, min(bisect_right(self._tops, row) - 1, len(self._turns) - 1))
        return index, row - self._tops[index]

    def _place(self) -> None:
        """Draws what comes into view and puts the view where the reader is: at the tail, or at the anchor."""
        height = self.size.height
        if self._placing or not height:
            return
        self._placing = True
        try:
            if self._follow:
                self._measure_back(height)
                top = self._follow_top(height)
            else:
                self._measure_on(height)
                top = self._tops[min(self._anchor.turn, len(self._turns))] + self._anchor.row
            extent = self._tops[-1]
            if self._live is not None or self._follow:
                extent = max(extent, top + height) if top else extent
            self._set_extent(Size(self.size.width, extent))
            self.scroll_to(y=max(0, min(top, extent - height)), animate=False, immediate=True, force=True)
        finally:
            self._placing = False

    def _measure_back(self, height: int) -> None:
        """Draws turns from the last one up until they fill the view."""
        seen = 0
        for index in range(len(self._turns) - 1, -1, -1):
            self._measure(index)
            seen += self._heights[index]
            if seen >= height:
                break
        self._sum()

    def _measure_on(self, height: int) -> None:
        """Draws turns from the anchor down until they fill the view."""
        index, seen = self._anchor.turn, -self._anchor.row
        while index < len(self._turns) and seen < height:
            self._measure(index)
            if index == self._anchor.turn:
                self._anchor.row = min(self._anchor.row, max(0, self._heights[index] - 1))
            seen += self._heights[index]
            index += 1
        self._sum()

    def _follow_top(self, height: int) -> int:
        """The first row of a view that follows the tail.

        While an answer runs the view moves by a few rows at once, not by one: it is read more easily, and a
        terminal at the end of a slow line is sent a quarter of the bytes.
        """
        overflow = self._tops[-1] - height
        if self._live is None:
            slack = self.scroll_offset.y - overflow
            return self.scroll_offset.y if 0 < slack <= self._step(height) and self._was_live else max(0, overflow)
        current = self.scroll_offset.y
        if 0 <= current - overflow <= self._step(height):
            return max(0, current) if overflow > 0 else 0
        return overflow + self._step(height) if overflow > 0 else 0

    _was_live = False

    @staticmethod
    def _step(height: int) -> int:
        return max(1, min(5, height // 6))

    def _set_extent(self, extent: Size) -> None:
        """Sets the scrollable size without a new layout of the screen: nothing but the scrollbar depends on it."""
        if extent != self.virtual_size:
            self.set_reactive(Widget.virtual_size, extent)
            self._scroll_update(extent)

    def _redraw(self) -> None:
        self._drawn_width = self._width
        for turn in self._turns:
            turn.forget()
        self._live_rows = []
        self._estimate()
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
        if self._placing or not self._turns:
            return
        self._follow = round(new_value) >= self.max_scroll_y
        self._was_live = False
        self._anchor = _Anchor(*self._at(round(new_value)))
        if not self._follow:
            self._place()

    # The running answer

    def _draw_live(self) -> None:
        self._frame = None
        if (turn := self._live) is None:
            return
        turn.state = self._state()
        self._replace_live(turn)

    def _replace_live(self, turn: Turn) -> None:
        """Draws the last turn again and refreshes the rows that differ."""
        begun = time.monotonic()
        before, index = self._live_rows, len(self._turns) - 1
        after = turn.rows(self._scene)
        self._live_rows = after if self._live is not None else []
        self._was_live = True
        old_scroll = self.scroll_offset.y
        if len(after) != self._heights[index]:
            self._heights[index] = len(after)
            self._sum()
        if self._follow or len(after) != len(before):
            self._place()
        if self.scroll_offset.y == old_scroll:
            self._refresh_changed(self._tops[index], before, after)
        self._frame_end = time.monotonic()
        self._frame_cost = self._frame_end - begun

    def _refresh_changed(self, top: int, before: Rows, after: Rows) -> None:
        """Refreshes the rows that differ; all from the first of them on where their number does."""
        first, last = _difference(before, after)
        region = Region(0, top + first - self.scroll_offset.y, self.size.width, last - first)
        if visible := region.intersection(self.size.region):
            self.refresh(visible)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draws one row of the view."""
        width, margin = self.size.width, self._margin
        style = self._ground
        if not self._turns:
            return self._empty_row(y).crop_extend(0, width, style)
        index, row = self._at(self.scroll_offset.y + y)
        rows = self._turn_rows(index)
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

    def refresh_empty(self) -> None:
        """What an empty thread shows has changed."""
        self._empty_strips = None
        if not self._turns:
            self.refresh()

    def _empty_row(self, y: int) -> Strip:
        if self._empty_strips is None:
            self._empty_strips = [Strip(row) for row in self._empty()]
        top = max(0, (self.size.height - len(self._empty_strips)) // 2)
        if not top <= y < top + len(self._empty_strips):
            return Strip.blank(self.size.width, self._ground)
        strip = self._empty_strips[y - top]
        left = max(0, (self.size.width - strip.cell_length) // 2)
        return Strip([Segment(" " * left, self._ground), *strip])


def _difference(before: Rows, after: Rows) -> tuple[int, int]:
    """The first row that differs, and the one behind the last."""
    longest, shortest = max(len(before), len(after)), min(len(before), len(after))
    first = next((i for i in range(shortest) if before[i] is not after[i] and before[i] != after[i]), shortest)
    if len(before) != len(after):
        return first, longest
    last = shortest
    while last > first and (before[last - 1] is after[last - 1] or before[last - 1] == after[last - 1]):
        last -= 1
    return first, last


def _turn(message: Message, siblings: tuple[int, int]) -> Turn:
    from chat_tui.ui.turns import Turn

    return Turn(message, siblings=siblings)
