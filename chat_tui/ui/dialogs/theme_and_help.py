"""Choosing a theme, seen live while the highlight moves; and the help."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import FuzzyMatch, match, search
from chat_tui.ui.commands.command import PLACES, PROMPT, Command
from chat_tui.ui.commands.synonyms import names_of
from chat_tui.ui.commands.table import COMMANDS, commands_at, key_of, keys_of
from chat_tui.ui.dialogs.base import TextDialog, fit, lit
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.theme.palette import Palette
from chat_tui.ui.theme.themes import AUTO
from chat_tui.ui.widgets.bars import KeyBar


class ThemePicker(Picker[str]):
    """Asks for a theme; answers with its name."""

    HEADING = "Theme"

    def __init__(self, palettes: Mapping[str, Palette], current: str, preview: Callable[[str], None]) -> None:
        """Asks.

        Args:
            palettes: all themes by name; one that comes later is there when the filter is next used.
            current: the name of the one in use, or AUTO.
            preview: shows a theme without keeping it.
        """
        super().__init__()
        self._palettes = palettes
        self._current = current
        self._preview = preview

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Name, light or dark, and its colours."""
        rows = [
            Option(self._row(palette, found, width), id=name)
            for (name, palette), found in search(
                query,
                sorted(self._palettes.items(), key=lambda item: (not item[1].dark, item[0])),
                lambda item: (item[0], "dark" if item[1].dark else "light"),
            )
        ]
        if (found := match(query, AUTO, "dark", "light", "system")) is not None:
            name = lit(fit(AUTO, width - 26), found)
            rows.insert(0, Option(Content.assemble(name, ("follows the terminal", "$muted")), id=AUTO))
        return rows

    def _row(self, palette: Palette, found: FuzzyMatch, width: int) -> Content:
        colours = (palette.accent, palette.user, palette.assistant, palette.string, palette.number, palette.error)
        return Content.assemble(
            lit(fit(palette.name, width - 26), found),
            (fit("dark" if palette.dark else "light", 8), "$muted"),
            *(("██ ", colour) for colour in colours),
        )

    def first(self) -> str | None:
        """The theme in use."""
        return self._current

    @on(OptionList.OptionHighlighted)
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_id:
            self._preview(event.option_id)

    def choose(self, row_id: str | None, query: str) -> None:
        """Takes the theme."""
        if row_id is not None:
            self.dismiss(row_id)

    def action_back(self) -> None:
        """Puts the theme back that was in use."""
        self._preview(self._current)
        super().action_back()


class CommandPicker(Picker[str]):
    """Asks for a command; answers with its id."""

    HEADING = "Commands"

    def __init__(self, bound: Mapping[str, str], commands: Collection[str]) -> None:
        """Asks.

        Args:
            bound: the keys of every command.
            commands: the ids of those that there are to choose from.
        """
        super().__init__()
        self._bound = bound
        self._commands = commands

    def action_flow(self, command: str) -> None:
        """Goes back at the key that opened it; what else works everywhere is a command like the others."""
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

    def _row(self, command: Command, found: FuzzyMatch, width: int) -> Content:
        keys = (f"{cut(keys_of(command.id, self._bound), 15):>16}", "$muted")
        if width < 70:
            return Content.assemble(lit(fit(command.title, width - 16), found), keys)
        return Content.assemble(lit(fit(command.title, 22), found), (fit(command.help, width - 38), "$muted"), keys)

    def choose(self, row_id: str | None, query: str) -> None:
        """Takes the command."""
        if row_id is not None:
            self.dismiss(row_id)


class Help(TextDialog[None]):
    """All keys, as they are bound now, by where they work."""

    def __init__(self, bound: Mapping[str, str], first: Collection[str] = ()) -> None:
        """Shows.

        Args:
            bound: the keys of every command.
            first: the places where the user is.
        """
        super().__init__()
        self._bound = bound
        self._places = sorted(PLACES, key=lambda place: place not in first)

    def compose(self) -> ComposeResult:
        """Keys, id and sentence of every command."""
        with Vertical(classes="dialog"):
            yield Label(T("Keys"), classes="heading")
            with VerticalScroll():
                yield Static(id="table")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Names the way back."""
        self.show_keys((("read_up read_down", "read"), ("dialog_back", "back")))

    def on_resize(self) -> None:
        """Lays the table out in the width there is."""
        self.call_after_refresh(self._fill)

    def action_flow(self, command: str) -> None:
        """Goes back at the key that opened it."""
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
        keys = keys_of(command.id, self._bound) or f"{key_of('command_palette', self._bound)} …"
        keys = fit(keys, 18) + " "
        if width >= 90:
            return [Content.assemble(keys, fit(command.id, 19), (fit(command.help, width - 38), "$muted"))]
        sentence = [Content.styled(f"  {line}", "$muted") for line in textwrap.wrap(command.help, max(20, width - 2))]
        return [Content.assemble(keys, fit(command.id, max(1, width - 19))), *sentence]
