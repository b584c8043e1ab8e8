"""The table of commands: what it names is there to be done, found and rebound, whatever the terminal keeps."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

import chat_tui.ui
from chat_tui.domain.conversation.message import Role
from chat_tui.domain.settings import Settings
from chat_tui.session.conversations import Conversation
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.actions.table import ACTIONS
from chat_tui.ui.chat.prompt.completion import commands_for
from chat_tui.ui.chat.prompt.prompt import Prompt
from chat_tui.ui.chat.screen import ChatScreen
from chat_tui.ui.commands.command import COMPLETION, DIALOG, MESSAGES, PLACES, PROMPT, SCREEN, Command, around
from chat_tui.ui.commands.groups import groups, rows_with_keys, title_of
from chat_tui.ui.commands.keymap import VIM, bind
from chat_tui.ui.commands.synonyms import SYNONYMS
from chat_tui.ui.commands.table import BY_ID, CHAT_COMMANDS, COMMANDS, bindings, key_of, keys_of
from chat_tui.ui.dialogs.commands import CommandPicker
from chat_tui.ui.dialogs.help import KeysHere
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.services import Start
from chat_tui.ui.view.conversation import ConversationView
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until

DOERS = {SCREEN: ChatScreen, PROMPT: Prompt, MESSAGES: ConversationView}


def of_the_app(node: type[DOMNode]) -> bool:
    return node.__module__.startswith(chat_tui.ui.__name__)


def classes() -> Iterator[type[DOMNode]]:
    """Every class of the app that has keys of its own."""
    for module in pkgutil.walk_packages(chat_tui.ui.__path__, f"{chat_tui.ui.__name__}."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, DOMNode) and each.__module__ == module.name:
                yield each


def own(node: type[DOMNode]) -> list[Binding]:
    """The bindings of a class, and of those of the app's that it comes of."""
    found = [each for base in node.__mro__ if of_the_app(base) for each in base.__dict__.get("BINDINGS", ())]
    return [each for each in found if isinstance(each, Binding)]


CLASSES = [each for each in classes() if own(each)]
TAKEN = {
    "tmux": "ctrl+b",
    "screen": "ctrl+a",
    "zellij": "ctrl+b,ctrl+g,ctrl+h,ctrl+n,ctrl+o,ctrl+p,ctrl+q,ctrl+s,ctrl+t,alt+f,alt+h,alt+i,alt+j,alt+k,alt+l,"
    "alt+n,alt+o,alt+p,alt+left,alt+right,alt+up,alt+down,alt+plus,alt+minus,alt+equals_sign,alt+left_square_bracket,"
    "alt+right_square_bracket",
    "flow control": "ctrl+q,ctrl+s",
    "the terminal driver": "ctrl+c,ctrl+z",
    "GNOME Terminal": "f1,f10,f11,ctrl+pageup,ctrl+pagedown,shift+pageup,shift+pagedown",
    "Konsole": "f11,shift+left,shift+right,shift+up,shift+down,shift+insert",
    "Windows Terminal": "f11,alt+enter,alt+f4,ctrl+tab,ctrl+comma,alt+left,alt+right,alt+up,alt+down",
    "the terminal of VS Code": "f1,f11,ctrl+e,ctrl+f,ctrl+p,ctrl+comma",
    "macOS": "f11,f12,ctrl+up,ctrl+down,ctrl+left,ctrl+right",
    "drop-down terminals": "f12",
}
"""Keys that do not reach a program, as these are set up by default."""
STAND_INS = {
    "open_recent": "threads_open",
    "select_messages": "up in the empty prompt",
    "previous_answer": "previous_sibling",
    "next_answer": "next_sibling",
    "copy_answer": "copy_message",
    "jump": "jump_from_messages",
    "aside": "/aside and the question; Ask aside in the palette",
    "compact": "Compact context in the palette",
    "try_instead": "Try another provider in the palette",
    "reasoning": "unfold",
    "set_key": "API key in the palette",
    "last_model": "Last model in the palette",
    "effort": "Thinking effort in the palette",
    "wrap_code": "Wrap code in the palette",
    "code_left": "a mouse wheel with shift; Code left in the palette",
    "code_right": "a mouse wheel with shift; Code right in the palette",
    "previous_prompt": "Prompt history in the palette",
    "next_prompt": "Prompt history in the palette",
    "unfold_paste": "Expand paste in the palette",
    "find": "Find in thread in the palette",
    "tools": "Tools in the palette",
    "decide_call": "Decide on call in the palette",
    "prompt_undo": "Undo typing in the palette",
    "suspend": "Suspend in the palette",
    "way_out": "Quit in the palette",
}
"""What does the same with a key that nobody takes: at a selected message, or in the palette."""


