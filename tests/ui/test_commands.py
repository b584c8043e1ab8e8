"""The table of commands: what it names is there to be done, found and rebound."""

from __future__ import annotations

import pytest

from chat_tui.ui.commands import BY_ID, COMMANDS, MESSAGES, PROMPT, SCREEN, Command, bindings, keys_of
from chat_tui.ui.flows import FLOWS
from chat_tui.ui.screens.chat import ChatScreen
from chat_tui.ui.widgets.prompt import Prompt


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_can_be_done(command: Command) -> None:
    if command.flows:
        assert command.id in FLOWS
    else:
        assert hasattr(Prompt if command.scope == PROMPT else ChatScreen, f"action_{command.id}")
    assert command.title
    assert command.help.endswith(".")


@pytest.mark.parametrize("scope", [PROMPT, MESSAGES])
def test_no_two_commands_that_work_together_have_a_key_in_common(scope: str) -> None:
    keys = [key for each in COMMANDS if each.scope in (scope, SCREEN) for key in each.keys.split(",") if key]
    assert len(keys) == len(set(keys))


def test_the_keys_of_the_contract() -> None:
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
    assert {name: BY_ID[name].keys for name in contract} == contract


def test_bindings_carry_their_ids_so_that_they_can_be_rebound() -> None:
    bound = [binding.id for scope in (SCREEN, PROMPT, MESSAGES) for binding in bindings(scope)]
    assert set(bound) == {command.id for command in COMMANDS if command.keys}


def test_keys_are_named_as_they_are_bound() -> None:
    assert keys_of("model_picker", {}) == "^l"
    assert keys_of("stop", {}) == "esc"
    assert keys_of("model_picker", {"model_picker": "f5,alt+m"}) == "f5 alt+m"
