"""Asks what becomes of an aside that is closed."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Label

from chat_tui.i18n import tr
from chat_tui.ui.commands.command import CLOSING
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog
from chat_tui.ui.widgets.bars import KeyBar


class Closing(Enum):
    """What becomes of it."""

    KEEP = "keep"
    DROP = "drop"
    QUOTE = "quote"
    """It is kept, and its answer quoted in the prompt."""


class CloseAside(Dialog[Closing]):
    """Asks whether an aside is kept, deleted, or quoted; without an answer, it stays open."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CLOSING)]

    def compose(self) -> ComposeResult:
        """The question, what each answer does, keys."""
        with Vertical(classes="dialog"):
            yield Label(tr("Close the aside?"), classes="heading")
            yield Label(
                tr("If kept, it is a branch of this thread that is never sent with the conversation."), classes="hint"
            )
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self.show_keys(
            (
                ("aside_keep", tr("keep")),
                ("aside_drop", tr("delete")),
                ("aside_quote", tr("keep and quote")),
                ("dialog_back", tr("stay")),
            )
        )

    def action_answer(self, answer: str) -> None:
        """Answers."""
        self.dismiss(Closing(answer))
