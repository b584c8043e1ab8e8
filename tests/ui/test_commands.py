"""The table of commands: what it names is there to be done, found and rebound, whatever the terminal keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from chat_tui.ui.commands import (
    BY_ID,
    COMMANDS,
    MESSAGES,
    PROMPT,
    SCREEN,
    Command,
    bindings,
    key_of,
    keys_of,
)
from chat_tui.ui.flows import FLOWS
from chat_tui.ui.keys import VIM
from chat_tui.ui.screens.chat import ChatScreen
from chat_tui.ui.screens.looks import CommandPicker
from chat_tui.ui.widgets.conversation import Conversation
from chat_tui.ui.widgets.prompt import Prompt
from tests.ui.conftest import Home, screen_text, until

DOERS = {SCREEN: ChatScreen, PROMPT: Prompt, MESSAGES: Conversation}
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
    "select_messages": "up in the empty prompt",
    "previous_answer": "previous_sibling",
    "next_answer": "next_sibling",
    "copy_answer": "copy_message",
    "reasoning": "unfold",
    "previous_prompt": "Prompt history in the palette",
    "next_prompt": "Prompt history in the palette",
    "unfold_paste": "Unfold paste in the palette",
    "find": "Find in thread in the palette",
}
"""What does the same with a key that nobody takes: at a selected message, or in the palette."""


def is_taken(key: str) -> bool:
    """Whether anything takes the key; option and a letter write a sign in the terminals of macOS."""
    option = key.startswith("alt+") and len(key.removeprefix("alt+")) == 1
    return option or any(key in keys.split(",") for keys in TAKEN.values())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_can_be_done(command: Command) -> None:
    if command.flows:
        assert command.id in FLOWS
    else:
        name = command.action.removeprefix("screen.").partition("(")[0]
        assert hasattr(DOERS[command.scope], f"action_{name}")
    assert command.title
    assert command.help.endswith(".")


@pytest.mark.parametrize("scope", [PROMPT, MESSAGES])
def test_no_two_commands_that_work_together_have_a_key_in_common(scope: str) -> None:
    together = [each for each in COMMANDS if each.scope == scope or (each.scope == SCREEN and each.priority)]
    keys = [key for each in together for key in each.keys.split(",") if key]
    assert len(keys) == len(set(keys))


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
        other = STAND_INS[command.id]
        assert other not in BY_ID or not is_taken(BY_ID[other].keys.split(",")[0])


def test_every_command_can_be_rebound_and_has_a_tooltip() -> None:
    bound = {binding.id: binding for scope in DOERS for binding in bindings(scope)}
    assert set(bound) == set(BY_ID)
    assert all(binding.tooltip == BY_ID[name].help for name, binding in bound.items() if name)


def test_keys_are_named_as_they_are_bound() -> None:
    assert keys_of("model_picker", {}) == "^l"
    assert keys_of("stop", {}) == "esc"
    assert keys_of("model_picker", {"model_picker": "f5,alt+m"}) == "f5 alt+m"
    assert key_of("quit", {}) == "^q"
    assert key_of("trash", {"command_palette": "f2"}) == "f2 Trash"


async def test_the_palette_has_every_command_and_runs_those_of_a_message(home: Home) -> None:
    home.configure("welcomed = true")
    async with home.run(size=(100, 30)) as (app, pilot):
        app.chat.action_flow("command_palette")
        await until(pilot, lambda: isinstance(app.screen, CommandPicker))
        rows = app.screen.query_one(OptionList)
        await until(pilot, lambda: rows.option_count > 0)
        assert {each.id for each in rows.options} == set(BY_ID) - {"command_palette"}
        app.screen.dismiss("newline")
        await until(pilot, lambda: app.chat.prompt.text == "\n")


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_the_help_shows_every_key_as_it_is_bound_by_where_it_works(home: Home, size: tuple[int, int]) -> None:
    home.configure('welcomed = true\n[keys]\nmodel_picker = "f7"\nquit = ""\n')
    async with home.run(size=size) as (app, pilot):
        await pilot.press("f1")
        await until(pilot, lambda: "In the prompt" in screen_text(app))
        seen = screen_text(app)
        for _ in range(30):
            await pilot.press("pagedown")
            await pilot.pause()
            seen += screen_text(app)
        lines = seen.split("\n")
        for scope in ("In the prompt", "At a selected message", "Everywhere"):
            assert scope in seen
        for command in COMMANDS:
            assert any(f" {command.id} " in line for line in lines), command.id
            assert command.help[:40] in seen
        assert any("f7" in line and "model_picker" in line for line in lines)
        assert any("^p …" in line and "quit" in line for line in lines)
        assert "^l" not in seen


def test_the_preset_names_commands_that_there_are(tmp_path: Path) -> None:
    assert set(VIM) <= set(BY_ID)
