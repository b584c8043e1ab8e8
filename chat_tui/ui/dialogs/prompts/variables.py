"""Asks for the variables of a saved prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Label

from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import LINE
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.fields import LineField


class AskVariables(Dialog[dict[str, str]]):
    """Asks for the values of variables; answers with them by name, None to leave the placeholders."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINE)]

    def __init__(self, host: DialogHost, name: str, variables: Mapping[str, str]) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            name: of the prompt.
            variables: each with its default.
        """
        super().__init__(host)
        self._name_of_prompt = name
        self._variables = variables

    def compose(self) -> ComposeResult:
        """A line for each variable."""
        with Vertical(classes="dialog"):
            yield Label(T(cut(self._name_of_prompt, 50)), classes="heading")
            with VerticalScroll(can_focus=False):
                for name, default in self._variables.items():
                    yield Label(T(name), classes="hint")
                    yield LineField(clean(default, multiline=False), name=name)
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Focuses the first line."""
        self.show_keys((("line_take", tr("next / insert")), ("dialog_back", tr("keep placeholders"))))

    def action_take(self) -> None:
        """Goes to the next line; from the last one, answers."""
        lines = [*self.query(Input)]
        if self.focused in lines[:-1]:
            self.focus_next(Input)
            return
        self.dismiss({line.name or "": clean(line.value, multiline=False) for line in lines})
