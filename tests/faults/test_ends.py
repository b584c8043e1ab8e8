"""However the app ends in the middle of an answer: what came is kept, and the terminal is as it was."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.conftest import Home
from tests.faults.terminal import Terminal
from tests.servers import Reply, ScriptedServer, delta, sse

PROMPT, PARTIAL = "How far is the moon", "It is far away, and"
CANARY = "canary0key1value2"
QUIT, HELP = "\x11", "\x1bOP"


@pytest.fixture
async def held(home: Home) -> AsyncIterator[ScriptedServer]:
    """A server that sends part of an answer and then nothing."""
    async with ScriptedServer(Reply([sse(delta(PARTIAL), done=False), asyncio.Event()])) as server:
        home.use_server(server.url)
        yield server


async def test_kill_9_leaves_what_came(held: ScriptedServer, home: Home) -> None:
    async with home.terminal() as terminal:
        (await terminal.ready()).send(f"{PROMPT}\r")
        await home.has_saved(PARTIAL)
        terminal.signal(signal.SIGKILL)
        assert await terminal.exits() == -signal.SIGKILL
    prompt, answer = home.thread()["messages"]
    assert (prompt["role"], prompt["content"]) == ("user", PROMPT)
    assert (answer["content"], answer["status"]) == (PARTIAL, "interrupted")
    async with home.terminal("--resume") as terminal:
        await terminal.shows(PROMPT, PARTIAL, "interrupted")


async def test_a_draft_survives_kill_9(held: ScriptedServer, home: Home) -> None:
    async with home.terminal() as terminal:
        (await terminal.ready()).send("half a thought")
        await home.has_saved("half a thought")
        terminal.signal(signal.SIGKILL)
        await terminal.exits()
    async with home.terminal("--resume") as terminal:
        await terminal.shows("half a thought")


async def test_a_queued_prompt_and_the_draft_behind_it_survive_kill_9(held: ScriptedServer, home: Home) -> None:
    async with home.terminal() as terminal:
        (await terminal.ready()).send(f"{PROMPT}\r")
        await terminal.shows(PARTIAL)
        terminal.send("And the sun\r")
        await terminal.shows("queued ·")
        terminal.send("half a thought")
        await home.has_saved("half a thought")
        terminal.signal(signal.SIGKILL)
        await terminal.exits()
    assert home.thread()["draft"] == "And the sun\n\nhalf a thought"
    async with home.terminal("--resume") as terminal:
        await terminal.shows("And the sun", "half a thought", PARTIAL)


async def test_quitting_stops_the_answer(held: ScriptedServer, home: Home) -> None:
    async with home.terminal() as terminal:
        (await terminal.ready()).send(f"{PROMPT}\r")
        await terminal.shows(PARTIAL)
        terminal.send(QUIT)
        assert await terminal.exits() == 0
    assert (home.answer()["content"], home.answer()["status"]) == (PARTIAL, "stopped")
    terminal.assert_restored()


def breaking(name: str, flag: Path) -> str:
    """Lets a method fail, with a secret at hand, as soon as a file is there."""
    module, _, path = name.partition(":")
    owner, _, method = path.partition(".")
    return f"""
import importlib, os
def crash(self):
    a_local = os.environ["WORK_API_KEY"]
    raise RuntimeError("broken with " + a_local)
owner = getattr(importlib.import_module({module!r}), {owner!r})
original = owner.{method}
owner.{method} = lambda self: crash(self) if os.path.exists({str(flag)!r}) else original(self)
"""


async def crash(home: Home, server: ScriptedServer, broken: str) -> Terminal:
    """Breaks the app in the middle of an answer."""
    home.use_server(server.url, "bearer")
    flag = home.root / "crash"
    async with home.terminal(patch=breaking(broken, flag), WORK_API_KEY=CANARY) as terminal:
        (await terminal.ready()).send(f"{PROMPT}\r")
        await terminal.shows(PARTIAL)
        flag.touch()
        terminal.send(QUIT if broken == ON_A_KEY else HELP)
        assert await terminal.exits() == 70
    return terminal


ON_A_KEY = "chat_tui.ui.app:ChatApp.action_quit"
IN_A_NEW_SCREEN = "chat_tui.ui.dialogs.commands:Help.compose"
WHILE_DRAWING = "chat_tui.ui.widgets.bars:KeyBar.render"


@pytest.mark.parametrize("broken", [ON_A_KEY, IN_A_NEW_SCREEN, WHILE_DRAWING])
async def test_a_crash_shows_no_traceback_and_no_secret(held: ScriptedServer, home: Home, broken: str) -> None:
    terminal = await crash(home, held, broken)
    assert held.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    assert b"chat-tui failed (" in terminal.raw[terminal.raw.rfind(b"\x1b[?1049l") :]
    for word in (b"Traceback", b"a_local", b"broken with", CANARY.encode()):
        assert word not in terminal.raw, word
    assert [each for each in home.files() if CANARY.encode() in each.read_bytes()] == []
    reports = list((home.root / "cache").glob("crash-*.txt"))
    assert reports
    for report in reports:
        assert report.stat().st_mode & 0o777 == 0o600
        assert "a_local │" not in report.read_text()
        assert "a_local = '" not in report.read_text()
    assert (home.answer()["content"], home.answer()["status"]) == (PARTIAL, "interrupted")
    terminal.assert_restored()


async def test_a_crash_report_names_the_place(held: ScriptedServer, home: Home) -> None:
    terminal = await crash(home, held, ON_A_KEY)
    assert b"chat-tui failed (RuntimeError)" in terminal.raw
    (report,) = (home.root / "cache").glob("crash-*.txt")
    assert report.name.encode() in terminal.raw.replace(b"\r\n", b"")
    text = report.read_text()
    assert "in crash" in text
    assert "RuntimeError: broken with ***" in text


async def test_a_crash_tells_its_cause_and_not_a_consequence(held: ScriptedServer, home: Home) -> None:
    terminal = await crash(home, held, IN_A_NEW_SCREEN)
    assert b"chat-tui failed (RuntimeError)" in terminal.raw
