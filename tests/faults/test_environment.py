"""Whatever the environment holds: the program works, or says in a line or two what is wrong with it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator

import pytest

from tests.faults.conftest import Home
from tests.faults.terminal import ROOT
from tests.servers import ScriptedServer, hello
from tests.torture import amount

QUIT = "\x11"
ENVIRONMENTS = [
    {"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"},
    {"ALL_PROXY": "socks5://127.0.0.1:1"},
    {"ALL_PROXY": "socks://127.0.0.1:1"},
    {"ALL_PROXY": "not a proxy"},
    {"http_proxy": "http://[", "https_proxy": "::::"},
    {"NO_PROXY": "[::1]"},
    {"NO_PROXY": "*"},
    {"SSL_CERT_FILE": "/nonexistent/ca.pem"},
    {"SSL_CERT_FILE": "/dev/null"},
    {"SSL_CERT_DIR": "/nonexistent"},
    {"SSLKEYLOGFILE": "/nonexistent/keys.log"},
    {"LC_ALL": "C", "LANG": "C"},
    {"LC_ALL": "xx_YY.UTF-8"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONUTF8": "0", "LC_ALL": "POSIX"},
    {"TZ": "Nowhere/At_All"},
    {"HOME": "/nonexistent"},
    {"HOME": ""},
    {"CHAT_TUI_CACHE_DIR": "/proc/nowhere"},
    {"CHAT_TUI_CONFIG_DIR": "/dev/null"},
]
UNWRITABLE = {"CHAT_TUI_DATA_DIR": "/proc/nowhere"}
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[0-9;]*m")
TERMINALS = [
    {"TERM": "no-such-terminal"},
    {"TERM": "linux", "COLORTERM": ""},
    {"TERM": "screen"},
    {"NO_COLOR": "1"},
    {"COLUMNS": "0", "LINES": "x"},
    {"LC_ALL": "C", "LANG": "C"},
]


@pytest.fixture
async def server(home: Home) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        yield server


async def ask(home: Home, changes: dict[str, str]) -> tuple[int, str, str]:
    """One question by a process; its exit code and what it wrote."""
    environ = {name: value for name, value in {**home.environ, **changes}.items() if value or name in changes}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chat_tui", "ask", "-m", "work/model-a", "Hi", env=environ, cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "changes", ENVIRONMENTS[:: amount(2, 1)], ids=lambda each: " ".join(f"{k}={v}" for k, v in each.items())
)
async def test_a_question_is_answered_or_the_variable_is_named(
    server: ScriptedServer, home: Home, changes: dict[str, str]
) -> None:
    code, out, err = await ask(home, changes)
    assert "Traceback" not in err
    if code == 0:
        assert out.startswith("Hello")
    else:
        assert code in (1, 2)
        assert 1 <= len(err.splitlines()) <= 3, err
        assert any(name in err or (value and value in err) for name, value in changes.items()), err


async def test_where_nothing_can_be_kept_nothing_is_sent(server: ScriptedServer, home: Home) -> None:
    code, out, err = await ask(home, UNWRITABLE)
    assert (code, out) == (1, "")
    assert "/proc/nowhere" in err
    assert "Traceback" not in err
    assert server.requests == []


@pytest.mark.parametrize("changes", TERMINALS, ids=lambda each: " ".join(f"{k}={v}" for k, v in each.items()))
async def test_the_app_starts_answers_and_leaves_in_any_terminal(
    server: ScriptedServer, home: Home, changes: dict[str, str]
) -> None:
    async with home.terminal(**changes) as terminal:
        (await terminal.ready()).send("Hi\r")
        await terminal.shows("Hello")
        terminal.send(QUIT)
        assert await terminal.exits() == 0
    if "NO_COLOR" in changes:
        assert not COLOUR.search(terminal.raw)


@pytest.mark.parametrize("changes", [{"TERM": "dumb"}, {"TERM": "xterm-256color"}], ids=lambda each: each["TERM"])
async def test_plain_mode_sends_no_escape(server: ScriptedServer, home: Home, changes: dict[str, str]) -> None:
    argv = () if changes["TERM"] == "dumb" else ("--plain",)
    async with home.terminal(*argv, **changes) as terminal:
        await terminal.wrote(b"You: ")
        terminal.send("forget this")
        await terminal.wrote(b"forget this")
        await terminal.sleeps()  # `input` with readline sees no signal that comes before it waits for the next key
        terminal.send("\x03")
        await terminal.wrote(b"You: ", 2)
        terminal.send("Hi\r")
        await terminal.wrote(b"You: ", 3)
        terminal.send("\x04")
        assert await terminal.exits() == 0
    assert b"\x1b" not in terminal.raw
    assert [each["role"] for each in home.thread()["messages"]] == ["user", "assistant"]
    assert home.thread()["messages"][0]["content"] == "Hi"


async def test_without_a_terminal_the_app_says_what_there_is_instead(home: Home) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chat_tui", env=home.environ, cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert b"chat-tui ask" in err
    assert len(err.splitlines()) == 1
