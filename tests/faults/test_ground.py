"""A real terminal: themes follow its background or use its colours, and none of what it says is written anywhere."""

from __future__ import annotations

import re

import pytest

from chat_tui.resources import theme_files
from chat_tui.ui.terminal.replies import ASK, TELL, TELL_NO_MORE
from chat_tui.ui.theme.palette import load_palette
from tests.faults.conftest import Home

GROUNDS = {path.stem: load_palette(path).background for path in theme_files()}
QUIT = "\x11"


def painted(name: str) -> bytes:
    """What a terminal is sent where the ground of a theme is drawn."""
    colour = GROUNDS[name]
    return b"48;2;" + b";".join(str(int(colour[at : at + 2], 16)).encode() for at in (1, 3, 5))


def follow(home: Home, theme: str) -> None:
    home.write("config/config.toml", f'welcomed = true\ntheme = "{theme}"\ntheme_dark = "moss"\n')


async def test_the_theme_follows_the_terminal_and_its_answers_are_no_text(home: Home) -> None:
    follow(home, "auto")
    async with home.terminal() as terminal:
        await terminal.ready()
        await terminal.wrote((TELL + ASK).encode())
        terminal.send("\x1b]11;rgb:ffff/ffff/ff")
        terminal.send("ff\x1b\\")
        await terminal.wrote(painted("daylight"))
        del terminal.raw[:]
        terminal.send("\x1b[?997;1n")
        await terminal.wrote(painted("moss"))
        terminal.send("typed")
        await terminal.shows("typed")
        assert "rgb" not in terminal.screen.text
        assert "997" not in terminal.screen.text
        terminal.send(QUIT)
        assert await terminal.exits() == 0
    assert TELL_NO_MORE.encode() in terminal.raw


async def test_a_terminal_is_not_asked_where_a_theme_is_named(home: Home) -> None:
    follow(home, "sepia")
    async with home.terminal() as terminal:
        (await terminal.ready()).send("\x1b]11;rgb:0/0/0\x07typed")
        await terminal.shows("typed")
        assert "rgb" not in terminal.screen.text
        terminal.send(QUIT)
        assert await terminal.exits() == 0
    assert ASK.encode() not in terminal.raw
    assert painted("moss") not in terminal.raw


def written_colours(raw: bytes) -> set[str]:
    """The parameters of all SGR sequences, attributes apart; a colour of several numbers is one."""
    sequences = b";".join(re.findall(rb"\x1b\[([\d;]+)m", raw)).decode()
    return {each for each in re.findall(r"[34]8;2;\d+;\d+;\d+|[34]8;5;\d+|\d+", sequences) if len(each) > 1}


@pytest.mark.parametrize(("ground", "accent"), [("15;0", "96"), ("0;15", "36")], ids=["dark", "light"])
async def test_sixteen_colours_are_those_of_the_terminal_also_with_a_dialog(
    home: Home, ground: str, accent: str
) -> None:
    home.write("config/config.toml", 'welcomed = true\ntheme = "sixteen"\n')
    async with home.terminal(COLORFGBG=ground) as terminal:
        await terminal.ready()
        terminal.send("typed")
        await terminal.shows("typed")
        terminal.send("\x10")
        await terminal.shows("Redo typing")
        written = written_colours(bytes(terminal.raw))
        terminal.send("\x1b" + QUIT)
        assert await terminal.exits() == 0
    bright = {str(number) for number in range(91, 98)}  # too weak on a light ground
    allowed = {str(start + at) for start in (30, 40, 90, 100) for at in range(8)} | {"39", "49"}
    assert written - allowed == set()
    assert {"39", "49", accent} <= written
    assert accent == "96" or not written & bright


async def test_the_terminals_own_background_shows_where_that_is_asked_for(home: Home) -> None:
    home.write("config/config.toml", 'welcomed = true\ntheme = "moss"\nbackground = "default"\n')
    async with home.terminal() as terminal:
        await terminal.ready()
        raw = bytes(terminal.raw)
        terminal.send(QUIT)
        assert await terminal.exits() == 0
    assert painted("moss") not in raw
    assert b"48;2;0;0;0" not in raw
    assert b";49m" in raw
