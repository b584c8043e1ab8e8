"""A real terminal that says whether it is dark: the theme follows, and none of what it says is written anywhere."""

from __future__ import annotations

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
