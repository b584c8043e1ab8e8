"""Edits the arguments of a tool call, as JSON."""

from __future__ import annotations

import json
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Label, TextArea

from chat_tui.domain.json import JsonObject
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import ARGUMENTS, TEXT
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.fields import TextField


class EditArguments(Dialog[JsonObject]):
    """Edits arguments; answers with them once they are a JSON object."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TEXT), *bindings(ARGUMENTS)]

    def __init__(self, host: DialogHost, tool: str, arguments: JsonObject) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            tool: its name.
            arguments: those of the model.
        """
        super().__init__(host)
        self._tool = tool
        text = json.dumps(arguments, ensure_ascii=False, indent=2)
        # What the field would not show, or drop, stays as an escape.
        self._text = text if clean(text) == text else json.dumps(arguments, indent=2)

    def compose(self) -> ComposeResult:
        """Heading, text, keys."""
        with Vertical(classes="dialog"):
            yield Label(T(tr("Arguments of {tool}", tool=cut(self._tool, 60))), classes="heading")
            yield TextField(self._text, soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False)
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Focuses the text."""
        self.show_keys(
            (("arguments_take", tr("run with these")), ("dialog_back", tr("cancel")), ("text_undo", tr("undo")))
        )
        self.query_one(TextArea).focus()

    def action_undo(self) -> None:
        """Undoes the last edit."""
        self.query_one(TextArea).undo()

    def action_take(self) -> None:
        """Answers with the arguments, if they are a JSON object."""
        try:
            value = json.loads(self.query_one(TextArea).text)
        except (ValueError, RecursionError) as error:
            self.show_problem(tr("Not valid JSON: {error}", error=error))
            return
        if isinstance(value, dict):
            self.dismiss(value)
        else:
            self.show_problem(tr("The arguments must be a JSON object."))
