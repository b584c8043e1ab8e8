"""Asks what becomes of a temporary thread that is left."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Label

from chat_tui.i18n import tr, trn
from chat_tui.ui.commands.command import LEAVING
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar


class Leaving(Enum):
    """What becomes of it."""

    DISCARD = "discard"
    SAVE = "save"


class LeaveTemporary(Dialog[Leaving]):
    """Asks whether a temporary thread is discarded or saved; without an answer, it stays on the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LEAVING)]

    def __init__(self, host: DialogHost, count: int) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            count: how many messages it has.
        """
        super().__init__(host)
        self._count = count

    def compose(self) -> ComposeResult:
        """The question, what is lost, keys."""
        text = tr("It is not saved: what you have written would be lost.")
        if self._count:
            text = trn(
                "It is not saved: {n} message would be lost.",
                "It is not saved: {n} messages would be lost.",
                self._count,
            )
        with Vertical(classes="dialog"):
            yield Label(tr("Discard this temporary thread?"), classes="heading")
            yield Label(T(text), classes="hint")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self.show_keys(
            (("leaving_discard", tr("discard")), ("leaving_save", tr("save")), ("dialog_back", tr("cancel")))
        )

    def action_answer(self, answer: str) -> None:
        """Answers."""
        self.dismiss(Leaving(answer))