def is_taken(key: str) -> bool:
    """Whether anything takes the key; option and a letter write a sign in the terminals of macOS."""
    option = key.startswith("alt+") and len(key.removeprefix("alt+")) == 1
    return option or any(key in keys.split(",") for keys in TAKEN.values())


def _action_of(command: Command) -> str:
    return command.action.removeprefix("screen.flow('").removesuffix("')")


def test_every_action_of_the_chat_has_its_command() -> None:
    assert {_action_of(command) for command in COMMANDS} >= ACTIONS.keys()
    assert all(name == BY_ID[name].id and BY_ID[name].scope in (SCREEN, MESSAGES) for name in ACTIONS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_can_be_done_and_is_told(command: Command) -> None:
    name = command.action.removeprefix("screen.").partition("(")[0]
    if name == "flow":
        assert _action_of(command) in ACTIONS
    elif command.scope != COMPLETION:  # whose keys the prompt takes while it has the focus: it is tried as a whole
        doers = [each for each in CLASSES if any(binding.id == command.id for binding in own(each))]
        assert doers
        place, _, method = name.rpartition(".")
        here = [ChatApp] if place == "app" else [ChatScreen] if command.action.startswith("screen.") else doers
        assert all(hasattr(each, f"action_{method}") for each in here)
    assert command.title
    assert len(command.title) <= 22
    assert command.help.endswith(".")
    assert PLACES[command.scope].heading


def test_every_id_is_one_command_s() -> None:
    assert len(BY_ID) == len(COMMANDS)


@pytest.mark.parametrize("node", CLASSES, ids=lambda node: node.__name__)
def test_every_key_of_the_app_is_in_the_table(node: type[DOMNode]) -> None:
    written = [each for base in node.__mro__ if of_the_app(base) for each in base.__dict__.get("BINDINGS", ())]
    assert written == own(node)
    for each in own(node):
        assert each.id in BY_ID
        command = BY_ID[each.id or ""]
        assert (each.description, each.tooltip, each.action) == (command.title, command.help, command.action)
        assert each.key == (command.keys or f"no-key-{command.id}")


@pytest.mark.parametrize("node", CLASSES, ids=lambda node: node.__name__)
def test_a_dialog_s_commands_share_no_key_and_are_known_to_work_together(node: type[DOMNode]) -> None:
    ids = {each.id for each in own(node)}
    keys = [key for each in ids for key in BY_ID[each or ""].keys.split(",") if key]
    assert len(keys) == len(set(keys))
    scopes = {BY_ID[each or ""].scope for each in ids if not BY_ID[each or ""].everywhere}
    for one, other in itertools.combinations(scopes, 2):
        assert one in around(other) or other in around(one)


@pytest.mark.parametrize("scope", [each for each, place in PLACES.items() if place.within == SCREEN])
def test_no_two_commands_that_work_together_have_a_key_in_common(scope: str) -> None:
    together = [each for each in COMMANDS if each.scope == scope or (each.scope == SCREEN and each.priority)]
    keys = [key for each in together for key in each.keys.split(",") if key]
    assert len(keys) == len(set(keys))


def test_where_text_is_typed_no_key_is_one_that_writing_needs() -> None:
    for command in COMMANDS:
        needed = PLACES[command.scope].typing
        for key in command.keys.split(","):
            assert needed is None or (key not in needed and len(key) != 1), command.id


def test_the_keys_of_the_contract_come_first() -> None:
    contract = {
        "send": "enter",
        "newline": "ctrl+j,shift+enter",
        "stop": "escape",
        "model_picker": "ctrl+l",
        "system_prompt": "ctrl+s",
        "new_thread": "ctrl+n",
        "open_thread": "ctrl+o",
        "toggle_threads": "ctrl+b",
        "regenerate": "ctrl+r",
        "editor": "ctrl+g",
        "command_palette": "ctrl+p",
        "help": "f1",
        "quit": "ctrl+q",
    }
    assert {name: BY_ID[name].keys[: len(keys)] for name, keys in contract.items()} == contract


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.keys], ids=lambda command: command.id)
def test_what_a_multiplexer_or_terminal_takes_has_a_key_that_none_takes(command: Command) -> None:
    keys = command.keys.split(",")
    if all(map(is_taken, keys)):
        if DIALOG in around(command.scope):
            assert not all(map(is_taken, BY_ID["command_palette"].keys.split(",")))  # which has it
            return
        other = STAND_INS[command.id]
        assert other not in BY_ID or not is_taken(BY_ID[other].keys.split(",")[0])


