"""Selecting and copying in the running app: what arrives is the source."""

from __future__ import annotations

import re
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from textual.pilot import Pilot

from chat_tui.ui.app import ChatApp
from chat_tui.ui.dialogs.messages.blocks import BlockPicker, LinkPicker
from chat_tui.ui.view import selection
from tests.servers import Reply, ScriptedServer, delta, sse
from tests.ui.conftest import Home, screen_text, until

CODE = "def f():\n    return 1\n\n\n    # end  "
PARAGRAPH = (
    "Some *words* that are long enough to be wrapped in every window that a test has, and then some more of them."
)
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"
ANSWER = (
    f"{PARAGRAPH}\n\n```python\n{CODE}\n```\n\n{TABLE}\n\nSee [one](https://one.example/x) and https://two.example/y."
)


@asynccontextmanager
async def answered(home: Home, text: str = ANSWER, size: tuple[int, int] = (60, 40)) -> AsyncIterator[App]:
    async with ScriptedServer(Reply([sse(delta(text), delta(finish="stop"))])) as server:
        home.use_server(server.url)
        async with home.run(size=size) as (app, pilot):
            app.chat.prompt.set_text("Ask this\nand that")
            await pilot.press("enter")
            await until(
                pilot, lambda: len(app.chat.conversation.thread.messages) == 2 and not app.chat.conversation.is_busy
            )
            yield app, pilot


App = tuple[ChatApp, Pilot[None]]


def told(app: ChatApp) -> str:
    return "\n".join(f"{each.title}: {each.message}" for each in app._notifications)


def where(app: ChatApp, text: str) -> tuple[int, int]:
    """The column and row of a text on the screen, below the title."""
    for row, line in enumerate(screen_text(app).split("\n")):
        if row and text in line:
            return line.index(text), row
    raise AssertionError(f"{text} is not on the screen")


async def drag(app: ChatApp, pilot: Pilot[None], start: str, end: str) -> None:
    """Drags from the first character of one text to the last of another."""
    first, (x, y) = where(app, start), where(app, end)
    await pilot.mouse_down(offset=first)
    await pilot.hover(offset=(x + len(end) - 1, y))
    await pilot.mouse_up(offset=(x + len(end) - 1, y))


async def test_a_dragged_selection_is_copied_without_the_wraps(home: Home) -> None:
    async with answered(home) as (app, pilot):
        assert where(app, "more of them.")[1] > where(app, "Some words")[1]
        await drag(app, pilot, "words that", "more of")
        await until(pilot, lambda: "Copied (terminal clipboard, unconfirmed)" in told(app))
        assert app.clipboard == PARAGRAPH[PARAGRAPH.index("words") : -len(" them.")].replace("*", "")


async def test_dragging_over_code_copies_it_byte_for_byte(home: Home) -> None:
    async with answered(home) as (app, pilot):
        await drag(app, pilot, "def f", "# end")
        await until(pilot, lambda: bool(app.clipboard))
        assert app.clipboard == CODE.rstrip()
        x, y = where(app, "python")
        await pilot.mouse_down(offset=(x, y))
        await pilot.hover(offset=(x + 50, y + 6))
        await pilot.mouse_up(offset=(x + 50, y + 6))
        assert app.clipboard.startswith(CODE)


async def test_a_drag_from_question_to_answer_holds_both(home: Home) -> None:
    async with answered(home) as (app, pilot):
        await drag(app, pilot, "and that", "Some")
        assert app.clipboard == "and that\n\nSome"


async def test_two_clicks_take_a_word_and_three_a_block(home: Home) -> None:
    async with answered(home) as (app, pilot):
        offset = where(app, "wrapped")
        await pilot.click(offset=offset, times=2)
        assert app.clipboard == "wrapped"
        await pilot.click(offset=offset, times=3)
        assert app.clipboard == PARAGRAPH


async def test_what_is_selected_is_seen_and_the_next_press_ends_it(home: Home) -> None:
    async with answered(home) as (app, pilot):
        ground = app.palette.accent

        def marked() -> str:
            y = where(app, "Some words")[1]
            strip = app.screen._compositor.render_strips()[y]
            return "".join(
                each.text for each in strip if each.style and each.style.bgcolor and each.style.bgcolor.name == ground
            )

        await drag(app, pilot, "words", "that are")
        assert marked() == "words that are"
        await pilot.mouse_down(offset=where(app, "Some"))
        assert marked() == ""


async def test_no_wide_character_is_cut_where_the_selection_ends(home: Home) -> None:
    async with answered(home, "雪山有多高") as (app, pilot):
        x, y = where(app, "雪山有多高")
        await pilot.mouse_down(offset=(x + 1, y))
        await pilot.hover(offset=(x + 4, y))
        await pilot.mouse_up(offset=(x + 4, y))
        assert app.clipboard == "雪山有"
        assert "雪山有多高" in screen_text(app)


async def test_beyond_the_edge_the_view_scrolls(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "SCROLL", 0.002)
    text = "\n\n".join(f"Paragraph {number}." for number in range(60))
    async with answered(home, text, (60, 20)) as (app, pilot):
        x, y = where(app, "Paragraph 59.")
        await pilot.mouse_down(offset=(x + 12, y))
        await pilot.hover(offset=(x, 0))
        await until(pilot, lambda: int(re.findall(r"Paragraph (\d+)\.", screen_text(app))[0]) <= 30)
        await pilot.mouse_up(offset=(x, 0))
        assert "Paragraph 31.\n\nParagraph 32." in app.clipboard
        assert app.clipboard.endswith("Paragraph 59.")


