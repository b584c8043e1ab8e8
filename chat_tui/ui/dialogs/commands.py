"""The command palette and the help."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Label, Static
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.ui.commands.command import PLACES, PROMPT, Command
from chat_tui.ui.commands.synonyms import names_of
from chat_tui.ui.commands.table import BY_ID, COMMANDS, commands_at, keys_of
from chat_tui.ui.dialogs.base import TextDialog, fit, lit
from chat_tui.ui.dialogs.host import DialogHost, ask
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.bars import KeyBar


class CommandPicker(Picker[str]):
    """Asks for a command; answers with its id."""

    HEADING = "Commands"

    def __init__(self, host: DialogHost, commands: Collection[str]) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            commands: the ids of those that there are to choose from.
        """
        super().__init__(host)
        self._commands = commands

    def action_flow(self, command: str) -> None:
        """Closes at the key that opened it; runs what else works everywhere."""
        self.dismiss(None if command == "command_palette" else command)

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Title, sentence, keys."""
        return [
            Option(self._row(command, found, width), id=command.id)
            for command, found in search(
                query,
                sorted(
                    (each for each in COMMANDS if each.id in self._commands and each.id != "command_palette"),
                    key=lambda each: each.scope == PROMPT or each.everywhere,  # keys at hand
                ),
                lambda each: (*names_of(each), each.help),
            )
        ]

    def _row(self, command: Command, match: FuzzyMatch, width: int) -> Content:
        keys = (f"{cut(keys_of(command.id, self.bound.keys), 15):>16}", "$muted")
        if width < 70:
            return Content.assemble(lit(fit(command.title, width - 16), match), keys)
        return Content.assemble(lit(fit(command.title, 22), match), (fit(command.help, width - 38), "$muted"), keys)

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the command."""
        if row_id is not None:
            self.dismiss(row_id)


class Help(TextDialog[None]):
    """All keys, as they are bound now, by where they work."""

    def __init__(self, host: DialogHost, first: Collection[str] = ()) -> None:
        """Shows.

        Args:
            host: the program around the dialog.
            first: the places where the user is.
        """
        super().__init__(host)
        self._places = sorted(PLACES, key=lambda place: place not in first)

    def compose(self) -> ComposeResult:
        """The table of commands."""
        with Vertical(classes="dialog"):
            yield Label(T("Keys"), classes="heading")
            with VerticalScroll():
                yield Static(id="table")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self.show_keys((("read_up read_down", "read"), ("dialog_back", "back")))

    def on_resize(self) -> None:
        """Lays the table out in the available width."""
        self.call_after_refresh(self._fill)

    def action_flow(self, command: str) -> None:
        """Closes at the key that opened it."""
        if command == "help":
            self.action_back()
        else:
            super().action_flow(command)

    def _fill(self) -> None:
        width = self.query_one(VerticalScroll).content_size.width - 1
        rows: list[Content] = []
        for scope in self._places:
            rows += [*([Content("")] if rows else []), Content.styled(PLACES[scope].heading, "$accent bold")]
            for command in commands_at(scope):
                rows += self._rows(command, width)
        rows += [
            Content(""),
            Content.styled("[keys] in config.toml binds them anew, by the name beside the key.", "$muted"),
        ]
        self.query_one("#table", Static).update(Content("\n").join(rows))

    def _rows(self, command: Command, width: int) -> list[Content]:
        keys = keys_of(command.id, self.bound.keys) or f"{self.key('command_palette')} …"
        keys = fit(keys, 18) + " "
        if width >= 90:
            return [Content.assemble(keys, fit(command.id, 19), (fit(command.help, width - 38), "$muted"))]
        sentence = [Content.styled(f"  {line}", "$muted") for line in textwrap.wrap(command.help, max(20, width - 2))]
        return [Content.assemble(keys, fit(command.id, max(1, width - 19))), *sentence]


async def run_in_dialog(host: DialogHost, command: str, active: Mapping[str, DOMNode]) -> None:
    """Runs a command that works in dialogs, too: finds one of the dialog's own and runs it, or shows their keys.

    Args:
        host: the program around the dialog.
        command: `command_palette` or `help`.
        active: the commands whose keys work in the dialog, by id, with what does each.
    """
    if command == "help":
        await ask(host, Help, {BY_ID[each].scope for each in active if not BY_ID[each].everywhere})
    elif (command_id := await ask(host, CommandPicker, active)) is not None:
        node = active[command_id]
        await node.app.run_action(BY_ID[command_id].action, node)