def test_every_command_can_be_rebound_and_has_a_tooltip() -> None:
    bound = {binding.id: binding for scope in PLACES for binding in bindings(scope)}
    assert set(bound) == set(BY_ID)
    assert all(binding.tooltip == BY_ID[name].help for name, binding in bound.items() if name)


def test_keys_are_named_as_they_are_bound() -> None:
    assert keys_of("model_picker", {}) == "^l"
    assert keys_of("stop", {}) == "esc"
    assert keys_of("model_picker", {"model_picker": "f5,alt+m"}) == "f5 alt+m"
    assert key_of("quit", {}) == "^q"
    assert key_of("trash", {"command_palette": "f2"}) == "f2 Trash"


async def offered(app: ChatApp, pilot: Pilot[None]) -> list[str]:
    """The ids of the commands in the palette, which is opened, in their order."""
    app.chat.action_flow("command_palette")
    await until(pilot, lambda: isinstance(app.screen, CommandPicker))
    rows = app.screen.query_one(OptionList)
    await until(pilot, lambda: rows.option_count > 0)
    return [each.id for each in rows.options if each.id]


async def test_the_palette_has_every_available_command_and_runs_those_of_a_message(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    thread = a_thread("question", "answer")
    await FileThreadStore(home.paths).save(thread)
    unavailable = {"command_palette", "stop", "continue_answer", "try_instead", "save_thread", "undo", "undo_in_lists"}
    unavailable |= {"copy_code", "copy_block", "code_to_file", "code_to_editor", "diagram_source"}
    unavailable |= {"copy_table_tsv", "copy_link", "fold_json", "unfold_json", "ask_again", "reasoning", "unfold"}
    unavailable |= {"previous_sibling", "next_sibling", "diff_versions", "previous_answer", "next_answer", "answers"}
    unavailable |= {"decide_call"}
    async with home.run(Start(resume=thread.id), size=(160, 30)) as (app, pilot):
        await until(pilot, lambda: len(app.chat.view.messages) == 2)
        assert set(await offered(app, pilot)) == {each.id for each in CHAT_COMMANDS} - unavailable
        app.screen.dismiss("delete_message")
        await until(pilot, lambda: len(app.chat.view.messages) == 1)
        await pilot.resize_terminal(159, 30)
        await until(pilot, lambda: not app.chat.refresh_outline())
        ids = await offered(app, pilot)
        assert "undo" in ids
        assert "outline" not in ids
        app.screen.dismiss("undo")
        await until(pilot, lambda: len(app.chat.view.messages) == 2)
        app.chat.action_flow("edit_message")
        await until(pilot, lambda: app.chat.composer.edit is not None)
        assert "stop" in await offered(app, pilot)


async def test_the_palette_has_the_commands_on_what_a_message_holds(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    text = "```mermaid\ngraph LR\n A-->B\n```\n\n| a |\n|---|\n\nhttps://a.example"
    thread = a_thread("question", text)
    thread.branch()[-1].reasoning = "thought"
    answer = thread.add(Role.ASSISTANT, "{}", parent=thread.branch()[0].id)
    answer.parameters = {"response_format": {"type": "json_object"}}
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id), size=(160, 30)) as (app, pilot):
        await until(pilot, lambda: len(app.chat.view.messages) == 2)
        ids = {*await offered(app, pilot)}
        assert {"fold_json", "ask_again", "diff_versions", "next_answer", "answers"} <= ids
        assert not {"copy_code", "reasoning", "unfold", "copy_link"} & ids
        app.screen.dismiss("previous_answer")
        await until(pilot, lambda: "graph" in screen_text(app))
        ids = {*await offered(app, pilot)}
        assert {"copy_code", "diagram_source", "copy_table_tsv", "copy_link", "reasoning", "unfold"} <= ids
        assert not {"fold_json", "decide_call"} & ids


