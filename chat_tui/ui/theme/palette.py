"""Themes: named colours from a TOML file, and the Textual theme and Rich styles made from them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

from chat_tui.i18n import tr

DEFAULT_THEME = "midnight"
DEFAULT_LIGHT_THEME = "daylight"


class ThemeFileError(ValueError):
    """A theme file can't be used; the message names the file, the key and what was expected."""


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme. Every colour is `#rrggbb`."""

    name: str
    dark: bool
    background: str
    surface: str
    """Ground of dialogs and of the thread list."""
    raised: str
    """Ground of code."""
    text: str
    muted: str
    """Meta lines and hints."""
    faint: str
    """Hairlines and rules: they can be seen on every ground (2.2:1), but carry no text."""
    accent: str
    """Focus, the current thread, the current model."""
    user: str
    assistant: str
    error: str
    warning: str
    success: str
    keyword: str
    string: str
    number: str
    comment: str
    function: str
    models: tuple[str, ...]
    """Six colours that tell the models of a thread apart."""
    transparent: bool = False
    """Whether `background` is not drawn, but is what the terminal has: it is taken for black or white."""
    ansi: bool = False
    """Whether the nearest of the terminal's own sixteen colours are written, in place of these."""

    @property
    def selected(self) -> str:
        """Background of the highlighted row, on which text can still be read."""
        if contrast(self.raised, self.surface) >= 1.3:  # a palette of few colours has nothing in between
            return self.raised
        return Color.parse(self.surface).blend(Color.parse(self.accent), 0.2).hex6.lower()

    def on_terminal_background(self) -> Palette:
        """The same colours on the background that the terminal has."""
        return replace(self, background=_assumed_background(dark=self.dark), transparent=True)

    def theme(self) -> Theme:
        """The theme for Textual.

        Raises:
            ThemeFileError: Textual can't make colours of it.
        """
        theme = Theme(
            name=self.name,
            dark=self.dark,
            primary=self.accent,
            secondary=self.assistant,
            accent=self.accent,
            warning=self.warning,
            error=self.error,
            success=self.success,
            foreground=self.text,
            background=self.background,
            surface=self.surface,
            panel=self.raised,
            text_alpha=1.0,
            variables={
                **self.variables(),
                "block-cursor-foreground": self.text,
                "block-cursor-background": self.selected,
                "block-cursor-text-style": "bold",
                "block-cursor-blurred-foreground": self.text,
                "block-cursor-blurred-background": self.selected,
                "input-cursor-background": self.accent,
                "input-cursor-foreground": self.background,
                "input-selection-background": self.selected,
                "scrollbar": self.faint,
                "scrollbar-hover": self.muted,
                "scrollbar-active": self.accent,
                "scrollbar-background": self.background,
                "scrollbar-background-hover": self.background,
                "scrollbar-background-active": self.background,
                "scrollbar-corner-color": self.background,
                "border": self.accent,
                "border-blurred": self.faint,
            },
        )
        try:
            theme.to_color_system()
        except (ColorParseError, ValueError) as error:
            raise ThemeFileError(tr("theme {name}: {error}", name=self.name, error=error)) from error
        return theme

    def variables(self) -> dict[str, str]:
        """The colours that Textual has no name for, for the style sheets: `$muted`, `$faint`, and so on."""
        return {
            "muted": self.muted,
            "faint": self.faint,
            "raised": self.raised,
            "selected": self.selected,
            "user-name": self.user,
            "assistant-name": self.assistant,
        }


TERMINAL = "default"
"""As a background: the terminal's own."""
COLOURS = tuple(
    each.name for each in fields(Palette) if each.name not in ("name", "dark", "models", "transparent", "ansi")
)
MODELS = 6
"""Colours for models."""


def load_palette(path: Path) -> Palette:
    """Reads one theme file; the theme is called as the file is.

    Raises:
        ThemeFileError: it can't be read, a colour is missing, unknown or wrong.
    """
    if path.exists() and not path.is_file():  # reading a FIFO or a device has no end
        raise ThemeFileError(tr("{name} is not a regular file", name=path.name))
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeFileError(f"{path.name}: {error}") from error
    flags = {"dark": table.pop("dark", True), "ansi": table.pop("ansi", False)}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise ThemeFileError(tr("{name}: {name2} must be true or false", name=path.name, name2=name))
    transparent = flags["ansi"] or table.get("background") == TERMINAL
    if transparent:
        table["background"] = _assumed_background(dark=flags["dark"])
    models = table.pop("models", None)
    if unknown := sorted(set(table) - set(COLOURS)):
        raise ThemeFileError(
            tr(
                "{name}: unknown colour {unknown}; expected one of {colours}, models",
                name=path.name,
                unknown=unknown[0],
                colours=", ".join(COLOURS),
            )
        )
    for name in COLOURS:
        if name not in table:
            raise ThemeFileError(tr("{name}: {name2} is missing", name=path.name, name2=name))
    colours = {name: _colour(path, name, table[name]) for name in COLOURS}
    if models is None:
        chosen = tuple(colours[name] for name in ("assistant", "accent", "function", "string", "number", "keyword"))
    elif isinstance(models, list) and len(models) == MODELS:
        chosen = tuple(_colour(path, "models", each) for each in models)
    else:
        raise ThemeFileError(tr("{name}: models must be a list of {models} colours", name=path.name, models=MODELS))
    dark, ansi = flags["dark"], flags["ansi"]
    return Palette(name=path.stem, dark=dark, models=chosen, transparent=transparent, ansi=ansi, **colours)


def _assumed_background(*, dark: bool) -> str:
    return "#000000" if dark else "#ffffff"


def _colour(path: Path, name: str, value: object) -> str:
    try:
        return Color.parse(str(value)).hex6.lower()
    except ColorParseError:
        raise ThemeFileError(
            tr('{name}: {name2} must be a colour like "#88aaff"', name=path.name, name2=name)
        ) from None


def load_palettes(
    folders: Iterable[Path], wanted: Callable[[str], bool] = lambda name: True
) -> tuple[dict[str, Palette], list[str]]:
    """Reads the themes of the folders, later folders winning; with the problems, a line each.

    Args:
        folders: where they are.
        wanted: whether a theme of this name is read.
    """
    palettes: dict[str, Palette] = {}
    problems: list[str] = []
    for folder in folders:
        for path in sorted(each for each in folder.glob("*.toml") if wanted(each.stem) and each.is_file()):
            try:
                palette = load_palette(path)
                palette.theme()
            except ThemeFileError as error:
                problems.append(str(error))
            else:
                palettes[palette.name] = palette
    return palettes, problems


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
