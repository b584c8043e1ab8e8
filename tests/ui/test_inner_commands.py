"""The actions within dialogs, lists and bars: each by its key as it is bound, in its dialog's palette and hints."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual.actions import parse
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, TextArea

from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.thread import Thread
from chat_tui.storage.prompts import FilePrompts
from chat_tui.storage.threads import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.command import (
    APP,
    BLOCKS,
    COMPLETION,
    DIALOG,
    EDIT,
    FIND_BAR,
    FINDER,
    LIBRARY,
    LINE,
    LINK,
    LIST,
    MODELS,
    PARAMETERS,
    PLACES,
    READING,
    REQUEST,
    SIDEBAR,
    SYSTEM_PROMPT,
    TEXT,
    TRASH,
    TREE,
    around,
)
from chat_tui.ui.commands import BY_ID, active, hint
from chat_tui.ui.flows import open_link
from chat_tui.ui.inner_commands import INNER_COMMANDS
from chat_tui.ui.screens.blocks import BlockScreen
from chat_tui.ui.screens.edit import EditMessage
from chat_tui.ui.screens.looks import CommandPicker, Help
from chat_tui.ui.screens.models import ModelPicker
from chat_tui.ui.screens.parameters import ParameterPanel
from chat_tui.ui.screens.picker import Picker
from chat_tui.ui.screens.system_prompt import SystemPromptEditor
from chat_tui.ui.screens.threads import ThreadPicker
from chat_tui.ui.screens.tree import TreePicker
from chat_tui.ui.services import Start
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.find_bar import FindBar
from chat_tui.ui.widgets.thread_list import ThreadList
from tests.servers import ScriptedServer, json_reply
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until

Opener = Callable[[ChatApp, Pilot[None]], Awaitable[None]]
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"


def by_key(*keys: str) -> Opener:
    async def opens(app: ChatApp, pilot: Pilot[None]) -> None:
        await pilot.press(*keys)

    return opens


def by_flow(command: str) -> Opener:
    async def opens(app: ChatApp, pilot: Pilot[None]) -> None:
        app.chat.action_flow(command)

    return opens


async def to_the_library(app: ChatApp, pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(app.screen, SystemPromptEditor))
    app.screen.query_one(OptionList).focus()


async def to_the_sidebar(app: ChatApp, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: bool(app.chat.query(ThreadList)))
    app.chat.query_one(ThreadList).focus()


async def at_a_link(app: ChatApp, pilot: Pilot[None]) -> None:
    open_link(app.chat, "https://example.org/page")


async def in_the_chat(app: ChatApp, pilot: Pilot[None]) -> None:
    return


OPENERS: dict[str, Opener] = {
    SIDEBAR: to_the_sidebar,
    FIND_BAR: by_key("ctrl+f"),
    APP: in_the_chat,
    FINDER: by_key("ctrl+o"),
    MODELS: by_key("ctrl+l"),
    PARAMETERS: by_key("ctrl+t"),
    TREE: by_key("alt+t"),
    TRASH: by_flow("trash"),
    LIST: by_flow("themes"),
    LINE: by_flow("rename_thread"),
    LIBRARY: to_the_library,
    SYSTEM_PROMPT: by_key("ctrl+s"),
    EDIT: by_key("up", "e"),
    TEXT: by_key("up", "e"),
    REQUEST: by_flow("request"),
    BLOCKS: by_key("up", "v"),
    LINK: at_a_link,
    READING: by_key("f1"),
    DIALOG: by_key("f1"),
}
"""A way to each place within."""
DIALOGS = [place for place in OPENERS if DIALOG in around(place) and place not in (DIALOG, TEXT)]


@asynccontextmanager
async def at(
    home: Home, scope: str, keys: str = "", thread: Thread | None = None
) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
    """The app at a place, a saved thread behind it."""
    home.use_server("http://127.0.0.1:9", f"[keys]\n{keys}")
    FilePrompts(home.paths).save(PromptTemplate("terse", "Be terse."))
    thread = thread or a_thread("question", f"See below.\n\n{TABLE}", title="A thread")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: len(app.chat.live.thread.messages) == len(thread.messages))
        await OPENERS[scope](app, pilot)
        first = next(each.id for each in INNER_COMMANDS if each.scope == scope)
        await until(pilot, lambda: scope == APP or first in active(app.screen))
        if isinstance(app.screen, Picker):
            await until(pilot, lambda: app.screen.query_one(OptionList).option_count > 0)
        yield app, pilot


def hints(app: ChatApp) -> dict[str, str]:
    """The words at the bottom edge, and their keys."""
    return {word: key for key, word in app.screen.query_one(KeyBar).keys}


def test_there_is_a_way_to_every_place() -> None:
    assert {*OPENERS, COMPLETION} == {each.scope for each in INNER_COMMANDS}


@pytest.mark.parametrize("rebound", [False, True], ids=["default", "rebound"])
@pytest.mark.parametrize("scope", OPENERS)
async def test_each_key_does_what_it_is_bound_to_and_no_longer_what_it_was(
    home: Home, monkeypatch: pytest.MonkeyPatch, scope: str, rebound: bool
) -> None:
    commands = [each for each in INNER_COMMANDS if each.scope == scope]
    other = {each.id: f"ctrl+f{number}" for number, each in enumerate(commands, 1)}
    keys = other if rebound else {each.id: each.keys for each in commands}
    async with at(home, scope, "".join(f'{name} = "{key}"\n' for name, key in other.items() if rebound)) as (
        app,
        pilot,
    ):
        done: list[tuple[str, tuple[object, ...]]] = []
        here = {"way_out": app, **active(app.screen)}
        for each in commands:
            place, name, arguments = parse(each.action)
            doer = app.screen if place == "screen" else here[each.id]
            recorder = lambda *args, name=name: done.append((name, args))  # noqa: E731
            monkeypatch.setattr(doer, f"action_{name}", recorder)
        for each in commands:
            _, name, arguments = parse(each.action)
            for key in keys[each.id].split(","):
                await pilot.press(key)
                assert done == [(name, arguments)], key
                done.clear()
        if rebound:
            for key in ",".join(each.keys for each in commands).split(","):
                await pilot.press(key)
                assert done == [], key


@pytest.mark.parametrize("scope", DIALOGS)
async def test_in_a_dialog_the_palette_has_its_own_commands_and_runs_them(home: Home, scope: str) -> None:
    async with at(home, scope, 'command_palette = "f6"\n') as (app, pilot):
        dialog = app.screen
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, CommandPicker))
        await pilot.press("f6")
        await until(pilot, lambda: app.screen is dialog)
        await pilot.press("f6")
        rows = app.screen.query_one(OptionList)
        own = {each.id for each in INNER_COMMANDS if each.scope in around(scope)}
        await until(pilot, lambda: {each.id for each in rows.options} == {*own, "help"})
        await pilot.press(*"close the dialog")
        await until(pilot, lambda: rows.option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.chat)


async def test_the_palette_works_on_the_row_that_was_highlighted(home: Home) -> None:
    async with at(home, MODELS) as (app, pilot):
        picker = app.screen
        assert isinstance(picker, ModelPicker)
        await until(pilot, lambda: picker.chosen() == "work/model-a")
        await pilot.press("down")
        chosen = picker.chosen()
        await pilot.press("ctrl+p", *"favour")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is picker and app.services.settings.favourites == [chosen])
        assert picker.chosen() == chosen


async def test_in_the_library_the_palette_works_on_the_saved_prompt(home: Home) -> None:
    async with at(home, SYSTEM_PROMPT) as (app, pilot):
        await pilot.press("ctrl+o", "f2", *"delete p")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.services.prompts.prompts() == [])


@pytest.mark.parametrize("scope", DIALOGS)
async def test_in_a_dialog_the_help_begins_with_its_keys(home: Home, scope: str) -> None:
    async with at(home, scope) as (app, pilot):
        dialog = app.screen
        if isinstance(dialog, Help):
            await pilot.press("f1")
            await until(pilot, lambda: app.screen is app.chat)
            return
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Help))
        own = [PLACES[place].heading for place in around(scope)]
        await until(pilot, lambda: own[0] in screen_text(app))
        headings = [each.heading for each in PLACES.values()]
        seen = [
            each for line in screen_text(app).split("\n") for each in headings if line.strip("│┃ ").startswith(each)
        ]
        assert seen[: len(own)] == own
        await pilot.press("f1")
        await until(pilot, lambda: app.screen is dialog)


async def test_palette_and_help_do_not_pile_up(home: Home) -> None:
    async with at(home, FINDER) as (app, pilot):
        for key in ("f2", "f1", "f2", "f1", "f1", "f2"):
            await pilot.press(key)
            await pilot.pause()
        assert len(app.screen_stack) <= 4


async def test_the_find_bar_s_commands_are_in_the_palette_while_it_is_open(home: Home) -> None:
    async with at(home, FIND_BAR) as (app, pilot):
        await pilot.press("ctrl+p", *"find bar")
        await until(pilot, lambda: isinstance(app.screen, CommandPicker))
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: not app.chat.query(FindBar))


# Bound anew


async def test_the_finder_renames_by_another_key_and_says_so(home: Home) -> None:
    async with at(home, FINDER, 'finder_rename = "f6"\nlist_choose = "ctrl+y"\nlist_down = ""\n') as (app, pilot):
        finder = app.screen
        assert isinstance(finder, ThreadPicker)
        await until(pilot, lambda: finder.chosen() is not None)
        assert (hints(app)["rename"], hints(app)["open"]) == ("f6", "^y")
        await pilot.press("ctrl+r", "enter")
        assert app.screen is finder
        await pilot.press("f6")
        await until(pilot, lambda: "Rename thread" in screen_text(app) and app.screen is not finder)
        await pilot.press(*"Other", "enter")
        await until(pilot, lambda: app.screen is finder and "Other" in screen_text(app))
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.screen is app.chat)


async def test_the_models_are_refreshed_and_marked_by_other_keys(home: Home) -> None:
    listed = json_reply({"data": [{"id": "model-a"}, {"id": "model-new"}]})
    async with ScriptedServer(lambda request: listed) as server:
        home.use_server(server.url, '[keys]\nmodel_favourite = "f5"\nmodel_refresh = "alt+r"\n')
        home.configure(home.paths.config_file.read_text().replace("models_paths = []", ""))
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "model-new" in screen_text(app))
            assert (hints(app)["favourite"], hints(app)["refresh lists"]) == ("f5", "alt+r")
            asked = len(server.requests)
            await pilot.press("ctrl+r", "ctrl+d", "alt+r", "f5")
            await until(pilot, lambda: len(server.requests) > asked)
            assert len(app.services.settings.favourites) == 1
            await pilot.press("f5")
            assert app.services.settings.favourites == []


async def test_the_tree_deletes_by_another_key(home: Home) -> None:
    async with at(home, TREE, 'tree_delete = "f6"\n') as (app, pilot):
        tree = app.screen
        assert isinstance(tree, TreePicker)
        assert hints(app)["delete"] == "f6"
        await pilot.press("ctrl+d")
        assert len(app.chat.live.thread.branch()) == 2
        await pilot.press("f6")
        assert len(app.chat.live.thread.branch()) == 1


async def test_blocks_are_walked_by_other_keys(home: Home) -> None:
    keys = 'block_up = "p"\nblock_down = "n"\nblocks_more_up = "P"\nblocks_copy = "c"\n'
    async with at(home, BLOCKS, keys) as (app, pilot):
        assert isinstance(app.screen, BlockScreen)
        assert (hints(app)["block"], hints(app)["copy"], hints(app)["more"]) == ("p n", "c", "P shift+↓")
        await pilot.press("p", "k", "y", "c")
        await until(pilot, lambda: app.clipboard == "See below.")


async def test_the_system_prompt_is_saved_and_closed_by_other_keys(home: Home) -> None:
    keys = 'library_save = "f7"\nsystem_prompt_done = "ctrl+y"\nlibrary_delete = "d"\nlibrary = "f6"\n'
    async with at(home, SYSTEM_PROMPT, keys) as (app, pilot):
        editor = app.screen
        assert hints(app) == {
            "done": "esc",
            "library": "f6",
            "save in library": "f7",
            "delete from it": "d",
            "undo": "^z",
        }
        await pilot.press(*"add", "f7", *"added", "enter")
        await until(pilot, lambda: len(app.services.prompts.prompts()) == 2)
        assert editor.query_one(TextArea).text == "add"
        await pilot.press("f6", "up", "d")
        await until(pilot, lambda: len(app.services.prompts.prompts()) == 1)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.chat.live.thread.system_prompt == "add")


# What the keys do


async def test_what_deletes_a_saved_prompt_deletes_a_letter_in_the_editor(home: Home) -> None:
    async with at(home, SYSTEM_PROMPT) as (app, pilot):
        text = app.screen.query_one(TextArea)
        await pilot.press(*"add", "home", "ctrl+d")
        assert text.text == "dd"
        await pilot.press("ctrl+z")
        assert text.text == "add"
        assert len(app.services.prompts.prompts()) == 1
        await pilot.press("end", "enter")
        assert text.text == "add\n"
        await pilot.press("ctrl+o", "enter")
        await until(pilot, lambda: text.text == "Be terse.")
        await pilot.press("ctrl+o", "ctrl+d")
        await until(pilot, lambda: app.services.prompts.prompts() == [])


async def test_a_list_goes_by_rows_and_by_tens(home: Home) -> None:
    async with at(home, LIST) as (app, pilot):
        rows = app.screen.query_one(OptionList)
        await pilot.press("pageup")
        places = []
        for key in ("down", "pagedown", "up", "pageup"):
            await pilot.press(key)
            places.append(rows.highlighted)
        last = rows.option_count - 1
        assert places == [1, min(11, last), min(11, last) - 1, 0]


async def test_the_key_that_opens_the_parameters_closes_them_and_keeps_what_is_set(home: Home) -> None:
    async with at(home, PARAMETERS) as (app, pilot):
        panel = app.screen
        assert isinstance(panel, ParameterPanel)
        await pilot.press(*"seed", "enter")
        await until(pilot, lambda: app.screen is not panel)
        await pilot.press(*"7", "enter")
        await until(pilot, lambda: app.screen is panel)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: app.chat.live.thread.parameters == {"seed": 7})


async def test_an_edit_takes_back_what_was_typed(home: Home) -> None:
    async with at(home, EDIT) as (app, pilot):
        edit = app.screen
        assert isinstance(edit, EditMessage)
        text = edit.query_one(TextArea).text
        await pilot.press("!", "ctrl+z")
        assert edit.query_one(TextArea).text == text


async def test_a_link_is_copied(home: Home) -> None:
    async with at(home, LINK) as (app, pilot):
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "https://example.org/page")


async def test_a_link_is_opened(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("chat_tui.ui.outside.open_in_browser", lambda url, environ: opened.append(url))
    async with at(home, LINK) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: opened == ["https://example.org/page"])


async def test_a_text_is_read_by_rows(home: Home) -> None:
    async with at(home, READING) as (app, pilot):
        view = app.screen.query_one("VerticalScroll")
        await until(pilot, lambda: view.max_scroll_y > 10)
        for key, row in (("down", 1), ("j", 2), ("up", 1), ("k", 0)):
            await pilot.press(key)
            await until(pilot, lambda row=row: view.scroll_y == row)  # type: ignore[misc]


async def test_the_thread_list_is_walked_and_opens(home: Home) -> None:
    other = a_thread("another", "answer", title="Another")
    other.updated = "2026-01-01T00:00:00Z"
    await FileThreadStore(home.paths).save(other)
    async with at(home, SIDEBAR, 'preset = "vim"\n') as (app, pilot):
        await until(pilot, lambda: "Another" in screen_text(app))
        rows = app.chat.query_one(ThreadList)
        rows.highlighted = 0
        await pilot.press("j", "k", "j", "down")
        chosen = rows.get_option_at_index(rows.highlighted or 0).id
        assert chosen == other.id or await to_the_row(pilot, rows, other.id)
        await pilot.press("enter")
        await until(pilot, lambda: app.chat.live.thread.id == other.id)


async def to_the_row(pilot: Pilot[None], rows: ThreadList, thread_id: str) -> bool:
    for _ in range(rows.option_count):
        await pilot.press("j")
        if rows.get_option_at_index(rows.highlighted or 0).id == thread_id:
            return True
    return False


async def test_matches_are_walked(home: Home) -> None:
    async with at(home, FIND_BAR, thread=a_thread("needle", "needle and needle")) as (app, pilot):
        bar = app.chat.query_one(FindBar)
        await pilot.press(*"needle")
        await until(pilot, lambda: "1 of 3 · esc" in screen_text(app))
        places = []
        for key in ("enter", "down", "up", "shift+enter", "shift+f3"):
            await pilot.press(key)
            places.append(bar._at)
        assert places == [1, 2, 1, 0, 2]


async def test_the_list_above_the_prompt_has_keys_of_its_own(home: Home) -> None:
    keys = 'completion_down = "ctrl+y"\ncompletion_up = "alt+g"\ncompletion_take = "f6"\ncompletion_close = "alt+q"\n'
    async with at(home, APP, keys) as (app, pilot):
        app.chat.prompt.focus()
        rows = app.chat.writing.completing
        await pilot.press("/")
        await until(pilot, lambda: rows.is_open)
        await pilot.press("alt+q")
        assert not rows.is_open
        await pilot.press("t", "backspace", *"th")
        await until(pilot, lambda: rows.is_open)
        await pilot.press("ctrl+y", "alt+g", "f6")
        await until(pilot, lambda: app.screen is not app.chat)


def test_keys_that_go_together_are_hinted_together() -> None:
    bound = {each.id: each.keys for each in BY_ID.values()}
    assert hint("block_up block_down", bound) == "↑↓"
    assert hint("blocks_more_up blocks_more_down", bound) == "shift+↑↓"
    assert hint("block_up block_down", {**bound, "block_up": "p"}) == "p ↓"
    assert hint("block_up block_down", {**bound, "block_up": ""}) == ""


async def test_what_has_no_key_has_no_hint(home: Home) -> None:
    async with at(home, FINDER, 'finder_pin = ""\n') as (app, pilot):
        assert "pin" not in hints(app)
        assert app.screen.query_one("#filter", Input).has_focus
