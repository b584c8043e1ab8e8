"""Each signal in each state of the app: what came and what was typed is saved, the terminal is as it was."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests import torture
from tests.faults.conftest import Home
from tests.faults.terminal import Terminal, until
from tests.servers import Reply, ScriptedServer, delta, sse

PROMPT, PARTIAL, DRAFT = "How far is the moon", "It is far away, and", "half a thought"
HELP, NEW_THREAD, EDITOR = "\x1bOP", "\x0e", "\x07"


@pytest.fixture
async def held(home: Home) -> AsyncIterator[ScriptedServer]:
    """A server that lets the first token of `silent` prompts wait, and sends part of an answer to all others."""

    def answer(request: object) -> Reply:
        wait = asyncio.Event()
        is_silent = b"silent" in request.body  # type: ignore[attr-defined]
        return Reply([wait] if is_silent else [sse(delta(PARTIAL), done=False), wait])

    async with ScriptedServer(answer) as server:
        home.use_server(server.url)
        yield server


async def idle(terminal: Terminal, server: ScriptedServer) -> None:
    """A draft in an empty thread."""
    terminal.send(DRAFT)
    await terminal.shows(DRAFT)


async def waiting(terminal: Terminal, server: ScriptedServer) -> None:
    """The request is out, and nothing has come; the next prompt is being written."""
    terminal.send("silent\r")
    await until(lambda: bool(server.requests))
    await idle(terminal, server)


async def streaming(terminal: Terminal, server: ScriptedServer) -> None:
    """Half of an answer has come; the next prompt is being written."""
    terminal.send(f"{PROMPT}\r")
    await terminal.shows(PARTIAL)
    await idle(terminal, server)


async def in_dialog(terminal: Terminal, server: ScriptedServer) -> None:
    """The help is open over a running answer."""
    await streaming(terminal, server)
    terminal.send(HELP)
    await terminal.hides(PARTIAL)


async def elsewhere(terminal: Terminal, server: ScriptedServer) -> None:
    """An answer runs in another thread than the one that is shown."""
    terminal.send(f"{PROMPT}\r")
    await terminal.shows(PARTIAL)
    terminal.send(NEW_THREAD)
    await terminal.hides(PARTIAL)
    await idle(terminal, server)


State = Callable[[Terminal, ScriptedServer], Awaitable[None]]
STATES: tuple[State, ...] = (idle, waiting, streaming, in_dialog, elsewhere)
PYTHON_CAN_NOT_SAY = 120
"""Python's own code for output that can't be flushed at its end."""
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
PAIRS = [
    (number, state)
    for at, number in enumerate(SIGNALS)
    for place, state in enumerate(STATES)
    if torture.is_long or place % len(SIGNALS) == at
]
"""Each signal in each state; in the short form each state with one of them."""
BUSIEST = STATES if torture.is_long else (streaming, elsewhere)


def assert_saved(home: Home, state: State) -> None:
    threads = home.threads()
    assert [each["draft"] for each in threads if each["draft"]] == [DRAFT]
    answers = [each for thread in threads for each in thread["messages"] if each["role"] == "assistant"]
    expected = [] if state is idle else [("" if state is waiting else PARTIAL, "interrupted")]
    assert [(each["content"], each["status"]) for each in answers] == expected
    assert "Traceback" not in json.dumps(threads)


@pytest.mark.parametrize(("number", "state"), PAIRS)
async def test_a_signal_keeps_all_and_restores_the_terminal(
    held: ScriptedServer, home: Home, number: signal.Signals, state: State
) -> None:
    async with home.terminal() as terminal:
        await state(await terminal.ready(), held)
        terminal.signal(number)
        assert await terminal.exits() == 128 + number
    assert_saved(home, state)
    assert b"Traceback" not in terminal.raw
    terminal.assert_restored()


@pytest.mark.parametrize("state", BUSIEST)
async def test_a_closed_terminal_keeps_all(held: ScriptedServer, home: Home, state: State) -> None:
    async with home.terminal() as terminal:
        await state(await terminal.ready(), held)
        terminal.close()
        assert await terminal.exits() in (128 + signal.SIGHUP, PYTHON_CAN_NOT_SAY)
    assert_saved(home, state)


async def test_a_terminal_that_goes_without_a_signal_keeps_all(held: ScriptedServer, home: Home) -> None:
    terminal = home.terminal()
    terminal.controls = False
    async with terminal:
        await streaming(await terminal.ready(), held)
        terminal.close()
        assert await terminal.exits() in (128 + signal.SIGHUP, PYTHON_CAN_NOT_SAY)
    assert_saved(home, streaming)


@pytest.mark.parametrize("state", STATES if torture.is_long else (waiting, in_dialog))
async def test_a_stopped_program_goes_on_as_it_was(held: ScriptedServer, home: Home, state: State) -> None:
    async with home.terminal() as terminal:
        await state(await terminal.ready(), held)
        terminal.signal(signal.SIGTSTP)
        await asyncio.to_thread(os.waitid, os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        terminal.signal(signal.SIGCONT)
        await terminal.wrote(b"\x1b[?1049h", times=2)  # until then the terminal keeps keys for a line
        if state is in_dialog:
            terminal.send("\x1b")
            await terminal.shows(PARTIAL)
        terminal.send(" and more")
        await terminal.shows(f"{DRAFT} and more")
        await home.has_saved(f"{DRAFT} and more")
        terminal.signal(signal.SIGTERM)
        assert await terminal.exits() == 128 + signal.SIGTERM
    terminal.assert_restored(starts=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_while_the_editor_is_open_keeps_the_draft(
    held: ScriptedServer, home: Home, number: signal.Signals
) -> None:
    opened = home.root / "opened"
    editor = home.write("editor", f"#!/bin/sh\ntouch {opened}\nwhile [ -e {opened} ]; do sleep 0.02; done\n")
    editor.chmod(0o700)
    async with home.terminal(VISUAL=str(editor)) as terminal:
        await idle(await terminal.ready(), held)
        terminal.send(EDITOR)
        await until(opened.exists)
        terminal.signal(number)
        opened.unlink()
        assert await terminal.exits() == 128 + number
    assert_saved(home, idle)


async def test_without_its_handlers_the_program_is_caught(held: ScriptedServer, home: Home) -> None:
    patch = "import asyncio.unix_events as it\nit._UnixSelectorEventLoop.add_signal_handler = lambda *_: None\n"
    async with home.terminal(patch=patch) as terminal:
        await streaming(await terminal.ready(), held)
        terminal.signal(signal.SIGTERM)
        assert await terminal.exits() == -signal.SIGTERM
    with pytest.raises(AssertionError):
        terminal.assert_restored()
