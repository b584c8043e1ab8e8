"""The command palette, and commands that work in dialogs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from textual.content import Content
from textual.dom import DOMNode
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import NO_QUERY, FuzzyMatch, search
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import PROMPT, Command
from chat_tui.ui.commands.groups import Group, groups
from chat_tui.ui.commands.synonyms import names_of
from chat_tui.ui.commands.table import BY_ID, CHAT_COMMANDS, COMMANDS, keys_of
from chat_tui.ui.dialogs.base import fit, lit
from chat_tui.ui.dialogs.help import Help, KeysHere
from chat_tui.ui.dialogs.host import DialogHost, ask
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text.sanitizer import cut

_HIDDEN = ("command_palette",)


class CommandPicker(Picker[str]):
    """Asks for a command; answers with its id."""

    HEADING = tr("Commands")

    def __init__(self, host: DialogHost, commands: Collection[str], recent: Sequence[str] = ()) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            commands: the ids of the available commands.
            recent: the ids of those used last, the latest first.
        """
        super().__init__(host)
        self._commands = commands
        self._recent = tuple(each for each in recent if each in commands and each in BY_ID)

    def action_flow(self, command: str) -> None:
        """Closes at the key that opened it; runs what else works everywhere."""
        self.dismiss(None if command == "command_palette" else command)

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Title, sentence, keys; the commands of the chat are in groups until something is typed."""
        if not query and any(each.id in self._commands and not each.everywhere for each in CHAT_COMMANDS):
            return self._in_groups(width)
        rows = [
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
        return rows or [Option(Content.styled(tr("No matching command."), "$muted"), disabled=True)]

    def _in_groups(self, width: int) -> list[Option]:
        rows: list[Option] = []
        chat = {each.id for each in CHAT_COMMANDS}
        here = Group(
            tr("Here"), tuple(each.id for each in COMMANDS if each.id in self._commands and each.id not in chat)
        )
        recent = Group(tr("Recent"), self._recent)
        for group in (recent, here, *groups()):
            ids = [each for row in group.rows for each in row.split() if each in self._commands and each not in _HIDDEN]
            if group is not recent:
                ids = [each for each in ids if each not in self._recent]
            if not ids:
                continue
            rows += [Option("", disabled=True)] if rows else []
            rows.append(Option(Content.styled(group.heading, "$accent bold"), disabled=True))
            rows += [Option(self._row(BY_ID[each], NO_QUERY, width), id=each) for each in ids]
        return rows

    def _row(self, command: Command, match: FuzzyMatch, width: int) -> Content:
        keys = (f"{self._keys(command):>16}", "$muted")
        if width < 70:
            return Content.assemble(lit(fit(command.title, width - 16), match), keys)
        return Content.assemble(lit(fit(command.title, 22), match), (fit(command.help, width - 38), "$muted"), keys)

    def _keys(self, command: Command) -> str:
        """As many of its keys as there is room for; a long first one is cut."""
        first, *others = keys_of(command.id, self.bound.keys).split() or [""]
        shown = cut(first, 15)
        for key in others:
            shown += f" {key}" if len(shown) + len(key) < 15 else ""
        return shown

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the command."""
        if row_id is not None:
            self.dismiss(row_id)


async def run_in_dialog(host: DialogHost, command: str, active: Mapping[str, DOMNode]) -> None:
    """Runs a command that works in dialogs, too: finds one of the dialog's own and runs it, or shows keys.

    Args:
        host: the program around the dialog.
        command: `command_palette`, `help` or `keys_here`.
        active: the commands whose keys work in the dialog, by id, with what does each.
    """
    if command == "keys_here":
        await ask(host, KeysHere, active)
    elif command == "help":
        await ask(host, Help, {BY_ID[each].scope for each in active if not BY_ID[each].everywhere})
    elif (command_id := await ask(host, CommandPicker, active)) is not None:
        node = active[command_id]
        await node.app.run_action(BY_ID[command_id].action, node)
