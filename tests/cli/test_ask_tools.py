"""`chat-tui ask --tool`: what runs by whose word, and what is printed where."""

from __future__ import annotations

import io
from functools import cached_property
from typing import Any

import pytest

from chat_tui.cli.commands.ask import call_approval
from chat_tui.cli.container import Container
from chat_tui.domain.tools import Tool
from tests.cli.conftest import Chat, Home, Script, Terminal
from tests.fakes import FakeToolbox


@pytest.fixture
def toolbox(monkeypatch: pytest.MonkeyPatch) -> FakeToolbox:
    toolbox = FakeToolbox(Tool("time", "now", schema={"type": "object", "required": ["zone"]}), Tool("time", "sleep"))
    made = cached_property(lambda self: toolbox)
    made.__set_name__(Container, "toolbox")
    monkeypatch.setattr(Container, "toolbox", made)
    return toolbox


def test_without_a_terminal_nothing_runs_and_that_is_said(
    chat: Chat, acme: Script, home: Home, toolbox: FakeToolbox
) -> None:
    acme.calls = [{"time__now": {"zone": "UTC"}}]
    result = chat("ask", "What time is it?", "--tool", "time")
    assert (result.code, result.out, toolbox.ran) == (0, "Hello there.", [])
    assert "No terminal to ask on: calls of tools are refused. Use --approve all to run them." in result.err
    assert "Tool time:now: refused" in result.err
    assert [each["function"]["name"] for each in acme.bodies[0]["tools"]] == ["time__now", "time__sleep"]
    assert acme.bodies[1]["messages"][-1]["content"] == "The user refused this call. They said: Nobody can be asked."
    assert [each["role"] for each in home.thread()["messages"]] == ["user", "assistant", "tool", "assistant"]


def test_approve_all_runs_each_and_json_has_the_whole_turn(
    chat: Chat, acme: Script, home: Home, toolbox: FakeToolbox
) -> None:
    acme.calls = [{"time__now": {"zone": "UTC"}, "time__sleep": {}}, {"time__now": {"zone": 1}}]
    result = chat("ask", "What time is it?", "--tool", "time", "--approve", "all", "--json")
    assert result.code == 0
    assert toolbox.ran[2] == ("now", {"zone": 1})
    assert sorted(name for name, _ in toolbox.ran[:2]) == ["now", "sleep"]
    printed: dict[str, Any] = result.json
    assert printed["messages"] == home.thread()["messages"][1:]
    assert printed["message"] == printed["messages"][-1]
    assert printed["messages"][0]["usage"]["total_tokens"] == 7
    assert [each["tool_run"]["state"] for each in printed["messages"] if each["role"] == "tool"] == ["done"] * 3
    assert "Tool time:now: done, 0.0 s" in result.err


def test_one_tool_is_offered_and_bad_arguments_run_nothing(chat: Chat, acme: Script, toolbox: FakeToolbox) -> None:
    acme.calls = [{"time__now": {}}]
    result = chat("ask", "Hi", "--tool", "time:now", "--approve", "all")
    assert (result.code, toolbox.ran) == (0, [])
    assert "'zone' is a required property" in acme.bodies[1]["messages"][-1]["content"]
    assert [each["function"]["name"] for each in acme.bodies[0]["tools"]] == ["time__now"]


def test_text_of_two_answers_is_two_paragraphs(chat: Chat, acme: Script, toolbox: FakeToolbox) -> None:
    result = chat("ask", "Hi", "--tool", "time")
    assert result.out == "Hello there."
    result = chat("ask", "Hi", "--tool", "nowhere")
    assert (result.code, result.err) == (2, "chat-tui: No tool server named 'nowhere'. Known: time.\n")


def test_calls_without_end_are_ended(chat: Chat, acme: Script, toolbox: FakeToolbox) -> None:
    acme.calls = [{"time__sleep": {}} for _ in range(30)]
    result = chat("ask", "Hi", "--tool", "time", "--approve", "none")
    assert (result.code, toolbox.ran, len(acme.bodies)) == (1, [], 9)
    assert "Stopped after 8 rounds of tool calls." in result.err


@pytest.mark.parametrize(("typed", "runs"), [("y\n", 1), ("what?\nY\n", 1), ("n\n", 0), ("", 0), ("a\n", 2)], ids=str)
def test_the_terminal_is_asked(
    chat: Chat, acme: Script, toolbox: FakeToolbox, monkeypatch: pytest.MonkeyPatch, typed: str, runs: int
) -> None:
    acme.calls = [{"time__sleep": {"seconds": 1}}]
    if typed == "a\n":
        acme.calls.append({"time__sleep": {"seconds": 2}})
    monkeypatch.setattr(call_approval, "_open_terminal", lambda: io.StringIO(typed))
    result = chat("ask", "Hi", "--tool", "time", stdin=Terminal(), terminal=True)
    assert result.code == 0
    assert len(toolbox.ran) == runs
    assert 'Tool time:sleep\n  {\n    "seconds": 1\n  }\nRun it?' in result.err
    assert result.err.count("Run it?") == (2 if typed.startswith("what") else 1)


def test_asking_needs_a_terminal(chat: Chat, acme: Script, toolbox: FakeToolbox) -> None:
    result = chat("ask", "Hi", "--tool", "time", "--approve", "ask")
    assert (result.code, acme.bodies) == (2, [])
    assert result.err == "chat-tui: --approve ask needs a terminal. Use --approve all or --approve none.\n"


def test_a_dry_run_shows_the_tools_and_calls_none(chat: Chat, acme: Script, toolbox: FakeToolbox) -> None:
    result = chat("ask", "Hi", "--tool", "time:now", "--dry-run")
    assert [each["function"]["name"] for each in result.json["tools"]] == ["time__now"]
    assert acme.bodies == []
