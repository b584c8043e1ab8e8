"""Asks for a key to be pressed twice before a row of a list is deleted: the row is red in between."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.css.query import NoMatches
from textual.visual import VisualType
from textual.widgets import OptionList
from textual.widgets.option_list import OptionDoesNotExist

from chat_tui.i18n import tr
from chat_tui.ui.commands.keymap import Bound
from chat_tui.ui.terminal.input_queue import InputQueue

REPEAT = 0.12
"""Seconds between two presses of a key below which it is held down: terminals repeat it each 30 to 90 ms."""


class Confirmation:
    """Confirms what a key does by the same key; any other input cancels.

    A key that is held down is no second press. Most terminals don't report that a key is released, and the first repeat
    comes after half a second, when a second press may come, too. What tells it from one is that more repeats follow at
    once: a press counts where there is none shortly before it and none shortly behind it.
    """

    def __init__(
        self, queue: InputQueue, bound: Bound, rows: Callable[[], OptionList], show: Callable[[str], None]
    ) -> None:
        """Waits for nothing.

        Args:
            queue: delivers the next key.
            bound: the keys of every command.
            rows: the list.
            show: shows a message; an empty one removes it.
        """
        self._queue = queue
        self._bound = bound
        self._rows = rows
        self._show = show
        self._command = ""
        self._row: str | None = None
        self._pressed_at = 0.0
        """When the key was pressed last."""
        self._before: VisualType = ""
        """The row as it is drawn otherwise."""

    async def confirms(self, command: str, row: str | None, what: str, *, can_undo: bool = True) -> bool:
        """Whether this is the second press in a row; at the first, marks the row and asks.

        A command that was chosen in the palette is not asked about, if it can be undone.

        Args:
            command: the id of the command that was run.
            row: the id of the row that it would delete; None for all rows.
            what: the question's end, as "delete this thread".
            can_undo: whether what it does can be undone.
        """
        if can_undo and self._queue.last_key not in self._bound.keys[command].split(","):
            return True
        pause, self._pressed_at = self._queue.last_time - self._pressed_at, self._queue.last_time
        if (self._command, self._row) == (command, row):
            if self._queue.last_key and (pause < REPEAT or await self._queue.is_repeated(REPEAT)):
                return False
            self._reset()
            return True
        self._reset()
        self._command, self._row = command, row
        self.mark()
        self._show(tr("Press {key} again to {what}.", key=self._bound.key(command), what=what))
        self._queue.on_next = self._next
        return False

    def mark(self) -> None:
        """Draws the row in red; also called after the list was filled again."""
        if self._row is None:
            return
        try:
            rows = self._rows()
            self._before = rows.get_option(self._row).prompt
        except (NoMatches, OptionDoesNotExist):
            return
        if isinstance(self._before, Content):
            rows.replace_option_prompt(self._row, self._before.stylize("$error bold"))

    def _next(self, key: str) -> None:
        """Cancels, unless the key is the command's; one without a key is confirmed through the palette."""
        keys = self._bound.keys[self._command]
        if keys and key not in keys.split(","):
            self._reset()
            self._show("")
        else:
            self._queue.on_next = self._next

    def _reset(self) -> None:
        row, self._row, self._command = self._row, None, ""
        self._queue.on_next = None
        if row is not None:
            try:
                self._rows().replace_option_prompt(row, self._before)
            except (NoMatches, OptionDoesNotExist):
                return