async def test_while_an_answer_runs_the_palette_stops_it_and_changes_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.use_server("http://127.0.0.1:9")
    thread = a_thread("question", "answer")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: len(app.chat.view.messages) == 2)
        with monkeypatch.context() as patch:
            patch.setattr(Conversation, "is_busy", True)
            ids = await offered(app, pilot)
        assert "stop" in ids
        assert not {"edit_message", "delete_message", "clear_thread", "continue_answer"} & set(ids)


async def test_an_empty_thread_offers_no_command_on_messages(home: Home) -> None:
    home.configure("welcomed = true")
    async with home.run(size=(160, 30)) as (app, pilot):
        ids = await offered(app, pilot)
        assert "new_thread" in ids
        assert [each for each in ids if BY_ID[each].scope == MESSAGES] == []
        assert not {"regenerate", "find", "tree", "outline"} & set(ids)


async def test_an_answer_that_was_cut_can_be_continued_from_the_palette(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    thread = a_thread("question", "answer")
    thread.branch()[-1].finish_reason = "length"
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: len(app.chat.view.messages) == 2)
        assert "continue_answer" in await offered(app, pilot)


async def test_the_palette_begins_with_the_commands_used_last(home: Home) -> None:
    home.configure("welcomed = true")
    used = ["newline", "density", "notify", "newline", "sidebar", "wrap_code", "trash", "density"]
    async with home.run() as (app, pilot):
        for each in used:
            app.chat.preferences.remember_command(each)
        app.chat.action_flow("command_palette")
        await until(pilot, lambda: isinstance(app.screen, CommandPicker))
        app.screen.dismiss("newline")
        await until(pilot, lambda: app.chat.prompt.text == "\n")
    async with home.run() as (app, pilot):
        ids = await offered(app, pilot)
        assert ids[:4] == ["newline", "density", "trash", "wrap_code"]  # there is no command "sidebar"
        assert len(ids) == len(set(ids))
        assert "Recent" in screen_text(app)


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_the_help_shows_every_key_as_it_is_bound_by_where_it_works(home: Home, size: tuple[int, int]) -> None:
    home.configure('welcomed = true\n[keys]\nmodel_picker = "f6"\nquit = ""\n')
    async with home.run(size=size) as (app, pilot):
        await pilot.press("f1", "tab")
        await until(pilot, lambda: "model_picker" in shown_rows(app))
        lines = shown_rows(app).split("\n")
        for place in PLACES.values():
            assert place.heading in lines
        for command in COMMANDS:
            found = [line for line in lines if command.id in line.split()]
            assert size[0] < 70 or any(command.help[:30] in line for line in found), command.id
            assert found, command.id
        assert any("f6" in line and "model_picker" in line for line in lines)
        assert any("^p …" in line and "quit" in line for line in lines)
        assert not any("^l" in line and "model_picker" in line for line in lines)


