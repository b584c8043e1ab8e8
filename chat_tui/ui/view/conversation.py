"""The widget that shows a conversation: one branch, the running answer at its end, and the selected message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message as TextualMessage

from chat_tui.domain.conversation.message import Message
from chat_tui.ui.commands.command import MESSAGES
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.view.redraw import FRAME, LiveReply, ReplyState
from chat_tui.ui.view.stack import Stack
from chat_tui.ui.view.turn_scroller import TurnScroller
from chat_tui.ui.view.viewport import Positions, stack_of

if TYPE_CHECKING:
    from chat_tui.ui.transcript.search import FindMatch
    from chat_tui.ui.transcript.turn import RenderContext
    from chat_tui.ui.view.jump_targets import JumpTarget


class ConversationView(TurnScroller, can_focus=False):
    """Shows the turns of one branch. It has the focus only while a message is selected."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MESSAGES)]

    class LinkClicked(TextualMessage):
        """Posted when a link was clicked; nothing has been opened."""

        def __init__(self, url: str) -> None:
            self.url = url
            super().__init__()

    class TextSelected(TextualMessage):
        """Posted when text was selected."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class SelectionChanged(TextualMessage):
        """Posted when another message is selected, or none any more."""

    def __init__(
        self,
        context: Callable[[int], RenderContext],
        empty: Callable[[], list[list[Segment]]],
        on_state: Callable[[ReplyState | None], None] = lambda state: None,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Creates an empty view.

        Args:
            context: see `TurnScroller`, as for `empty` and `id`.
            empty: the rows of an empty view.
            on_state: called with what the running answer does, for each of its frames; with None when it ends.
            id: the widget's id.
        """
        super().__init__(context, empty, id=id)
        self._reply = LiveReply(self._draw_reply, self.set_timer, on_state)
        self._changed: dict[str, Message] = {}
        """Messages above the running answer that have changed since the last frame, by id."""

    # What is shown

    @property
    def messages(self) -> list[Message]:
        """The shown messages, the running answer included."""
        return [turn.message for turn in self.viewport.turns]

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
        self.text_marks.clear()
        self._labels = None
        self._reply.drop()
        selected, top = self.selected if stay else None, self.place if stay else place
        index_of = {message.id: index for index, message in enumerate(messages)}
        self._selected = index_of.get(selected.id) if selected else None
        shown = (stack or stack_of(messages, positions, self._render_context())) if messages else Stack()
        self.viewport.show(shown, (index_of[top[0]], top[1]) if top and top[0] in index_of else None)
        self._update()

    def stack_maker(self) -> Callable[[Sequence[Message], Positions], Stack]:
        """Returns a function that makes the turns of a branch for `show`; any thread may call it."""
        context = self._render_context()
        return lambda messages, positions: stack_of(messages, positions, context)

    def add(self, message: Message, siblings: tuple[int, int] = (1, 1)) -> None:
        """Adds a finished turn and scrolls to the end."""
        self.viewport.add(message, siblings)
        self.viewport.follows = True
        self._update()

    def append(self, message: Message) -> None:
        """Adds a turn at the end, and leaves the reader where they are."""
        self.viewport.add(message, (1, 1))
        self._update()

    def begin(self, message: Message, siblings: tuple[int, int], state: Callable[[], ReplyState]) -> None:
        """Adds a running answer.

        Args:
            message: grows by itself; call `grow` when it has.
            siblings: its place among its siblings and their number.
            state: what the answer is doing.
        """
        self._reply.begin(self.viewport.add_reply(message, siblings), state)

    def grow(self, message: Message | None = None, *, now: bool = False) -> None:
        """Draws the running answer, or the message that was given and the answer, at the next frame, or now."""
        if message is not None:
            self._changed[message.id] = message
        self._reply.grow(now=now)

    def share_frames(self, views: int) -> None:
        """Draws a running answer less often, as it does not grow alone: so many views share the time of the window."""
        self._reply.frame = FRAME * max(1, views / 2)

    def end(self) -> None:
        """Draws the running answer, which has finished, for the last time."""
        if self._reply.end():
            self._slices.start()
            self._report_place()

    def _draw_reply(self) -> None:
        """Draws the last turn again and refreshes the rows that differ."""
        self._draw_changed()
        index = len(self.viewport.turns) - 1
        before, after = self.viewport.redraw(index)
        top = self.scroll_offset.y
        if self.viewport.follows or len(after) != len(before):
            self._sync_scroll()
        if self.scroll_offset.y == top and (rows := self.viewport.changed_rows(index, before, after)):
            self.refresh(Region(0, rows.start, self.size.width, len(rows)))

    def _draw_changed(self) -> None:
        """Draws those messages above the last one again that have changed."""
        changed, self._changed = self._changed, {}
        indices = [index for index, turn in enumerate(self.viewport.turns[:-1]) if turn.message.id in changed]
        for index in indices if changed else []:
            self.viewport.redraw(index)
        if changed and indices:
            self._update()

    def toggle_reasoning(self, message: Message | None = None) -> None:
        """Expands or collapses a message; without one, the last reasoning."""
        viewport = self.viewport
        if (index := viewport.foldable(message)) is None:
            return
        viewport.toggle_fold(index)
        if viewport.turns[index] is viewport.live:
            self._reply.draw()
        else:
            self._update()

    def fold_json(self, message: Message, step: int) -> bool:
        """Shows fewer (-1) or more (1) levels of an answer in JSON; whether it is one."""
        index = self._index_of(message.id)
        if index is None or not self.viewport.fold_json(index, step):
            return False
        self.text_marks.clear()
        self._update()
        return True

    def update_diagrams(self) -> None:
        """Draws the diagrams whose state has changed."""
        if self.viewport.update_diagrams():
            self.text_marks.clear()
            self._update()

    def toggle_diagrams(self, message: Message) -> bool:
        """Shows the diagrams of a message as source, or drawn again; whether it has any that can be drawn."""
        index = self._index_of(message.id)
        return index is not None and self._toggle_diagrams(index)

    def _toggle_diagrams(self, index: int, row: int | None = None) -> bool:
        from chat_tui.ui.transcript.diagrams import toggle_diagrams

        source = self._render_context().diagrams
        if source is None or not toggle_diagrams(self.viewport.rows(index), source, row):
            return False
        self.update_diagrams()
        return True

    def redraw_message(self, message: Message) -> None:
        """Draws a finished message again: its marks have changed."""
        self.viewport.forget(message)
        self._update()

    def seek(self, query: str, match: FindMatch | None = None) -> None:
        """Marks the matches of a query, and scrolls one into view.

        Args:
            query: what is searched for; nothing, to end it.
            match: the one that the reader wants to see.
        """
        self._find = None
        if query:
            from chat_tui.ui.view.find_marks import FindMarks

            if match is not None and self.viewport.unfold_result(match.index):
                self._update()
            self._find = FindMarks(self.viewport, query, match)
            if self._find.current is not None and self.viewport.reveal_row(*self._find.current):
                self._sync_scroll()
        self.refresh()

    # The selected message

    @property
    def selected(self) -> Message | None:
        """The selected message."""
        turns, index = self.viewport.turns, self._selected
        return turns[index].message if index is not None and index < len(turns) else None

    @property
    def can_unfold(self) -> bool:
        """Whether the selected message can be folded or unfolded."""
        return self.selected is not None and self.viewport.turns[self._selected or 0].can_fold

    @property
    def is_invalid(self) -> bool:
        """Whether the selected message is an answer that is not the JSON that was requested."""
        from chat_tui.ui.transcript.json_answer import is_invalid

        message = self.selected
        return message is not None and is_invalid(message, self._render_context().schema_problems(message))

    def select(self, message_id: str) -> None:
        """Selects a message of the branch."""
        if (index := self._index_of(message_id)) is not None:
            self._select(index)

    def mark(self, index: int) -> None:
        """Selects a message that is in view."""
        self._selected = index
        self.refresh()
        self.post_message(self.SelectionChanged())

    def action_select(self, step: int) -> None:
        """Selects the message before (-1) or after (1) the selected one; at first the last one; after it, none."""
        if last := len(self.viewport.turns):
            index = last - 1 if self._selected is None else self._selected + step
            if index < last:
                self._select(max(0, index))
            else:
                self.action_deselect()

    def action_select_end(self, end: int) -> None:
        """Selects the first message (-1) or the last (1)."""
        if turns := self.viewport.turns:
            self._select(0 if end < 0 else len(turns) - 1)

    def action_deselect(self) -> None:
        """Deselects the message."""
        if self._selected is not None:
            self._selected = None
            self.can_focus = False
            self.refresh()
            self.post_message(self.SelectionChanged())

    def on_blur(self) -> None:
        """Deselects the message: keys go elsewhere."""
        if self.screen.is_current:
            self.action_deselect()

    def _select(self, index: int) -> None:
        self.can_focus = True
        self.focus(scroll_visible=False)
        if self.viewport.reveal(index):
            self._sync_scroll()
        self.mark(index)

    # Selected text

    def jump_targets(self) -> list[JumpTarget]:
        """What is in view that can be selected: code, tables, headings, links, paths, pictures; from top to bottom."""
        from chat_tui.ui.view.jump_targets import targets_in

        viewport = self.viewport
        if not viewport.turns:
            return []
        targets: list[JumpTarget] = []
        for index in range(viewport.at(0)[0], viewport.at(viewport.height - 1)[0] + 1):
            visible = viewport.visible_rows(index)
            targets += targets_in(index, viewport.source_map(index), viewport.rows(index), visible, viewport.width)
        return targets

    def show_labels(self, targets: Mapping[str, JumpTarget], typed: str = "") -> None:
        """Draws labels over what is in view; none, without targets.

        Args:
            targets: by label.
            typed: the letter that was typed already.
        """
        from chat_tui.ui.view.jump_labels import JumpLabels

        self._labels = JumpLabels(targets, typed) if targets else None
        self.refresh()

    def _report_text(self) -> None:
        if text := self.text_marks.text():
            self.post_message(self.TextSelected(text))

    # The mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Starts to select text; with shift, the terminal does."""
        self.text_marks.clear()
        if event.button == 1 and not event.shift and self.viewport.turns:
            self.text_marks.press(event.x - self._margin, event.y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Extends the selection to the mouse; scrolls beyond an edge."""
        self.text_marks.drag(event.x - self._margin, event.y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Ends the selection, and posts its text."""
        if self.text_marks.release():
            self.release_mouse()
            self._report_text()

    def on_click(self, event: events.Click) -> None:
        """Reports a clicked link; expands reasoning; switches a diagram; selects a word or a block."""
        viewport, x = self.viewport, event.x - self._margin
        if not viewport.turns:
            return
        select = {2: self.text_marks.select_word, 3: self.text_marks.select_block}.get(event.chain)
        if select is not None:
            if select(x, event.y):
                self._report_text()
        elif event.chain == 1 and not self.text_marks.was_dragged:
            index, row = viewport.at(event.y)
            if url := event.style.link:
                event.stop()
                self.post_message(self.LinkClicked(url))
            elif viewport.turns[index].folds_at(row):
                self.toggle_reasoning(viewport.turns[index].message)
            else:
                self._toggle_diagrams(index, row)
