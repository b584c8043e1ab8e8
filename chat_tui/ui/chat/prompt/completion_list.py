"""The list of completions above the prompt."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import OptionList
from textual.widgets.option_list import Option

MOST_ROWS = 8


class Completion(OptionList, can_focus=False):
    """Shows the completions. The prompt keeps the focus; its owner passes the keys on."""

    DEFAULT_CSS = """
    Completion {
        width: 1fr;
        max-width: 104;
        height: auto;
        padding: 0;
        border: none;
        background: $surface;
        color: $foreground;
        overlay: screen;
        scrollbar-size-vertical: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        display: none;
        &.-textual-compact > .option-list--option { padding: 0 2; }
        & > .option-list--option-highlighted { background: $selected; color: $foreground; text-style: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False, compact=True)

    @property
    def is_open(self) -> bool:
        """Whether the list is shown."""
        return bool(self.display)

    @property
    def taken(self) -> str:
        """The id of the highlighted row; empty where none is."""
        return "" if self.highlighted is None else self.get_option_at_index(self.highlighted).id or ""

    def show(self, rows: Sequence[Option]) -> None:
        """Shows rows above the prompt, the first highlighted unless it is disabled; none hide the list."""
        self.display = bool(rows)
        if not rows:
            return
        height = min(MOST_ROWS, len(rows), max(1, self.app.size.height // 3))
        self.styles.height = self.styles.max_height = height  # else it is no higher than what holds it
        self.styles.offset = (0, -height)
        self.clear_options()
        self.add_options(rows)
        self.highlighted = None if rows[0].disabled else 0
        self.scroll_home(animate=False)

    def move(self, step: int) -> None:
        """Moves the highlight; beyond an end it comes back at the other."""
        can = [index for index in range(self.option_count) if not self.get_option_at_index(index).disabled]
        if can:
            at = can.index(self.highlighted) + step if self.highlighted in can else min(step, 0)
            self.highlighted = can[at % len(can)]
