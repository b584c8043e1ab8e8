"""The available themes, the chosen one, and changes to the user's theme files while the app runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from chat_tui.domain.settings import Settings
from chat_tui.i18n import tr
from chat_tui.ui.theme.palette import (
    DEFAULT_LIGHT_THEME,
    DEFAULT_THEME,
    TERMINAL,
    Palette,
    ThemeFileError,
    load_palette,
    load_palettes,
)

AUTO = "auto"
"""Stands for a dark or a light theme, as the terminal is."""


class Themes:
    """The available themes and the current one."""

    def __init__(self, folders: Sequence[Path], settings: Settings, *, is_dark: bool) -> None:
        """Reads the themes that the first frame may need; the others are read by `load_others`.

        Args:
            folders: where they lie; the last is the user's and is looked at again by `look`.
            settings: name the theme that is wanted.
            is_dark: whether the terminal is taken to be dark until it says.
        """
        self.wanted = settings.theme or DEFAULT_THEME
        """A theme's name, or AUTO."""
        self.is_dark = is_dark
        self._dark = settings.theme_dark or DEFAULT_THEME
        self._light = settings.theme_light or DEFAULT_LIGHT_THEME
        self._folders = folders
        self._folder = folders[-1]
        named = [self._dark, self._light] if self.wanted == AUTO else [self.wanted]
        self._loaded: set[str] | None = {DEFAULT_THEME, *named}
        """The names of those that were read; None once all were."""
        self._is_transparent = settings.background == TERMINAL
        palettes, self.problems = load_palettes(folders, self._loaded.__contains__)
        self.palettes = {name: self._shown(palette) for name, palette in palettes.items()}
        self._stamps = self._read_stamps()
        self._mistakes: dict[Path, str] = {}
        """Of files that could not be read at the last look: an editor may be in the midst of writing them."""
        if missing := [name for name in named if name not in self.palettes]:
            self.problems += self.load_others()[1]
            names = ", ".join(sorted(self.palettes))
            self.problems += [
                tr("No theme named {name}. Choose one of: {auto}, {names}.", name=name, auto=AUTO, names=names)
                for name in missing
            ]

    @property
    def current(self) -> str:
        """The name of the theme to draw with."""
        name = self.wanted
        if name == AUTO:
            name = self._dark if self.is_dark else self._light
        return name if name in self.palettes else DEFAULT_THEME

    def load_others(self) -> tuple[list[Palette], list[str]]:
        """Reads the themes that have not been read yet.

        Returns:
            The themes, which are in `palettes` now; and the problems, a line each. Both empty the second time.
        """
        loaded, self._loaded = self._loaded, None
        if loaded is None:
            return [], []
        palettes, problems = load_palettes(self._folders, lambda name: name not in loaded)
        others = {name: self._shown(palette) for name, palette in palettes.items()}
        self.palettes.update(others)
        return list(others.values()), problems

    def look(self) -> tuple[list[Palette], list[str]]:
        """Reads the user's files that are new or changed since the last look.

        A file that has gone leaves its theme until the end of the program. A mistake is shown once, when the file has
        stayed the same from one look to the next.

        Returns:
            The themes, which are in `palettes` now; and the mistakes, a line each.
        """
        fresh, mistakes = [], []
        stamps = self._read_stamps()
        for path, stamp in stamps.items():
            if stamp != self._stamps.get(path):
                self._mistakes.pop(path, None)
                try:
                    palette = load_palette(path)
                    palette.theme()
                except ThemeFileError as error:
                    self._mistakes[path] = str(error)
                else:
                    fresh.append(self._shown(palette))
            elif path in self._mistakes:
                mistakes.append(self._mistakes.pop(path))
        self._stamps = stamps
        self.palettes |= {palette.name: palette for palette in fresh}
        return fresh, mistakes

    def _shown(self, palette: Palette) -> Palette:
        return palette.on_terminal_background() if self._is_transparent else palette

    def _read_stamps(self) -> dict[Path, tuple[int, int]]:
        """Time of change and size of every file."""
        try:
            with os.scandir(self._folder) as entries:
                files = [each for each in entries if each.name.endswith(".toml") and each.is_file()]
                return {Path(each.path): ((stat := each.stat()).st_mtime_ns, stat.st_size) for each in files}
        except OSError:
            return {}
