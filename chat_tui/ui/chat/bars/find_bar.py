"""The find bar above the prompt: the query, and the number of the current match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label

from chat_tui.i18n import tr
from chat_tui.ui.commands.command import FIND_BAR
from chat_tui.ui.commands.table import bindings, hint
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.transcript.search import MOST_MATCHES, FindMatch, matches
from chat_tui.ui.view.conversation import ConversationView
from chat_tui.ui.widgets.fields import LineField

REFRESH = 0.5
"""Seconds between two searches of an answer that grows."""


class FindBar(Horizontal):
    """Searches a conversation while it is open; removes itself on esc."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FIND_BAR)]
    DEFAULT_CSS = """
    FindBar {
        height: 1;
        max-width: 104;
        padding: 0 2;
        background: $background;
        & Input { width: 1fr; height: 1; border: none; padding: 0; background: $background; }
        & Input:focus { border: none; background-tint: $background 0%; }
        & Label { color: $muted; }
        & #count { padding-left: 2; }
        & #count.-none { color: $warning; }
    }
    """

    def __init__(self, view: ConversationView, keys: Mapping[str, str]) -> None:
        """Searches nothing yet.

        Args:
            view: shows the conversation.
            keys: by command, the keys as they are bound.
        """
        super().__init__()
        self._conversation = view
        self._keys = keys
        self._matches: list[FindMatch] = []
        self._first = 0
        """The message at the top of the view when the search began: typing must not lead away from it."""
        self._at: int | None = None
        """Which match the reader is at."""

    def compose(self) -> ComposeResult:
        """The query, and which match the reader is at."""
        yield Label(T(tr("find ")))
        yield LineField(compact=True)
        yield Label(T(""), id="count")

    def on_mount(self) -> None:
        """Takes the focus, and searches again while an answer grows."""
        self.begin()
        self.set_interval(REFRESH, self._refresh_matches)

    def begin(self) -> None:
        """Takes the focus with the query selected; searches from where the reader is now."""
        self._first = self._conversation.viewport.at(0)[0]
        entry = self.query_one(Input)
        entry.focus()
        entry.select_all()

    @property
    def _query(self) -> str:
        return self.query_one(Input).value

    def on_input_changed(self, event: Input.Changed) -> None:
        """Goes to the first match from where the reader is on."""
        event.stop()
        self._search()
        after = (number for number, match in enumerate(self._matches) if match.index >= self._first)
        self._at = next(after, len(self._matches) - 1) if self._matches else None
        self._show()

    def _refresh_matches(self) -> None:
        """Searches again: the thread may have grown, or be another."""
        current = self._matches[self._at] if self._at is not None else None
        before = self._matches
        self._search()
        if self._matches != before:
            self._at = self._matches.index(current) if current in self._matches else 0 if self._matches else None
            self._show_count()

    def _search(self) -> None:
        self._matches = matches(
            [(turn.message, turn.unfolded) for turn in self._conversation.viewport.turns], self._query
        )

    def action_step(self, step: int) -> None:
        """Goes to the next match (1) or the one before (-1); behind the last comes the first."""
        if self._matches:
            self._at = (self._at + step) % len(self._matches) if self._at is not None else 0
            self._show()

    def _show(self) -> None:
        self._conversation.seek(self._query, self._matches[self._at] if self._at is not None else None)
        self._show_count()

    def _show_count(self) -> None:
        total = f"{len(self._matches)}{'+' * (len(self._matches) == MOST_MATCHES)}"
        text = (
            tr("{at} of {total}", at=self._at + 1, total=total)
            if self._at is not None
            else tr("no match")
            if self._query
            else ""
        )
        label = self.query_one("#count", Label)
        close = hint("find_close", self._keys)
        label.update(T(" · ".join(filter(None, (text, close)))))
        label.set_class(bool(self._query) and self._at is None, "-none")

    def action_close(self) -> None:
        """Closes the bar and returns the focus to the prompt."""
        self._conversation.seek("")
        self.screen.query_one("#prompt").focus()
        self.remove()
