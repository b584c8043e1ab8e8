"""The scroll position in a conversation: fixed to the text at the top, or following the end. Knows no widget.

Turns that nobody has scrolled to are only estimated, so that a thread of thousands of messages opens at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.strip import Strip

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.ui.view.stack import Stack

if TYPE_CHECKING:
    from chat_tui.ui.transcript.rows import Rows, StackedRows
    from chat_tui.ui.transcript.selection import SourceMap
    from chat_tui.ui.transcript.turn import RenderContext, Turn

Positions = Mapping[str, tuple[int, int]]
"""By message id, the position among its siblings, from 1, and how many there are."""
RowPosition = tuple[int, int]
"""A turn, and which of its rows."""


class Viewport:
    """The turns of a conversation and the scroll position in them.

    Rows count from 0 at the first turn's top. The owner sets `height`, has the view placed by `locate` after each
    change, and notes in `top` where the view then stands.
    """

    def __init__(self, context: Callable[[], RenderContext]) -> None:
        """Starts without turns.

        Args:
            context: what turns are drawn with now.
        """
        self._context = context
        self._stack = Stack()
        self._anchor: RowPosition = (0, 0)
        """The row at the top of a view that does not follow."""
        self._keeps_rows = False
        """Whether rows that are drawn stay in place: while an answer runs, and after it until somebody scrolls."""
        self.follows = True
        """Whether the view is at the end and follows it."""
        self.top = 0
        """The first row in view."""
        self.height = 0
        """The rows of the view."""

    # The turns

    @property
    def turns(self) -> Sequence[Turn]:
        """All turns, the running answer included."""
        return self._stack.turns

    @property
    def width(self) -> int:
        """The cells of the text's measure that turns are laid out for."""
        return self._stack.width

    @property
    def live(self) -> Turn | None:
        """The running answer, which is the last turn."""
        return turn if (turn := self._stack.last) is not None and turn.is_live else None

    def rows(self, index: int) -> StackedRows:
        """The rows of a turn; draws it if it has not been drawn."""
        turn = self._stack.turns[index]
        return turn.drawn or turn.rows(self._context())

    def top_of(self, index: int) -> int:
        """The first row of a turn."""
        return self._stack.top(index)

    def at(self, y: int) -> RowPosition:
        """The turn and its row in a row of the view."""
        return self._stack.at(self.top + y)

    def source_map(self, index: int) -> SourceMap:
        """The source map of a turn."""
        from chat_tui.ui.transcript.selection import SourceMap

        context, turn = self._context(), self._stack.turns[index]
        return SourceMap(turn.message, turn.rows(context), turn.arguments(context))

    def show(self, stack: Stack, position: RowPosition | None = None) -> None:
        """Replaces the turns; shows them from a position on, else their end."""
        if stack.turns and stack.width != (context := self._context()).width:  # it was made before a resize
            stack.estimate(context)
        self._stack, self._keeps_rows = stack, False
        if position is None:
            self.follows = True
        else:
            self.go_to(*position)

    def add(self, message: Message, siblings: tuple[int, int]) -> Turn:
        """Adds a turn at the end."""
        context = self._context()
        if not self._stack.turns:
            self._stack = Stack([], context)
        turn = new_turn(message, siblings)
        self._stack.push(turn, context)
        return turn

    def add_reply(self, message: Message, siblings: tuple[int, int]) -> Turn:
        """Adds the turn of a running answer; replaces the last turn if it is of the same message."""
        if (last := self._stack.last) is not None and last.message is message:
            self._stack.pop()
        self._keeps_rows = True
        return self.add(message, siblings)

    def redraw(self, index: int) -> tuple[Rows, Rows]:
        """Draws a turn again; returns its rows before and now. Keeps the text at the top in place."""
        turn, before = self._stack.turns[index], self._stack.turns[index].drawn
        after = turn.draw(self._context())
        self._replace(index, before, after)
        return before or [], after

    def _replace(self, index: int, before: StackedRows | None, after: StackedRows) -> None:
        """Takes the new rows of a turn. Keeps the text at the top in place."""
        self._stack.set_height(index, after)
        anchor, row = self._anchor
        if before is not None and not self.follows and anchor == index and row > 0:
            self._anchor = anchor, _row_of_same_text(row, before, after)

    def update_diagrams(self) -> bool:
        """Draws the diagrams whose state has changed; whether there were any. Keeps the text at the top in place."""
        context, stack = self._context(), self._stack
        follows = self.follows
        changed = False
        for index, turn in enumerate(stack.turns):
            before = turn.drawn
            if before is None or (after := turn.update_diagrams(context)) is None:
                continue
            if self.follows and self.live is None and self.visible_rows(index):
                self._anchor, self.follows = stack.at(self.top), False
            self._replace(index, before, after)
            changed = True
        self.follows = follows and (self.follows or stack.height <= self.top + self.height)
        return changed

    def redraw_all(self) -> None:
        """Discards the rows of all turns, for another width or other colours."""
        if self._stack.turns:
            self._stack.forget(self._context())
        self._keeps_rows = self.live is not None

    def foldable(self, message: Message | None) -> int | None:
        """The index of a message's turn, if it can be folded; without a message, of the last turn with reasoning."""
        for index in reversed(range(len(self._stack.turns))):
            turn = self._stack.turns[index]
            if turn.can_fold and turn.message is message if message else turn.message.reasoning:
                return index
        return None

    def toggle_fold(self, index: int) -> None:
        """Expands or collapses a turn, the running one when it is next drawn. Keeps the scroll position."""
        turn = self._stack.turns[index]
        turn.unfolded = not turn.unfolded
        if turn is not self.live:
            turn.forget()
            self._anchor, self.follows = self._stack.at(self.top), False
            self._stack.set_height(index, self.rows(index))

    def unfold_result(self, index: int) -> bool:
        """Expands the result of a tool call that has ended; whether it was folded."""
        turn = self._stack.turns[index] if index < len(self._stack.turns) else None
        if turn is None or turn is self.live or turn.unfolded or turn.message.role is not Role.TOOL:
            return False
        self.toggle_fold(index)
        return True

    def fold_json(self, index: int, step: int) -> bool:
        """Shows fewer (-1) or more (1) levels of an answer in JSON; whether it is one. Keeps the text at the top."""
        turn, before = self._stack.turns[index], self.rows(index)
        if not turn.fold_json(step):
            return False
        turn.forget()
        self._anchor, self.follows, self._keeps_rows = self._stack.at(self.top), False, self.live is not None
        self._replace(index, before, self.rows(index))
        return True

    def forget(self, message: Message) -> None:
        """Discards the rows of a finished message."""
        for turn in self._stack.turns:
            if turn.message is message and turn is not self.live:
                turn.forget()

    def unfinished(self) -> int | None:
        """A finished turn in view that is not completely drawn yet."""
        if not self._stack.turns:
            return None
        (first, _), (last, _) = self.at(0), self.at(self.height - 1)
        turns, live = self._stack.turns, self.live
        return next((i for i in range(first, last + 1) if turns[i].is_behind and turns[i] is not live), None)

    # Where the reader is

    def locate(self) -> tuple[int, int]:
        """Draws what comes into view; returns the first row to show, and the scrollable height."""
        top, extent = self._wanted_top(), self._stack.height
        if self._keeps_rows and top:
            extent = max(extent, top + self.height)
        return max(0, min(top, extent - self.height)), extent

    def _wanted_top(self) -> int:
        stack, height = self._stack, self.height
        if not stack.turns:
            return 0
        if self.follows:
            stack.measure_back(height, self._context())
            current = self.top if self._keeps_rows else None
            return following_top(stack.height - height, height, current, is_live=self.live is not None)
        turn, row = self._anchor
        row = stack.measure_on(turn, row, height, self._context())
        self._anchor = (turn, row)
        return stack.top(turn) + row

    def scroll(self, *, is_end: bool) -> None:
        """Fixes the position to `top`, after the user has scrolled.

        Args:
            is_end: whether there is nothing below the view.
        """
        if self._stack.turns:
            self.follows = is_end
            self._keeps_rows = self.live is not None
            self._anchor = self._stack.at(self.top)

    def go_to(self, index: int, row: int = 0) -> None:
        """Scrolls a turn's row to the top of the view, as far as there are rows below it."""
        self.follows, self._anchor = False, (index, row)

    def go_to_text(self, index: int, offset: int) -> None:
        """Scrolls a place in a turn's text to the top of the view; the turn's beginning without one (`NOWHERE`)."""
        self.go_to(index, self.rows(index).row_at(offset) if offset >= 0 else 0)

    def position(self) -> RowPosition | None:
        """The row at the top of the view; None if it follows the end."""
        return None if self.follows or not self._stack.turns else self.at(0)

    @property
    def reading(self) -> tuple[int, int]:
        """The turn that is read, and where in its text; behind all text while the view follows the end."""
        if self.follows or not self._stack.turns:
            return len(self._stack.turns), 0
        index, row = self._anchor
        return index, self.rows(index).offset_at(row)

    def keep_text(self) -> Callable[[], None]:
        """Returns a function that scrolls back to the text now at the top, after the turns have been drawn again."""
        if self.follows or not self._stack.turns:
            return lambda: None
        index, row = self._anchor
        before = self.rows(index)
        return lambda: self.go_to(index, _row_of_same_text(row, before, self.rows(index)))

    def step_heading(self, step: int) -> int | None:
        """Puts the heading after (1) or before (-1) the top row there; a turn without headings counts as one.

        Returns:
            The turn that it is in; None where there is no further one.
        """
        if not self._stack.turns:
            return None
        index, row = self.at(0) if self.follows else self._anchor
        here = (index, self.rows(index).offset_at(row))
        for turn in range(index, len(self._stack) if step > 0 else -1, step):
            headings = [(turn, offset) for offset in self._stack.turns[turn].headings()]
            ahead = [each for each in headings if (each > here if step > 0 else each < here)]
            if ahead:
                _, offset = ahead[0 if step > 0 else -1]
                self.go_to_text(turn, offset)
                return turn
        return None

    def visible_rows(self, index: int) -> range:
        """Which rows of a turn are in view, by their number in the turn."""
        first = self.top - self._stack.top(index)
        return range(max(0, first), max(0, min(len(self.rows(index)), first + self.height)))

    def reveal(self, index: int) -> bool:
        """Scrolls to a turn that is not in view: its beginning, or the whole of it if it fits.

        Returns:
            Whether there was a need to.
        """
        if self.visible_rows(index):
            return False
        top, rows = self._stack.top(index), len(self.rows(index))
        if top < self.top or rows >= self.height:
            self.go_to(index)
        else:
            self.go_to(*self._stack.at(max(0, top + rows - self.height)))
        return True

    def reveal_row(self, index: int, row: int) -> bool:
        """Scrolls to a row that is not in view, with a third of the view above it.

        Returns:
            Whether there was a need to.
        """
        self._stack.set_height(index, self.rows(index))
        at = self._stack.top(index) + row
        if self.top <= at < self.top + self.height:
            return False
        self.go_to(*self._stack.at(max(0, at - self.height // 3)))
        return True

    def changed_rows(self, index: int, before: Rows, after: Rows) -> range:
        """The rows of the view that a redraw of a turn has changed."""
        offset = self._stack.top(index) - self.top
        above = max(0, -offset)
        below = max(above, self.height - offset)
        first, last = difference(before[above:below], after[above:below])
        return range(max(0, offset + above + first), min(self.height, offset + above + last))


def new_turn(message: Message, siblings: tuple[int, int]) -> Turn:
    """A turn. Imported late: what draws turns is heavy, and an empty thread has none."""
    from chat_tui.ui.transcript.turn import Turn

    return Turn(message, siblings=siblings)


def stack_of(messages: Sequence[Message], positions: Positions, context: RenderContext) -> Stack:
    """A stack of turns, none of them drawn yet and each with an estimated height. May be called from any thread.

    Args:
        messages: the turns.
        positions: of the messages among their siblings.
        context: what they will be drawn with.
    """
    return Stack([new_turn(each, positions.get(each.id, (1, 1))) for each in messages], context)


def difference(before: Sequence[Strip], after: Sequence[Strip]) -> tuple[int, int]:
    """The first row that differs, and the one behind the last; all from the first on where their number differs."""
    shortest = min(len(before), len(after))
    first = next((i for i in range(shortest) if not _is_same(before[i], after[i])), shortest)
    if len(before) != len(after):
        return first, max(len(before), len(after))
    last = shortest
    while last > first and _is_same(before[last - 1], after[last - 1]):
        last -= 1
    return first, last


def _is_same(one: Strip, other: Strip) -> bool:
    return one is other or one == other


def _row_of_same_text(row: int, before: StackedRows, after: StackedRows) -> int:
    offset = before.offset_at(row)
    return row if offset < 0 else row + after.row_at(offset) - before.row_at(offset)


def following_top(overflow: int, height: int, current: int | None, *, is_live: bool) -> int:
    """The first row of a view that follows the end.

    While an answer runs the view moves by a few rows at once, not by one: it is read more easily, and a terminal at
    the end of a slow line is sent a quarter of the bytes. The room that this leaves stays when the answer ends.

    Args:
        overflow: the rows that do not fit into the view.
        height: the rows of the view.
        current: the first row now, where what is drawn should stay in place; None where it need not.
        is_live: whether an answer runs.
    """
    if overflow <= 0:
        return 0
    step = max(1, min(5, height // 6))
    if current is not None and 0 <= current - overflow <= step:
        return current
    return overflow + step if is_live else overflow
