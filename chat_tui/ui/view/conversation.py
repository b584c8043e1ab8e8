"""The conversation: one branch, the answer that grows at its end, and the message that is selected in it.

Of a running answer only what grows is drawn again, at most a few times a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message as TextualMessage
from textual.timer import Timer

from chat_tui.domain.conversation.message import Message
from chat_tui.ui.commands.command import MESSAGES
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.view.frames import FrameClock, difference
from chat_tui.ui.view.selection import SelectableTurns
from chat_tui.ui.view.viewport import Positions, new_turn, stack_of

if TYPE_CHECKING:
    from chat_tui.ui.transcript.layout import Stack
    from chat_tui.ui.transcript.rows import Rows
    from chat_tui.ui.transcript.search import TextMatch
    from chat_tui.ui.transcript.turn import Turn


class ConversationView(SelectableTurns, can_focus=False):
    """Shows the turns of one branch. It has the focus only while a message is selected."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MESSAGES)]

    class LinkClicked(TextualMessage):
        """A link was clicked; nothing has been opened."""

        def __init__(self, view: ConversationView, url: str) -> None:
            self.view = view
            self.url = url
            super().__init__()

        @property
        def control(self) -> ConversationView:
            """The conversation that was clicked."""
            return self.view

    class SelectionChanged(TextualMessage):
        """Another message is selected, or none is any more."""

        def __init__(self, view: ConversationView) -> None:
            self.view = view
            super().__init__()

        @property
        def control(self) -> ConversationView:
            """The conversation in which it is selected."""
            return self.view

    _state: Callable[[], tuple[str, bool]] | None = None
    """What the running answer is doing."""
    _frame: Timer | None = None

    # What is shown

    def show(
        self,
        messages: Sequence[Message],
        positions: Positions,
        *,
        stay: bool = False,
        place: tuple[str, int] | None = None,
        stack: Stack | None = None,
    ) -> None:
        """Shows a branch.

        Args:
            messages: the branch.
            positions: of the messages among their siblings.
            stay: leave the reader where they are, as far as what they read is still there; else the end is in view.
            place: the message to have at the top of the view, and which of its rows; the end, without.
            stack: the branch's turns, if `stack_maker` made them already.
        """
        self.clear_marks()
        selected = self.selected
        top = self.place if stay else place
        self._live, self._settling, self._follow = None, False, True
        self._stack = (stack or stack_of(messages, positions, self._scene)) if messages else None
        if self._stack and self._stack.width != self._width:  # it was made before a resize
            self._stack.estimate(self._scene)
        shown = [each.id for each in messages]
        self._marked = shown.index(selected.id) if stay and selected and selected.id in shown else None
        if top is not None and top[0] in shown:
            self._follow, self._anchor = False, (shown.index(top[0]), top[1])
        self._drawn_width = self._width
        self._place()
        self.refresh()

    def stack_maker(self) -> Callable[[Sequence[Message], Positions], Stack]:
        """Returns what makes the turns of a branch for `show`, from any thread: of a long one that takes a while."""
        scene = self._scene
        return lambda messages, positions: stack_of(messages, positions, scene)

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

    def grow(self, *, now: bool = False) -> None:
        """The running answer has changed: it is drawn at the next frame, or now."""
        if self._live is None or (self._frame is not None and not now):
            return
        if now or (wait := self._clock.wait()) <= 0:
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

    def toggle_reasoning(self, message: Message | None = None) -> None:
        """Unfolds or folds a message, its reasoning or its length; the last reasoning, if none is named."""
        if not (stack := self._stack):
            return
        wanted = [
            i
            for i, turn in enumerate(stack.turns)
            if (turn.can_fold if message else turn.message.reasoning) and (message is None or turn.message is message)
        ]
        if not wanted:
            return
        index = wanted[-1]
        turn = stack.turns[index]
        turn.unfolded = not turn.unfolded
        if turn is self._live:
            self._draw_live()
            return
        turn.forget()
        self._anchor, self._follow = stack.at(self.scroll_offset.y), False
        stack.set_height(index, turn.rows(self._scene))
        self._place()
        self.refresh()

    def redraw_message(self, message: Message) -> None:
        """Draws a finished message again: what is said beside it has changed."""
        for turn in self._stack.turns if self._stack else ():
            if turn.message is message and turn is not self._live:
                turn.forget()
        self._place()
        self.refresh()

    def show_message(self, message_id: str) -> None:
        """Puts a message of the branch at the top of the view."""
        for index, message in enumerate(self.messages):
            if message.id == message_id:
                self._go_to(index)

    def _push(self, message: Message, siblings: tuple[int, int]) -> Turn:
        if self._stack is None:
            self._stack = stack_of([], {}, self._scene)
        turn = new_turn(message, siblings)
        self._stack.push(turn, self._scene)
        return turn

    # The selected message

    @property
    def selected(self) -> Message | None:
        """The message that is selected."""
        if self._marked is None or not self._stack or self._marked >= len(self._stack):
            return None
        return self._stack.turns[self._marked].message

    @property
    def can_unfold(self) -> bool:
        """Whether the selected message has reasoning, or a length, that is folded or can be."""
        return self.selected is not None and self._stack is not None and self._stack.turns[self._marked or 0].can_fold

    def action_select(self, step: int) -> None:
        """Selects the message before (-1) or after (1) the one that is; the last one first; below it, none."""
        if not self._stack:
            return
        last = len(self._stack) - 1
        index = last if self._marked is None else self._marked + step
        if index > last:
            self.action_deselect()
            return
        self.can_focus = True
        self.focus(scroll_visible=False)
        self._marked = max(0, index)
        self._keep_in_view(self._marked)
        self.refresh()
        self.post_message(self.SelectionChanged(self))

    def action_select_end(self, end: int) -> None:
        """Selects the first message (-1) or the last (1)."""
        if self._stack:
            self._marked = 0 if end < 0 else len(self._stack) - 1
            self.action_select(0)

    def action_half_page(self, direction: int) -> None:
        """Reads half a page up (-1) or down (1)."""
        self._jump(self.scroll_offset.y + direction * max(1, self.size.height // 2))

    def mark(self, index: int) -> None:
        """Selects a message that is in view."""
        self._marked = index
        self.refresh()
        self.post_message(self.SelectionChanged(self))

    def select(self, message_id: str) -> None:
        """Selects a message of the branch."""
        shown = [each.id for each in self.messages]
        if message_id in shown:
            self._marked = shown.index(message_id)
            self.action_select(0)

    def action_deselect(self) -> None:
        """Selects nothing any more."""
        if self._marked is not None:
            self._marked = None
            self.can_focus = False
            self.refresh()
            self.post_message(self.SelectionChanged(self))

    def on_blur(self) -> None:
        """Nothing is selected where the keys go elsewhere."""
        if self.screen.is_current:
            self.action_deselect()

    def on_click(self, event: events.Click) -> None:
        """Passes a click on a link on; unfolds reasoning."""
        if self.was_dragged or event.chain > 1:
            return
        if url := event.style.link:
            event.stop()
            self.post_message(self.LinkClicked(self, url))
        elif self._stack:
            index, row = self._stack.at(self.scroll_offset.y + event.y)
            if row == 1 and self._stack.turns[index].message.reasoning:
                self.toggle_reasoning(self._stack.turns[index].message)

    # The running answer

    def on_mount(self) -> None:
        """Starts the clock of frames."""
        self._clock = FrameClock()

    def _draw_live(self) -> None:
        if self._frame is not None:
            self._frame.stop()
            self._frame = None
        if (turn := self._live) is not None:
            turn.state = self._state() if self._state else ("", False)
            self._draw(turn)

    def _draw(self, turn: Turn) -> None:
        """Draws the last turn again and refreshes the rows that differ."""
        if not (stack := self._stack):
            return
        begun, index = time.monotonic(), len(stack) - 1
        before, after = self._draw_turn(index)
        where = self.scroll_offset.y
        if self._follow or len(after) != len(before):
            self._place()
        if self.scroll_offset.y == where:
            self._refresh_changed(stack.top(index), before, after)
        self._clock.drew(begun)
        if turn is not self._live:
            self._go_on()
            self._tell()
        elif turn.is_behind:
            self.grow()

    def _refresh_changed(self, top: int, before: Rows, after: Rows) -> None:
        """Refreshes what differs of the rows in view; no other is looked at."""
        above = max(0, self.scroll_offset.y - top)
        below = max(above, self.scroll_offset.y + self.size.height - top)
        first, last = difference(before[above:below], after[above:below])
        region = Region(0, top + above + first - self.scroll_offset.y, self.size.width, last - first)
        if visible := region.intersection(self.size.region):
            self.refresh(visible)

    # Finding

    def seek(self, query: str, match: TextMatch | None = None) -> None:
        """Marks words wherever they are drawn, and brings one match into view.

        Args:
            query: the words; none, to end it.
            match: the one that the reader wants to see.
        """
        self._sought, self._found = query, None
        if match is not None and self._stack and match.index < len(self._stack):
            self._found = match.index, self._row_of(match, query)
            row = self._stack.top(match.index) + self._found[1]
            height = self.size.height
            if not self.scroll_offset.y <= row < self.scroll_offset.y + height:
                self._go_to(*self._stack.at(max(0, row - height // 3)))
        self.refresh()

    def _row_of(self, match: TextMatch, query: str) -> int:
        from chat_tui.ui.transcript.search import row_of

        assert self._stack is not None
        turn = self._stack.turns[match.index]
        rows = turn.rows(self._scene)
        self._stack.set_height(match.index, rows)
        return row_of(match, turn.message.content, query, rows)

    @property
    def top(self) -> int:
        """The message at the top of the view, by its place in the branch."""
        return self._stack.at(self.scroll_offset.y)[0] if self._stack else 0

    def shown_texts(self) -> list[tuple[Message, bool]]:
        """The branch, and of each message whether its reasoning is unfolded."""
        return [(turn.message, turn.unfolded) for turn in self._stack.turns] if self._stack else []
