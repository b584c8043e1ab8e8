"""Keys that are bound anew: what is asked for holds, what can't be is told with its line, and nothing works twice."""

from __future__ import annotations

import pytest

from chat_tui.domain.settings import Settings
from chat_tui.ui.commands.command import PLACES, PROMPT, SCREEN, around
from chat_tui.ui.commands.keymap import bind, normal
from chat_tui.ui.commands.table import BY_ID
from tests.servers import ScriptedServer, hello
from tests.ui.conftest import Home, screen_text, until


def settings(**keys: str) -> Settings:
    return Settings(keys=keys, key_places={name: f"config.toml:{line}" for line, name in enumerate(keys, 2)})


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("-", "minus"),
        ("minus", "minus"),
        ("Plus", "plus"),
        ("ctrl+l", "ctrl+l"),
        (" Ctrl+L ", "ctrl+l"),
        ("shift+ctrl+up", "ctrl+shift+up"),
        ("?", "question_mark"),
        ("ctrl+/", "ctrl+slash"),
        ("G", "G"),
        ("shift+g", "G"),
        ("F5", "f5"),
        ("esc", None),
        ("ctrl+", None),
        ("strg+l", None),
        ("", None),
    ],
)
def test_keys_are_read_as_people_write_them(written: str, name: str | None) -> None:
    assert normal(written) == name


def test_by_default_every_command_has_its_own_keys() -> None:
    bound = bind(Settings())
    assert bound.keys == {name: command.keys for name, command in BY_ID.items()}
    assert bound.keymap() == {}
    assert bound.problems == ()


def test_what_the_user_binds_holds_and_a_second_key_is_given_up_silently() -> None:
    bound = bind(settings(model_picker="F5, alt+k", themes="ctrl+k"))
    assert bound.problems == ()
    assert bound.keys["model_picker"] == "f5,alt+k"
    assert bound.keys["themes"] == "ctrl+k"
    assert bound.keys["system_prompt"] == "ctrl+s"


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"modle_picker": "f5"}, "config.toml:2: unknown action 'modle_picker'; did you mean \"model_picker\"?"),
        ({"quit": "esc"}, "config.toml:2: 'esc' is not a key; did you mean \"escape\"?"),
        ({"quit": "blah blah"}, "config.toml:2: 'blah blah' is not a key; write keys like"),
        ({"quit": "q"}, "config.toml:2: quit works while you type, and q is needed for typing"),
        ({"send": "s"}, "config.toml:2: send works while you type, and s is needed for typing"),
        ({"quit": "f5", "editor": "f5"}, "config.toml:2: f5 is also bound to editor; bind one of them to another key"),
        (
            {"quit": "ctrl+l"},
            'config.toml:2: ctrl+l is the key of model_picker; bind that to another key, or to none: ""',
        ),
        ({"copy_message": "e"}, "config.toml:2: e is the key of edit_message"),
        ({"half_page_up": "ctrl+n"}, "config.toml:2: ctrl+n is the key of new_thread"),
        (
            {"finder_rename": "x"},
            "config.toml:2: finder_rename works while you type, and x is needed for",
        ),
        ({"dialog_back": "enter"}, "config.toml:2: dialog_back works while you type, and enter is needed for"),
        ({"line_take": "left"}, "config.toml:2: line_take works while you type, and left is needed for typing"),
        (
            {"finder_rename": "ctrl+d"},
            "config.toml:2: ctrl+d is the key of finder_delete; bind that to another key, or",
        ),
        (
            {"tree_star": "enter"},
            "config.toml:2: enter is the key of list_choose; bind that to another key, or to none",
        ),
        (
            {"model_refresh": "ctrl+p"},
            "config.toml:2: ctrl+p is the key of command_palette; bind that to another key, or",
        ),
        (
            {"blocks_copy": "escape"},
            "config.toml:2: escape is the key of dialog_back; bind that to another key, or to none",
        ),
        ({"request_copy": "up"}, "config.toml:2: up is the key of read_up; bind that to another key, or to none"),
        (
            {"find_next": "ctrl+l"},
            "config.toml:2: ctrl+l is the key of model_picker; bind that to another key, or to none",
        ),
        (
            {"tree_star": "f5", "list_up": "f5"},
            "config.toml:2: f5 is also bound to list_up; bind one of them to another",
        ),
        ({"finder_renam": "f5"}, "config.toml:2: unknown action 'finder_renam'; did you mean \"finder_rename\"?"),
        ({"preset": "emacs"}, "config.toml:2: preset must be one of default, vim"),
    ],
)
def test_what_can_not_be_is_told_with_its_line(keys: dict[str, str], problem: str) -> None:
    (told,) = bind(settings(**keys)).problems
    assert told.startswith(problem)


