"""Choosing a theme, seen live while the highlight moves; and the help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from chat_tui.ui.commands import COMMANDS, MESSAGES, PROMPT, SCREEN, Command, key_of, keys_of
from chat_tui.ui.guard import T, cut
from chat_tui.ui.palette import Palette
from chat_tui.ui.screens.dialog import Dialog, fit
from chat_tui.ui.screens.picker import Picker, matches
from chat_tui.ui.themes import AUTO
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
            Option(self._row(palette, width), id=name)
            for name, palette in sorted(self._palettes.items(), key=lambda item: (not item[1].dark, item[0]))
            if matches(query, name, "dark" if palette.dark else "light")
        ]
        if matches(query, AUTO, "dark", "light"):
            rows.insert(0, Option(Content.assemble(fit(AUTO, width - 26), ("as the terminal is", "$muted")), id=AUTO))
        return rows

    def _row(self, palette: Palette, width: int) -> Content:
        colours = (palette.accent, palette.user, palette.assistant, palette.string, palette.number, palette.error)
        return Content.assemble(
            fit(palette.name, width - 26),
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

    def __init__(self, bound: Mapping[str, str]) -> None:
        super().__init__()
        self._bound = dict(bound)

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Title, sentence, keys."""
        return [
            Option(self._row(command, width), id=command.id)
            for command in sorted(COMMANDS, key=lambda each: each.scope == PROMPT)  # which has its keys at hand
            if command.id != "command_palette" and matches(query, command.title, command.help)
        ]

    def _row(self, command: Command, width: int) -> Content:
        keys = (f"{cut(keys_of(command.id, self._bound), 15):>16}", "$muted")
        if width < 70:
            return Content.assemble(fit(command.title, width - 16), keys)
        return Content.assemble(fit(command.title, 22), (fit(command.help, width - 38), "$muted"), keys)

    def choose(self, row_id: str | None, query: str) -> None:
        """Takes the command."""
        if row_id is not None:
            self.dismiss(row_id)


class Help(Dialog[None]):
    """All keys, as they are bound now, by where they work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", show=False),
        Binding("down,j", "scroll_by(1)", show=False),
    ]
    SCOPES = ((PROMPT, "In the prompt"), (MESSAGES, "At a selected message"), (SCREEN, "Everywhere"))

    def __init__(self, bound: Mapping[str, str]) -> None:
        super().__init__()
        self._bound = dict(bound)

    def compose(self) -> ComposeResult:
        """Keys, id and sentence of every command."""
        with Vertical(classes="dialog"):
            yield Label(T("Keys"), classes="heading")
            with VerticalScroll():
                yield Static(id="table")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Names the way back."""
        self.query_one(KeyBar).keys = (("↑ ↓", "read"), ("esc", "back"))

    def on_resize(self) -> None:
        """Lays the table out in the width there is."""
        self.call_after_refresh(self._fill)

    def action_scroll_by(self, rows: int) -> None:
        """Reads on, row by row."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    def _fill(self) -> None:
        width = self.query_one(VerticalScroll).content_size.width - 1
        rows: list[Content] = []
        for scope, heading in self.SCOPES:
            rows += [*([Content("")] if rows else []), Content.styled(heading, "$accent bold")]
            for command in COMMANDS:
                if command.scope == scope:
                    rows += self._rows(command, width)
        rows += [
            Content(""),
            Content.styled("[keys] in config.toml binds them anew, by the name beside the key.", "$muted"),
        ]
        self.query_one("#table", Static).update(Content("\n").join(rows))

    def _rows(self, command: Command, width: int) -> list[Content]:
        keys = keys_of(command.id, self._bound) or f"{key_of('command_palette', self._bound)} …"
        if width >= 90:
            return [Content.assemble(fit(keys, 18), fit(command.id, 18), (fit(command.help, width - 36), "$muted"))]
        sentence = (cut(command.help, max(1, width - 2)), "$muted")
        return [Content.assemble(fit(keys, 18), fit(command.id, max(1, width - 18))), Content.assemble("  ", sentence)]
