"""The actions within dialogs, lists and bars: each by its key as it is bound, in its dialog's palette and hints."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from textual.actions import parse
from textual.widgets import OptionList, TextArea

from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.bars.find_bar import FindBar
from chat_tui.ui.chat.sidebar.thread_list import ThreadList
from chat_tui.ui.commands.command import (
    APP,
    APPROVAL,
    BLOCKS,
    COMPLETION,
    EDIT,
    FIND_BAR,
    FINDER,
    LINK,
    LIST,
    PARAMETERS,
    REQUEST,
    SIDEBAR,
    SYSTEM_PROMPT,
    TREE,
    Command,
)
from chat_tui.ui.commands.dialog_table import INNER_COMMANDS
from chat_tui.ui.commands.table import active
from chat_tui.ui.dialogs.messages.edit import EditMessage
from chat_tui.ui.dialogs.models.parameters import ParameterPanel
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until
from tests.ui.within import OPENERS, PARTS, at, go_to, leave, with_a_thread


def test_there_is_a_way_to_every_place() -> None:
    assert {*OPENERS, COMPLETION} == {each.scope for each in INNER_COMMANDS}


REBOUND = (SIDEBAR, FINDER, TREE, BLOCKS, EDIT, APPROVAL)
"""Places in which old keys are tried, too: of each kind one, as the keymap of all is made in one place."""


@pytest.mark.parametrize("part", range(PARTS))
async def test_each_key_does_what_it_is_bound_to(home: Home, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    scopes = list(OPENERS)[part::PARTS]
    more: dict[str, str] = {}
    unused = (
        f"{modifier}+f{number}" for modifier in ("ctrl", "alt", "ctrl+shift", "alt+ctrl") for number in range(1, 25)
    )
    for each, key in zip((each for each in INNER_COMMANDS if each.scope in scopes), unused, strict=False):
        usual = "" if each.keys == "space" else each.keys  # space can't be bound
        more[each.id] = f"{usual},{key}".lstrip(",")
    async with with_a_thread(home, "".join(f'{name} = "{keys}"\n' for name, keys in more.items())) as (app, pilot):
        for scope in scopes:
            commands = [each for each in INNER_COMMANDS if each.scope == scope]
            await go_to(app, pilot, scope)
            with monkeypatch.context() as patches:
                done = recorded(app, commands, patches)
                for each in commands:
                    _, name, arguments = parse(each.action)
                    for key in more[each.id].split(","):
                        await pilot.press(key)
                        assert done == [(name, arguments)], (scope, key)
                        done.clear()
            await leave(app, pilot)


@pytest.mark.parametrize("scope", REBOUND)
async def test_a_key_does_no_longer_what_it_was_bound_to(
    home: Home, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    commands = [each for each in INNER_COMMANDS if each.scope == scope]
    other = "".join(f'{each.id} = "ctrl+f{number}"\n' for number, each in enumerate(commands, 1))
    async with at(home, scope, other) as (app, pilot):
        done = recorded(app, commands, monkeypatch)
        for key in ",".join(each.keys for each in commands).split(","):
            await pilot.press(key)
            assert done == [], key


def recorded(
    app: ChatApp, commands: Iterable[Command], monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, tuple[object, ...]]]:
    """What the actions of commands are called with, in place of doing it."""
    done: list[tuple[str, tuple[object, ...]]] = []
    here = {"way_out": app, **active(app.screen)}
    for each in commands:
        place, name, _ = parse(each.action)
        doer = app.screen if place == "screen" else here[each.id]
        recorder = lambda *args, name=name: done.append((name, args))  # noqa: E731
        monkeypatch.setattr(doer, f"action_{name}", recorder)
    return done


# What the keys do


async def test_what_deletes_a_saved_prompt_deletes_a_letter_in_the_editor(home: Home) -> None:
    async with at(home, SYSTEM_PROMPT) as (app, pilot):
        text = app.screen.query_one(TextArea)
        await pilot.press(*"add", "home", "ctrl+d")
        assert text.text == "dd"
        await pilot.press("alt+z")
        assert text.text == "add"
        assert len(await app.services.prompts.prompts()) == 1
        await pilot.press("end", "enter")
        assert text.text == "add\n"
        await pilot.press("ctrl+o", "enter")
        await until(pilot, lambda: text.text == "Be terse.")
        await pilot.press("ctrl+o", "ctrl+d")
        assert list(home.paths.prompts.glob("*.toml"))
        await pilot.press("ctrl+d")
        await until(pilot, lambda: not list(home.paths.prompts.glob("*.toml")))
        await pilot.press("alt+z")
        await until(pilot, lambda: bool(list(home.paths.prompts.glob("*.toml"))))


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
        await until(pilot, lambda: app.chat.conversation.thread.parameters == {"seed": 7})


async def test_an_edit_takes_back_what_was_typed(home: Home) -> None:
    async with at(home, EDIT) as (app, pilot):
        edit = app.screen
        assert isinstance(edit, EditMessage)
        text = edit.query_one(TextArea).text
        await pilot.press("!", "alt+z")
        assert edit.query_one(TextArea).text == text


async def test_a_link_is_copied(home: Home) -> None:
    async with at(home, LINK) as (app, pilot):
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "https://example.org/page")


async def test_a_link_is_opened(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("chat_tui.ui.terminal.external.open_in_browser", lambda url, environ: opened.append(url))
    async with at(home, LINK) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: opened == ["https://example.org/page"])


async def test_a_text_is_read_by_rows(home: Home) -> None:
    async with at(home, REQUEST) as (app, pilot):
        await pilot.resize_terminal(60, 10)
        view = app.screen.query_one("VerticalScroll")
        await until(pilot, lambda: view.max_scroll_y > 2)
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
        places = []
        rows.highlighted = 0
        for key in ("j", "down", "k", "up", "j", "j"):
            await pilot.press(key)
            places.append(rows.get_option_at_index(rows.highlighted).id)
        here = app.chat.conversation.thread.id
        assert places == [here, other.id, here, "/", here, other.id]
        await pilot.press("enter")
        await until(pilot, lambda: app.chat.conversation.thread.id == other.id)


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
    keys = 'completion_down = "ctrl+k"\ncompletion_up = "alt+g"\ncompletion_take = "f6"\ncompletion_close = "alt+q"\n'
    async with at(home, APP, keys) as (app, pilot):
        app.chat.prompt.focus()
        rows = app.chat.composer.completing
        await pilot.press("/")
        await until(pilot, lambda: rows.is_open)
        await pilot.press("alt+q")
        assert not rows.is_open
        await pilot.press("t", "backspace", *"the")
        await until(pilot, lambda: rows.is_open)
        await pilot.press("ctrl+k", "alt+g", "f6")
        await until(pilot, lambda: app.screen is not app.chat)