@pytest.mark.parametrize(
    "keys",
    [
        {"quit": "ctrl+l", "model_picker": "ctrl+q"},
        {"quit": "ctrl+l", "model_picker": ""},
        {"copy_message": "enter", "unfold": "z"},
        {"preset": "vim"},
        {"finder_rename": "ctrl+n", "model_refresh": "ctrl+n"},
        {"blocks_copy": "x", "library_delete": "x", "threads_open": "x", "request_copy": "x"},
        {"list_choose": "f5"},
        {"quit": "ctrl+c"},
        {"find_close": "f5", "finder_rename": "f5"},
        {"blocks_to_file": "ctrl+s"},
    ],
)
def test_what_can_be_is_no_clash(keys: dict[str, str]) -> None:
    assert bind(settings(**keys)).problems == ()


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"preset": "vim"},
        {"quit": "ctrl+l"},
        {"quit": "f5", "editor": "f5"},
        {"finder_rename": "ctrl+d"},
        {"list_up": "f5", "tree_star": "f5"},
        {"help": "ctrl+d"},
    ],
)
@pytest.mark.parametrize("scope", PLACES)
def test_no_key_ever_has_two_commands(keys: dict[str, str], scope: str) -> None:
    bound = bind(settings(**keys)).keys
    covered = set() if scope in (SCREEN, PROMPT) else {each.id for each in BY_ID.values() if not each.priority}
    together = [
        each.id
        for each in BY_ID.values()
        if each.everywhere or each.scope == scope or (each.scope in around(scope) and each.id not in covered)
    ]
    used = [key for name in together for key in bound[name].split(",") if key]
    assert len(used) == len(set(used))


async def test_a_bound_key_works_its_old_one_does_not_and_the_bar_shows_it(home: Home) -> None:
    home.configure('welcomed = true\n[keys]\ntoggle_threads = "f7"\nthemes = "alt+g"\nquit = ""\n')
    async with home.run() as (app, pilot):
        await pilot.press("ctrl+b", "ctrl+q", "f9", "ctrl+c")
        assert [each.message for each in app._notifications] == ["Press ^p Quit to quit."]
        assert not app.chat.has_class("-no-threads")
        await pilot.press("f7")
        assert app.chat.has_class("-no-threads")
        await pilot.press("alt+g")
        await until(pilot, lambda: type(app.screen).__name__ == "ThemePicker")


async def test_a_wrong_binding_is_told_at_the_start(home: Home) -> None:
    home.configure('welcomed = true\n[keys]\nmodel_picker = "ctrl+n"\n')
    async with home.run() as (app, pilot):
        await until(pilot, lambda: any("config.toml:3" in each.message for each in app._notifications))
        assert "^n model" in screen_text(app)


async def test_the_vim_preset_walks_the_messages(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url, '[keys]\npreset = "vim"\n')
        async with home.run() as (app, pilot):
            app.chat.prompt.insert("Hi")
            await pilot.press("enter")
            await until(
                pilot, lambda: len(app.chat.conversation.thread.messages) == 2 and not app.chat.conversation.is_busy
            )
            messages = app.chat.conversation.thread.branch()
            places = []
            for key in ("alt+k", "k", "j", "g", "G"):
                await pilot.press(key)
                places.append(messages.index(app.chat.view.selected))  # type: ignore[arg-type]
            assert places == [1, 0, 1, 0, 1]
            await pilot.press("i")
            assert app.chat.view.selected is None
            await pilot.press(*"jk")
            assert app.chat.prompt.text == "jk"
