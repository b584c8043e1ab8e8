"""Chooses a theme, with a preview of the highlighted one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual import on
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import FuzzyMatch, match, search
from chat_tui.ui.dialogs.base import fit, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.theme.palette import Palette
from chat_tui.ui.theme.themes import AUTO


class ThemePicker(Picker[str]):
    """Asks for a theme; answers with its name."""

    HEADING = "Theme"

    def __init__(
        self, host: DialogHost, palettes: Mapping[str, Palette], current: str, preview: Callable[[str], None]
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            palettes: all themes by name; one that comes later is there when the filter is next used.
            current: the name of the one in use, or AUTO.
            preview: shows a theme without keeping it.
        """
        super().__init__(host)
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
        if (auto := match(query, AUTO, "dark", "light", "system")) is not None:
            name = lit(fit(AUTO, width - 26), auto)
            rows.insert(0, Option(Content.assemble(name, ("follows the terminal", "$muted")), id=AUTO))
        return rows

    def _row(self, palette: Palette, match: FuzzyMatch, width: int) -> Content:
        colours = (palette.accent, palette.user, palette.assistant, palette.string, palette.number, palette.error)
        return Content.assemble(
            lit(fit(palette.name, width - 26), match),
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
        """Answers with the theme."""
        if row_id is not None:
            self.dismiss(row_id)

    def action_back(self) -> None:
        """Restores the theme that was in use."""
        self._preview(self._current)
        super().action_back()
