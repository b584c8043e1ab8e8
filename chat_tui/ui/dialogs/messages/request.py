"""Shows the next request as JSON or as a curl command, without the key."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from chat_tui.ui.commands.command import REQUEST
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import TextDialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar


class RequestView(TextDialog[str]):
    """Shows a request; answers with its text if it is to be copied."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(REQUEST)]

    def __init__(self, host: DialogHost, body: str, curl: str) -> None:
        """Shows.

        Args:
            host: the program around the dialog.
            body: the JSON body.
            curl: the same as a command.
        """
        super().__init__(host)
        self._texts = {"JSON": body, "curl": curl}
        self._shown = "JSON"

    def compose(self) -> ComposeResult:
        """Heading, text, keys."""
        with Vertical(classes="dialog"):
            yield Label(T("What the next turn sends, without the key"), classes="heading")
            with VerticalScroll(can_focus=True):
                yield Static(id="text")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the JSON first."""
        self.query_one(VerticalScroll).focus()
        self._fill()

    def _fill(self) -> None:
        other = "curl" if self._shown == "JSON" else "JSON"
        self.query_one("#text", Static).update(T(self._texts[self._shown]))
        self.show_keys((("request_other", f"as {other}"), ("request_copy", "copy"), ("dialog_back", "back")))

    def action_other(self) -> None:
        """Switches between JSON and curl."""
        self._shown = "curl" if self._shown == "JSON" else "JSON"
        self._fill()

    def action_copy(self) -> None:
        """Answers with what is shown."""
        self.dismiss(self._texts[self._shown])
