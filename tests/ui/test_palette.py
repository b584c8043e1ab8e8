"""Themes: readable, complete, and a broken one costs nothing but itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.resources import theme_files
from chat_tui.ui.theme.palette import COLOURS, Palette, ThemeFileError, contrast, load_palette, load_palettes

THEMES = {path.stem: load_palette(path) for path in theme_files()}
TEXT = [name for name in COLOURS if name not in ("background", "surface", "raised", "faint")]


def test_contrast_is_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("palette", THEMES.values(), ids=str)
def test_all_text_has_aa_contrast_on_every_ground(palette: Palette) -> None:
    weak = {
        (name, ground): round(ratio, 2)
        for name in TEXT
        for ground in ("background", "surface", "raised")
        if (ratio := contrast(getattr(palette, name), getattr(palette, ground))) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("palette", THEMES.values(), ids=str)
def test_the_colours_of_models_can_be_read_and_told_apart(palette: Palette) -> None:
    grounds = (palette.background, palette.surface, palette.raised)
    assert min(contrast(each, ground) for each in palette.models for ground in grounds) >= 4.5
    assert len({*palette.models, palette.user, palette.error}) == 8


@pytest.mark.parametrize("palette", THEMES.values(), ids=str)
def test_rules_can_be_seen_on_every_ground(palette: Palette) -> None:
    grounds = (palette.background, palette.surface, palette.raised)
    assert min(contrast(palette.faint, ground) for ground in grounds) >= 2.2


@pytest.mark.parametrize("palette", THEMES.values(), ids=str)
def test_the_chosen_row_stands_out_and_can_be_read(palette: Palette) -> None:
    assert contrast(palette.selected, palette.surface) >= 1.25
    assert contrast(palette.text, palette.selected) >= 7
    assert contrast(palette.muted, palette.selected) >= 3
    assert contrast(palette.accent, palette.selected) >= 3.5


@pytest.mark.parametrize("name", ["contrast", "ink"])
def test_those_of_high_contrast_have_it_everywhere(name: str) -> None:
    palette = THEMES[name]
    assert min(contrast(getattr(palette, each), palette.raised) for each in TEXT) >= 7


def test_there_are_light_and_dark_ones() -> None:
    assert len(THEMES) >= 19
    assert {palette.dark for palette in THEMES.values()} == {True, False}
    light = {"catppuccin-latte", "gruvbox-light", "solarized-light"}
    dark = {"catppuccin-mocha", "tokyo-night", "gruvbox-dark", "nord", "rose-pine", "solarized-dark"}
    assert light <= {name for name, palette in THEMES.items() if not palette.dark}
    assert dark <= {name for name, palette in THEMES.items() if palette.dark}


def write(folder: Path, **changes: str) -> Path:
    lines = {name: f'"{getattr(THEMES["midnight"], name)}"' for name in COLOURS} | changes
    path = folder / "mine.toml"
    path.write_text("\n".join(f"{name} = {value}" for name, value in lines.items() if value))
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accent": '"no colour"'}, "accent must be a colour"),
        ({"accent": ""}, "accent is missing"),
        ({"acent": '"#ffffff"'}, "unknown colour acent"),
        ({"dark": '"yes"'}, "dark must be true or false"),
        ({"ansi": '"yes"'}, "ansi must be true or false"),
        ({"surface": '"default"'}, "surface must be a colour"),
        ({"models": '["#ffffff"]'}, "models must be a list of 6 colours"),
        ({"models": "[1, 2, 3, 4, 5, 6]"}, "models must be a colour"),
    ],
)
def test_a_mistake_is_told_by_name(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    with pytest.raises(ThemeFileError, match=words):
        load_palette(write(tmp_path, **changes))


@pytest.mark.parametrize(("dark", "assumed"), [("true", "#000000"), ("false", "#ffffff")])
def test_the_terminals_background_is_taken_for_black_or_white(tmp_path: Path, dark: str, assumed: str) -> None:
    palette = load_palette(write(tmp_path, background='"default"', dark=dark))
    assert (palette.background, palette.transparent) == (assumed, True)
    assert load_palette(write(tmp_path, dark=dark)).on_terminal_background().background == assumed


def test_a_broken_theme_leaves_the_others(tmp_path: Path) -> None:
    write(tmp_path, accent='"no colour"')
    (tmp_path / "worse.toml").write_bytes(b"\xff\xfe = [")
    palettes, problems = load_palettes([theme_files()[0].parent, tmp_path])
    assert set(palettes) == set(THEMES)
    assert len(problems) == 2