def shown_rows(app: ChatApp) -> str:
    """The rows of the list that is open, scrolled out of sight or not."""
    return "\n".join(str(each.prompt) for each in app.screen.query_one(OptionList).options)


async def test_the_help_is_one_page_of_all_keys_and_finds_any_command(home: Home) -> None:
    home.configure("welcomed = true")
    async with home.run(size=(120, 40)) as (app, pilot):
        await pilot.press("f1")
        await until(pilot, lambda: "Choose model" in screen_text(app))
        page = screen_text(app)
        titles = [title_of(row) for group in groups() for row in rows_with_keys(group, with_keys())]
        assert [title for title in titles if title not in page] == []
        assert {each for row in titles_by_row() for each in row.split()} == with_keys(CHAT_COMMANDS)
        await pilot.press(*"blocks")
        await until(pilot, lambda: "Extend up" in screen_text(app))
        assert "Choose model" not in screen_text(app)


def with_keys(commands: Iterable[Command] = COMMANDS) -> set[str]:
    return {command.id for command in commands if command.keys}


def titles_by_row() -> list[str]:
    return [row for group in groups() for row in rows_with_keys(group, with_keys())]


def test_what_goes_together_has_one_title() -> None:
    assert title_of("page_up page_down") == "Page up, down"
    assert title_of("previous_sibling next_sibling") == "Previous, next version"
    assert title_of("quit") == "Quit"


@pytest.mark.parametrize(
    ("press", "there", "not_there"),
    [
        ((), "Choose model", "Copy code"),
        (("up",), "Copy code", "Choose model"),
        (("ctrl+b", "ctrl+b"), "Choose model", "Copy code"),
        (("ctrl+l",), "Favourite", "Choose model"),
    ],
)
async def test_a_question_mark_shows_the_keys_of_the_place(
    home: Home, press: tuple[str, ...], there: str, not_there: str
) -> None:
    thread = a_thread("question", "answer")
    home.use_server("http://127.0.0.1:9")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: len(app.chat.view.messages) == 2)
        await pilot.press(*press, "question_mark")
        await until(pilot, lambda: isinstance(app.screen, KeysHere) and there in table(app))
        assert not_there not in table(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: not isinstance(app.screen, KeysHere))


def table(app: ChatApp) -> str:
    return str(app.screen.query_one("#table", Static).content)


@pytest.mark.parametrize("place", [(), ("ctrl+l",)])
async def test_a_question_mark_in_a_text_is_a_question_mark(home: Home, place: tuple[str, ...]) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        await pilot.press(*place, "w", "h", "y", "question_mark")
        await until(pilot, lambda: "why?" in screen_text(app))
        assert not isinstance(app.screen, KeysHere)


def test_the_preset_names_commands_that_there_are(tmp_path: Path) -> None:
    assert set(VIM) <= set(BY_ID)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        *(("retry", "regenerate"), ("regenerate", "regenerate"), ("dark", "themes"), ("login", "providers")),
        *(("clear", "clear_thread"), ("exit", "quit"), ("mdl", "model_picker"), ("new thr", "new_thread")),
        *(("wrap", "wrap_code"), ("sysp", "system_prompt")),
    ],
)
def test_commands_are_found_by_what_they_are_called_elsewhere(typed: str, first: str) -> None:
    host = cast(DialogHost, SimpleNamespace(bound=bind(Settings())))
    picker = CommandPicker(host, [each.id for each in CHAT_COMMANDS])
    assert picker.rows(typed, 100)[0].id == first
    if typed != "mdl":  # scattered letters are not enough where enter runs the first offer
        assert commands_for(typed.replace(" ", "-"))[0].id == first


def test_every_synonym_is_of_a_command() -> None:
    assert SYNONYMS.keys() <= BY_ID.keys()


def test_a_path_that_is_typed_offers_no_command() -> None:
    assert commands_for("etc") == commands_for("usr") == commands_for("tmp") == []
