"""How it looks: themes that change under the running app, air between the rows, and rows that stay where they are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.widget import Widget
from textual.widgets import OptionList

from chat_tui.resources import theme_files
from chat_tui.ui.app import ChatApp
from chat_tui.ui.dialogs.themes import ThemePicker, ThemeSample
from chat_tui.ui.terminal.replies import TerminalBackground
from chat_tui.ui.theme.palette import COLOURS, load_palette
from chat_tui.ui.theme.terminal_colors import TerminalColors
from chat_tui.ui.theme.themes import AUTO
from chat_tui.ui.view import redraw
from tests.servers import Reply, ScriptedServer, delta, sse
from tests.ui.conftest import Home, screen_text, until

MIDNIGHT = load_palette(next(path for path in theme_files() if path.stem == "midnight"))


def write_theme(home: Home, name: str = "mine", **changes: str) -> Path:
    colours = {each: getattr(MIDNIGHT, each) for each in COLOURS} | changes
    home.paths.themes.mkdir(parents=True, exist_ok=True)
    path = home.paths.themes / f"{name}.toml"
    path.write_text("".join(f'{each} = "{colour}"\n' for each, colour in colours.items() if colour))
    return path


def ground(app: ChatApp) -> str:
    """The colour that the screen is drawn on."""
    return app.chat.view.rich_style.bgcolor.triplet.hex  # type: ignore[union-attr]


def told(app: ChatApp) -> str:
    """The notices."""
    return "\n".join(each.message for each in app._notifications)


async def test_an_edited_theme_is_drawn_at_once_and_a_mistake_leaves_the_last_good_colours(home: Home) -> None:
    write_theme(home)
    home.configure('welcomed = true\ntheme = "mine"\n')
    async with home.run() as (app, pilot):
        assert ground(app) == MIDNIGHT.background
        write_theme(home, background="#123456")
        app._look_at_themes()
        await until(pilot, lambda: ground(app) == "#123456")
        assert app.painter.palette.background == "#123456"
        write_theme(home, background="no colour at all")
        app._look_at_themes()
        await pilot.pause()
        assert not app._notifications, "an editor may be in the midst of writing"
        for _ in range(3):
            app._look_at_themes()
        await until(pilot, lambda: "mine.toml: background" in told(app))
        assert len(app._notifications) == 1
        assert ground(app) == "#123456"
        write_theme(home, background="#202020")
        app._look_at_themes()
        await until(pilot, lambda: ground(app) == "#202020")


async def test_a_new_file_is_in_the_picker_and_another_one_leaves_the_theme_alone(home: Home) -> None:
    home.configure("welcomed = true\n")
    async with home.run() as (app, pilot):
        write_theme(home, "fresh", background="#010203")
        app._look_at_themes()
        await pilot.pause()
        assert ground(app) == MIDNIGHT.background
        app.chat.action_flow("themes")
        await until(pilot, lambda: isinstance(app.screen, ThemePicker))
        await pilot.press(*"fresh")
        await until(pilot, lambda: ground(app) == "#010203")
        await pilot.press("escape")
        await until(pilot, lambda: ground(app) == MIDNIGHT.background)


async def test_the_picker_begins_at_the_theme_in_use_and_changes_nothing_by_itself(home: Home) -> None:
    home.configure('welcomed = true\ntheme = "plum"\n')
    async with home.run() as (app, pilot):
        app.chat.action_flow("themes")
        await until(pilot, lambda: isinstance(app.screen, ThemePicker) and app.screen.chosen() is not None)
        await pilot.pause()
        assert isinstance(app.screen, ThemePicker)
        assert (app.screen.chosen(), app.theme) == ("plum", "plum")
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert app.theme == "plum"


async def test_a_sample_beside_the_list_has_the_colours_of_the_highlighted_theme(home: Home) -> None:
    home.configure('welcomed = true\ntheme = "plum"\n')
    async with home.run(size=(80, 34)) as (app, pilot):
        app.chat.action_flow("themes")
        await until(pilot, lambda: isinstance(app.screen, ThemePicker) and app.screen.chosen() is not None)
        sample = app.screen.query_one(ThemeSample)
        shown = ("You", "def lines", "Separator", "中文", "sepia", "light", "system", "Invalid API key")
        await until(pilot, lambda: all(each in screen_text(app) for each in shown))
        assert sample.region.right <= app.screen.query_one("#rows").region.x
        await pilot.press(*"sixteen")
        await until(pilot, lambda: app.theme == "sixteen")
        await pilot.pause()
        assert "██" not in screen_text(app), "with sixteen colours there are no others to show"
        await pilot.press("ctrl+u", *"sepia")
        await until(pilot, lambda: app.theme == "sepia")
        colours = {segment.style.bgcolor.triplet.hex for segment in sample.render_line(1) if segment.style.bgcolor}  # type: ignore[union-attr]
        assert colours == {app.palette.background}
        await until(pilot, lambda: "██" in screen_text(app))


async def test_the_rows_of_a_list_that_becomes_narrower_after_the_window_fit_it(home: Home) -> None:
    home.configure('welcomed = true\ntheme = "plum"\n')
    async with home.run(size=(100, 34)) as (app, pilot):
        app.chat.action_flow("themes")
        await until(pilot, lambda: "follows the terminal" in screen_text(app))
        app.screen.set_class(True, "-narrow")  # Textual does so after the window's new size has been told to the dialog
        await until(pilot, lambda: "system" in screen_text(app))
        await pilot.pause()
        rows = app.screen.query_one("#rows", OptionList)
        assert rows.virtual_size.height == rows.option_count, "a row is wrapped"


async def test_the_files_are_looked_at_while_the_app_runs(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_tui.ui.app.THEME_LOOK", 0.01)
    write_theme(home)
    home.configure('welcomed = true\ntheme = "mine"\n')
    async with home.run() as (app, pilot):
        write_theme(home, background="#123456")
        await until(pilot, lambda: ground(app) == "#123456")


async def test_auto_is_dark_or_light_as_the_terminal_and_a_named_theme_is_not(home: Home) -> None:
    home.configure('welcomed = true\ntheme = "auto"\ntheme_light = "sepia"\n')
    async with home.run() as (app, pilot):
        assert app.theme == "midnight"
        app.post_message(TerminalBackground(is_dark=False))
        await until(pilot, lambda: app.theme == "sepia")
        app.show_theme("plum")
        app.post_message(TerminalBackground(is_dark=True))
        await pilot.pause()
        assert app.theme == "plum"
        app.show_theme(AUTO)
        assert app.theme == "midnight"


async def test_a_theme_that_is_not_there_is_told(home: Home) -> None:
    home.configure('welcomed = true\ntheme = "auto"\ntheme_light = "snow"\n')
    async with home.run(size=(140, 40)) as (app, pilot):
        await until(pilot, lambda: "No theme named snow" in told(app))


def test_the_sixteen_colours_are_drawn_as_they_are_named() -> None:
    palette = load_palette(next(path for path in theme_files() if path.stem == "sixteen"))
    for name in COLOURS:
        colour = RichColor.parse(getattr(palette, name))
        number = colour.downgrade(ColorSystem.STANDARD).number
        assert number is not None
        assert STANDARD_PALETTE[number] == colour.triplet, name


def test_with_sixteen_colours_a_row_to_be_deleted_is_red_where_it_is_highlighted() -> None:
    palette = load_palette(next(path for path in theme_files() if path.stem == "sixteen"))
    error = palette.theme().to_color_system().generate()["error"]
    colours = TerminalColors(palette, is_dark=True)
    for colour, number in ((error, 9), (palette.text, None)):
        (row,) = colours.apply([Segment("row", Style(color=colour, bgcolor=palette.selected))], TextualColor(0, 0, 0))
        assert row.style is not None
        assert row.style.reverse
        assert row.style.color is not None
        assert row.style.color.number == number


PARAGRAPHS = [f"Paragraph {i} has some words.\n\n- one of {i}\n- two of {i}\n\n" for i in range(14)]


def words(app: ChatApp) -> list[str]:
    """The rows of the conversation that are not blank, from the top of the thread."""
    view = app.chat.view
    rows = [view.render_line(y).text.strip() for y in range(view.size.height)]
    return [row for row in rows if row]


async def test_compact_draws_the_same_text_in_fewer_rows(home: Home) -> None:
    answer = Reply([sse(delta("First.\n\nSecond.\n\n```\ncode\n```"), delta(finish="stop"))])
    async with ScriptedServer(answer) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            app.chat.prompt.insert("Hi")
            await pilot.press("enter")
            await until(
                pilot, lambda: len(app.chat.conversation.thread.messages) == 2 and not app.chat.conversation.is_busy
            )
            await pilot.pause()
            airy, airy_rows = words(app), app.chat.view.virtual_size.height
            prompt_rows = app.chat.prompt.outer_size.height
            app.chat.action_flow("density")
            await until(pilot, lambda: app.chat.prompt.outer_size.height < prompt_rows)
            assert words(app) == airy
            assert app.chat.view.virtual_size.height < airy_rows
            await pilot.press("up")
            assert words(app)[-1] == f"▌ {airy[-1]}", "the last row of the answer is marked as well"
        async with home.run() as (app, pilot):
            assert app.has_class("-compact"), "it is kept"
            app.chat.action_flow("density")
            await pilot.pause()
            assert not app.has_class("-compact")


async def test_a_screen_reader_gets_no_lines_no_movement_and_states_in_words(home: Home) -> None:
    answer = Reply([sse(delta("| a | b |\n|---|---|\n| 1 | 2 |"), delta(finish="stop"))])
    async with ScriptedServer(answer) as server:
        home.use_server(server.url)
        config = home.paths.config_file
        config.write_text("animation = false\nbox_drawing = false\nannounce = true\n" + config.read_text())
        async with home.run() as (app, pilot):
            app.chat.prompt.insert("Hi")
            await pilot.press("enter")
            await until(pilot, lambda: "waiting" in told(app))
            await until(pilot, lambda: "first token" in told(app))
            assert app.animation_level == "none"
            drawn = [Segment("┌─┬┐│▌▁█╱ 中·é")]
            for each in app.get_line_filters():
                drawn = each.apply(drawn, TextualColor.parse("black"))
            assert "".join(each.text for each in drawn) == "+-++||-#/ 中·é"


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_nothing_jumps_while_an_answer_is_written(
    home: Home, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redraw, "FRAME", 0.01)
    gates = [asyncio.Event() for _ in PARAGRAPHS]
    steps: list[bytes | asyncio.Event] = []
    for text, gate in zip(PARAGRAPHS, gates, strict=True):
        steps += [sse(delta(text), done=False), gate]
    async with ScriptedServer(Reply([*steps, sse(delta(finish="stop"))])) as server:
        home.use_server(server.url)
        async with home.run(size=size) as (app, pilot):
            app.chat.prompt.insert("Write a lot")
            await pilot.press("enter")
            before: dict[str, int] = {}
            tops: list[int] = []
            for i, gate in enumerate(gates):
                await until(pilot, lambda i=i: f"two of {i}" in screen_text(app))  # type: ignore[misc]
                view = app.chat.view
                top = view.scroll_offset.y
                rows = {
                    row.text.strip(): top + y
                    for y in range(view.size.height)
                    if " of " in (row := view.render_line(y)).text or "Paragraph" in row.text
                }
                settled = {text for text in before if not text.strip("▌ ").endswith(f" of {i - 1}")}
                assert {text: rows[text] for text in settled & set(rows)} == {
                    text: before[text] for text in settled & set(rows)
                }
                before, tops = rows, [*tops, top]
                gate.set()
            await until(pilot, lambda: not app.chat.conversation.is_busy)
            await pilot.pause()
            assert tops == sorted(tops), "rows only ever move up"
            assert tops[-1] > 0, "the view has followed"
            assert app.chat.view.scroll_offset.y >= tops[-1], "nor does the end of the answer move them down"


@pytest.mark.parametrize("size", [(60, 20), (120, 40), (300, 90)])
async def test_what_is_not_drawn_is_covered(home: Home, size: tuple[int, int]) -> None:
    """Nothing is drawn where `BLANK` says so: what is in such a widget has to leave no cell of it free."""
    home.configure("welcomed = true")
    async with home.run(size=size) as (app, pilot):
        for _ in range(2):
            blank = [each for each in app.screen.walk_children(with_self=True) if isinstance(each, Widget)]
            blank = [each for each in blank if each.BLANK]
            assert len(blank) == 3
            for each in blank:
                areas = [
                    child.region.area
                    for child in each.children
                    if child.display and child.styles.layer == "" and child.styles.overlay == "none"
                ]
                assert sum(areas) == each.region.area, each
            app.chat.action_flow("toggle_threads")
            await pilot.pause()


def test_with_sixteen_colours_what_is_marked_is_reversed_not_black() -> None:
    palette = load_palette(next(path for path in theme_files() if path.stem == "sixteen"))
    marked = Segment("marked", Style(color=palette.background, bgcolor=palette.accent))
    (shown,) = TerminalColors(palette, is_dark=True).apply([marked], TextualColor(0, 0, 0))
    assert shown.style is not None
    assert (shown.style.reverse, shown.style.color, shown.style.bgcolor) == (
        True,
        RichColor.from_ansi(14),
        RichColor.default(),
    )
