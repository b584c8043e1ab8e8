"""Asks before a request that is over the budget."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Label

from chat_tui.i18n import tr
from chat_tui.ui.commands.command import BUDGET
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar


class OverBudget(Dialog[bool]):
    """Says why a request is over the budget; answers true if it is to be sent. No key that is typed ahead sends it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(BUDGET)]

    def __init__(self, host: DialogHost, reason: str) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            reason: a sentence.
        """
        super().__init__(host)
        self._reason = reason

    def compose(self) -> ComposeResult:
        """Heading, reason, keys."""
        with Vertical(classes="dialog"):
            yield Label(T(tr("Over budget")), classes="heading")
            yield Label(T(self._reason), classes="hint")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self.show_keys((("budget_send", tr("send anyway")), ("dialog_back", tr("cancel"))))

    def action_send(self) -> None:
        """Answers that it is to be sent."""
        self.dismiss(True)