async def open_blocks(app: ChatApp, pilot: Pilot[None]) -> None:
    await pilot.press(*([] if app.chat.view.selected else ["up"]), "v")
    await until(pilot, lambda: isinstance(app.screen, BlockPicker))


async def test_blocks_are_walked_marked_and_copied_by_keyboard(home: Home) -> None:
    async with answered(home) as (app, pilot):
        await open_blocks(app, pilot)
        await pilot.press("up", "y")
        await until(pilot, lambda: app.clipboard == TABLE)
        await open_blocks(app, pilot)
        await pilot.press("up", "shift+up", "y")
        await until(pilot, lambda: app.clipboard == f"```python\n{CODE}\n```\n\n{TABLE}")
        await open_blocks(app, pilot)
        await pilot.press("up", "up", "y")
        await until(pilot, lambda: app.clipboard == CODE)
        await open_blocks(app, pilot)
        await pilot.press("up", "t")
        await until(pilot, lambda: app.clipboard == "a\tb\n1\t2")
        assert app.screen is app.chat


async def test_in_a_window_of_another_size_the_same_block_is_marked(home: Home) -> None:
    async with answered(home) as (app, pilot):
        await open_blocks(app, pilot)
        await pilot.press("up")
        await pilot.resize_terminal(40, 40)
        view = app.chat.view
        await until(pilot, lambda: view.viewport.width < 40 and view.text_marks.text() == TABLE)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == TABLE)


async def test_code_is_written_to_a_new_file_and_never_over_another(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with answered(home) as (app, pilot):
        for _ in range(2):
            await pilot.press("up", "w")
            await until(pilot, lambda: "Save to a new file" in screen_text(app))
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is app.chat)
            await pilot.press("escape")
        await until(pilot, lambda: "already exists" in told(app))
        assert (tmp_path / "snippet.py").read_bytes() == f"{CODE}\n".encode()


async def test_code_opens_in_the_editor_in_a_copy_that_is_removed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\ncp -p "$1" "{seen}"\necho "$1" > "{seen}.name"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    async with answered(home) as (app, pilot):
        monkeypatch.setattr(app, "suspend", suppress)
        await pilot.press("up", "O")
        await until(pilot, lambda: Path(f"{seen}.name") in tmp_path.iterdir())
    assert_was_private(seen)


def assert_was_private(seen: Path) -> None:
    assert seen.read_text() == f"{CODE}\n"
    assert stat.S_IMODE(seen.stat().st_mode) == 0o600
    name = Path(Path(f"{seen}.name").read_text().strip())
    assert name.suffix == ".py"
    assert not name.exists()


LONG_TABLE = "| Number | Square |\n|---|---|\n" + "\n".join(f"| {i} | {i * i} |" for i in range(400))
JSON = '{"name":"Ada","list":[1,2.50]}'
BEHIND = "".join(f"Paragraph {i}.\n\n" for i in range(420)) + f"```python\n{CODE}\n```"


@pytest.mark.parametrize("text", [LONG_TABLE, BEHIND, f"```python\nx = '{'long ' * 500}'\n```"])
async def test_large_answers_are_copied_by_blocks_and_by_mouse(home: Home, text: str) -> None:
    async with answered(home, text) as (app, pilot):
        code = text[text.rindex("```python\n") + 10 : -len("\n```")] if "```" in text else ""
        await open_blocks(app, pilot)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == (code or text))
        if code:
            app.copy_to_clipboard("")
            await pilot.press("Y")
            await until(pilot, lambda: app.clipboard == code)
        app.chat.view.go_to_end()
        lines = screen_text(app).split("\n")
        last = max(row for row, line in enumerate(lines) if line.strip(" ┃↪▌▐") and row < 34)
        await pilot.mouse_down(offset=(4, last - 12))
        await pilot.hover(offset=(50, last - 2))
        await pilot.mouse_up(offset=(50, last - 2))
        assert app.clipboard in text
        assert len(app.clipboard) > 20


async def test_json_is_copied_as_it_came(home: Home) -> None:
    async with answered(home, JSON) as (app, pilot):
        message = app.chat.view.messages[-1]
        message.parameters = {"response_format": {"type": "json_object"}}
        app.chat.view.repaint()
        await until(pilot, lambda: '"name": "Ada"' in screen_text(app))
        await open_blocks(app, pilot)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == JSON)
        await drag(app, pilot, '"Ada"', "2.50")
        assert app.clipboard == '"Ada","list":[1,2.50'


@pytest.mark.parametrize(
    ("command", "copied"),
    [
        ("copy_code", lambda text: text == CODE),
        ("copy_table_tsv", lambda text: text == "a\tb\n1\t2"),
        ("copy_thread", lambda text: "Ask this" in text and ANSWER in text and not text.endswith("\n")),
        ("copy_answer", lambda text: text == ANSWER),
    ],
)
async def test_from_the_palette_the_last_piece_is_copied(
    home: Home, command: str, copied: Callable[[str], bool]
) -> None:
    async with answered(home) as (app, pilot):
        app.chat.action_flow(command)
        await until(pilot, lambda: copied(app.clipboard))


async def test_of_several_links_one_is_chosen(home: Home) -> None:
    async with answered(home) as (app, pilot):
        app.chat.action_flow("copy_link")
        await until(pilot, lambda: isinstance(app.screen, LinkPicker) and "two.example" in screen_text(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.clipboard == "https://two.example/y")
