"""The widget that shows a conversation: one branch, the running answer at its end, and the selected message.

It is one widget that draws rows, not one for each turn. What it knows is kept by parts that know no widget: where the
view stands, what is selected, when the answer is drawn again, what is searched for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message as TextualMessage
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chat_tui.domain.conversation.message import Message
from chat_tui.ui.commands.command import MESSAGES
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.compat.scroll_view import set_extent
from chat_tui.ui.view.empty_rows import EmptyRows
from chat_tui.ui.view.redraw import LiveReply, ReplyState, SliceTimer
from chat_tui.ui.view.selection import TextSelection
from chat_tui.ui.view.stack import Stack
from chat_tui.ui.view.viewport import Positions, Viewport, stack_of

if TYPE_CHECKING:
    from chat_tui.ui.transcript.search import FindMatch
    from chat_tui.ui.transcript.selection import SourceMap
    from chat_tui.ui.transcript.turn import RenderContext
    from chat_tui.ui.view.find_marks import FindMarks
    from chat_tui.ui.view.jump_labels import JumpLabels
    from chat_tui.ui.view.jump_targets import JumpTarget
    from chat_tui.ui.view.row_painter import RowPainter

MEASURE = 100
"""Cells of the widest line of text."""
WHEEL = 3
"""Rows that the wheel of the mouse scrolls at once."""
CODE_STEP = 8
"""Cells that it moves lines of code by."""


class ConversationView(ScrollView, can_focus=False):
    """Shows the turns of one branch. It has the focus only while a message is selected."""

    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MESSAGES)]
    DEFAULT_CSS = """
    ConversationView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        background: $background;
    }
    """

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

    class PlaceChanged(TextualMessage):
        """Posted when `has_more` or `is_live` has changed."""

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
            context: what turns are drawn with now, for a width in cells; called when there is text.
            empty: the rows to show where there is no turn yet.
            on_state: called with what the running answer does, for each of its frames; with None when it ends.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._context_for = context
        self._viewport = Viewport(self._render_context)
        self._reply = LiveReply(self._draw_reply, self.set_timer, on_state)
        self._slices = SliceTimer(self._viewport, self._update, self.set_timer)
        self._selection = TextSelection(self._viewport, self.refresh, self._scroll, self.set_interval)
        self._find: FindMarks | None = None
        self._labels: JumpLabels | None = None
        self._empty_rows = EmptyRows(empty)
        self._row_painter: RowPainter | None = None
        self._background: Style | None = None
        self._code_shift: int | None = None
        """The first cell that is seen of lines of code; None where they are wrapped."""
        self._selected: int | None = None
        """The turn of the selected message."""
        self.last_key = ""
        """The key that was pressed last while a message was selected."""
        self._is_syncing = False
        self._reported = (False, False)
        """What `PlaceChanged` was posted for last."""

    # What is shown

    @property
    def messages(self) -> list[Message]:
        """The shown messages, the running answer included."""
        return [turn.message for turn in self._viewport.turns]

    def shown_texts(self) -> list[tuple[Message, bool]]:
        """The branch, and of each message whether its reasoning is unfolded."""
        return [(turn.message, turn.unfolded) for turn in self._viewport.turns]

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
        self._labels = None
        self._reply.drop()
        selected, top = self.selected if stay else None, self.place if stay else place
        index_of = {message.id: index for index, message in enumerate(messages)}
        self._selected = index_of.get(selected.id) if selected else None
        shown = (stack or stack_of(messages, positions, self._render_context())) if messages else Stack()
        self._viewport.show(shown, (index_of[top[0]], top[1]) if top and top[0] in index_of else None)
        self._update()

    def stack_maker(self) -> Callable[[Sequence[Message], Positions], Stack]:
        """Returns a function that makes the turns of a branch for `show`; any thread may call it."""
        context = self._render_context()
        return lambda messages, positions: stack_of(messages, positions, context)

    def add(self, message: Message, siblings: tuple[int, int] = (1, 1)) -> None:
        """Adds a finished turn and scrolls to the end."""
        self._viewport.add(message, siblings)
        self._viewport.follows = True
        self._update()

    def begin(self, message: Message, siblings: tuple[int, int], state: Callable[[], ReplyState]) -> None:
        """Adds a running answer.

        Args:
            message: grows by itself; call `grow` when it has.
            siblings: its place among its siblings and their number.
            state: what the answer is doing.
        """
        self._reply.begin(self._viewport.add_reply(message, siblings), state)

    def grow(self, *, now: bool = False) -> None:
        """Draws the running answer, which has changed, at the next frame, or now."""
        self._reply.grow(now=now)

    def end(self) -> None:
        """Draws the running answer, which has finished, for the last time."""
        if self._reply.end():
            self._slices.start()
            self._report_place()

    @property
    def is_live(self) -> bool:
        """Whether an answer is running."""
        return self._viewport.live is not None

    def _draw_reply(self) -> None:
        """Draws the last turn again and refreshes the rows that differ."""
        index = len(self._viewport.turns) - 1
        before, after = self._viewport.redraw(index)
        top = self.scroll_offset.y
        if self._viewport.follows or len(after) != len(before):
            self._sync_scroll()
        if self.scroll_offset.y == top and (rows := self._viewport.changed_rows(index, before, after)):
            self.refresh(Region(0, rows.start, self.size.width, len(rows)))

    def toggle_reasoning(self, message: Message | None = None) -> None:
        """Expands or collapses a message; without one, the last reasoning."""
        viewport = self._viewport
        if (index := viewport.foldable(message)) is None:
            return
        viewport.toggle_fold(index)
        if viewport.turns[index] is viewport.live:
            self._reply.draw()
        else:
            self._update()

    def redraw_message(self, message: Message) -> None:
        """Draws a finished message again: its marks have changed."""
        self._viewport.forget(message)
        self._update()

    def repaint(self) -> None:
        """Draws everything again in other colours."""
        self._empty_rows.forget()
        self._viewport.redraw_all()
        self._update()

    def refresh_empty(self) -> None:
        """Draws the rows of an empty thread again."""
        self._empty_rows.forget()
        if not self._viewport.turns:
            self.refresh()

    def toggle_wrap(self) -> bool:
        """Toggles wrapping of lines of code; whether they are wrapped now."""
        self._show_code(0 if self._code_shift is None else None)
        return self._code_shift is None

    def shift_code(self, cells: int) -> None:
        """Scrolls unwrapped lines of code sideways; to the left with a negative number."""
        if self._code_shift is not None and self._viewport.turns:
            longest = max((turn.longest_line for turn in self._viewport.turns if turn.is_drawn), default=0)
            shift = max(0, min(self._code_shift + cells, longest - self._measure // 2))
            if shift != self._code_shift:
                self._show_code(shift)

    def _show_code(self, shift: int | None) -> None:
        go_back = self._viewport.keep_text()
        self._code_shift = shift
        self.repaint()
        go_back()
        self._update()

    # Where the reader is

    @property
    def place(self) -> tuple[str, int] | None:
        """The message at the top of the view and its row there; None if the view follows the end."""
        if (position := self._viewport.position()) is None:
            return None
        return self._viewport.turns[position[0]].message.id, position[1]

    @property
    def top(self) -> int:
        """The index in the branch of the message at the top of the view."""
        return self._viewport.at(0)[0] if self._viewport.turns else 0

    @property
    def has_more(self) -> bool:
        """Whether there are rows below the view."""
        viewport = self._viewport
        return bool(viewport.turns) and not viewport.follows and viewport.top < self.max_scroll_y

    def go_to_end(self) -> None:
        """Scrolls to the end and follows it."""
        self._viewport.follows = True
        self._sync_scroll()

    def go_to_start(self) -> None:
        """Scrolls to the first row."""
        self._scroll(0)

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
        index = self._viewport.step_heading(step)
        if index is not None:
            self._update()
        return index

    def show_message(self, message_id: str) -> None:
        """Scrolls a message of the branch to the top of the view."""
        if (index := self._index_of(message_id)) is not None:
            self._viewport.go_to(index)
            self._update()

    def visible_rows(self, index: int) -> range:
        """Which rows of a turn are in view, by their number in the turn."""
        return self._viewport.visible_rows(index) if self._viewport.turns else range(0)

    def seek(self, query: str, match: FindMatch | None = None) -> None:
        """Marks the matches of a query, and scrolls one into view.

        Args:
            query: what is searched for; nothing, to end it.
            match: the one that the reader wants to see.
        """
        self._find = None
        if query:
            from chat_tui.ui.view.find_marks import FindMarks

            self._find = FindMarks(self._viewport, query, match)
            if self._find.current is not None and self._viewport.reveal_row(*self._find.current):
                self._sync_scroll()
        self.refresh()

    # The selected message

    @property
    def selected(self) -> Message | None:
        """The selected message."""
        turns, index = self._viewport.turns, self._selected
        return turns[index].message if index is not None and index < len(turns) else None

    @property
    def can_unfold(self) -> bool:
        """Whether the selected message can be folded or unfolded."""
        return self.selected is not None and self._viewport.turns[self._selected or 0].can_fold

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
        if last := len(self._viewport.turns):
            index = last - 1 if self._selected is None else self._selected + step
            if index < last:
                self._select(max(0, index))
            else:
                self.action_deselect()

    def action_select_end(self, end: int) -> None:
        """Selects the first message (-1) or the last (1)."""
        if turns := self._viewport.turns:
            self._select(0 if end < 0 else len(turns) - 1)

    def action_deselect(self) -> None:
        """Deselects the message."""
        if self._selected is not None:
            self._selected = None
            self.can_focus = False
            self.refresh()
            self.post_message(self.SelectionChanged())

    def on_key(self, event: events.Key) -> None:
        """Keeps the key, which says which block to copy."""
        self.last_key = event.key

    def on_blur(self) -> None:
        """Deselects the message: keys go elsewhere."""
        if self.screen.is_current:
            self.action_deselect()

    def _select(self, index: int) -> None:
        self.can_focus = True
        self.focus(scroll_visible=False)
        if self._viewport.reveal(index):
            self._sync_scroll()
        self.mark(index)

    def _index_of(self, message_id: str) -> int | None:
        return next((i for i, turn in enumerate(self._viewport.turns) if turn.message.id == message_id), None)

    # Selected text

    def clear_marks(self) -> None:
        """Deselects all text."""
        self._selection.clear()

    def mark_rows(self, index: int, top: int, bottom: int) -> None:
        """Marks rows of a turn as selected, and scrolls them into view."""
        self._selection.show_rows(index, top, bottom)

    def mark_text(self, index: int, ends: tuple[tuple[int, int], tuple[int, int]]) -> None:
        """Marks text in view as selected: from one cell of a row of a turn to another."""
        self._selection.show_text(index, ends)

    def jump_targets(self) -> list[JumpTarget]:
        """What is in view that can be selected: code, tables, headings, links, paths, pictures; from top to bottom."""
        from chat_tui.ui.view.jump_targets import targets_in

        viewport = self._viewport
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

    def source_map(self, index: int) -> SourceMap:
        """The source map of a turn."""
        return self._viewport.source_map(index)

    def _report_text(self) -> None:
        if text := self._selection.text():
            self.post_message(self.TextSelected(text))

    # The mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Starts to select text; with shift, the terminal does."""
        self._selection.clear()
        if event.button == 1 and not event.shift and self._viewport.turns:
            self._selection.press(event.x - self._margin, event.y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Extends the selection to the mouse; scrolls beyond an edge."""
        self._selection.drag(event.x - self._margin, event.y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Ends the selection, and posts its text."""
        if self._selection.release():
            self.release_mouse()
            self._report_text()

    def on_click(self, event: events.Click) -> None:
        """Reports a clicked link; expands reasoning; selects a word or a block."""
        viewport, x = self._viewport, event.x - self._margin
        if not viewport.turns:
            return
        select = {2: self._selection.select_word, 3: self._selection.select_block}.get(event.chain)
        if select is not None:
            if select(x, event.y):
                self._report_text()
        elif event.chain == 1 and not self._selection.was_dragged:
            index, row = viewport.at(event.y)
            if url := event.style.link:
                event.stop()
                self.post_message(self.LinkClicked(url))
            elif row == 1 and (message := viewport.turns[index].message).reasoning:
                self.toggle_reasoning(message)

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
            self._scroll(self.scroll_offset.y + direction * WHEEL)

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
        self._viewport.height = height = self.size.height
        if self._is_syncing or not height:
            return
        self._is_syncing = True
        try:
            top, extent = self._viewport.locate()
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
        self._viewport.top = round(new_value)
        if self._is_syncing or not self._viewport.turns:
            return
        self._viewport.scroll(is_end=round(new_value) >= self.max_scroll_y)
        if not self._viewport.follows:
            self._sync_scroll()
        self._report_place()

    def _report_place(self) -> None:
        if (place := (self.has_more, self.is_live)) != self._reported:
            self._reported = place
            self.post_message(self.PlaceChanged())

    def on_resize(self) -> None:
        """Lays everything out in the new width; keeps the scroll position."""
        if self._measure != (self._viewport.width if self._viewport.turns else self._empty_rows.width):
            self._selection.clear()
            self.repaint()
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
        if not self._viewport.turns:
            return [self._empty_rows.row(y, self.size, self._measure, self._background) for y in lines]
        if self._row_painter is None:
            from chat_tui.ui.view.row_painter import RowPainter

            self._row_painter = RowPainter(self._viewport, self._selection, self._render_context)
        return self._row_painter.rows(
            lines, self._margin, self.size.width, self._background, self._selected, self._find, self._labels
        )

    def notify_style_update(self) -> None:
        """Discards cached styles."""
        super().notify_style_update()
        self._background = None
