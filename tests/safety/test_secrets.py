"""A key in every place from which it could slip out: it never does."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.conftest import Home
from tests.faults.terminal import ROOT
from tests.servers import Reply, Request, ScriptedServer, hello, json_reply

KEY = "canary-0a1b2c3d4e5f"
"""In no shape that is known for a key: only its being known can keep it in."""


@dataclass
class Ran:
    """What a command did."""

    code: int
    output: bytes


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def echo(home: Home) -> AsyncIterator[ScriptedServer]:
    """A server that refuses every key and says which one it was."""

    def refuse(request: Request) -> Reply:
        said = f"Incorrect API key provided: {request.headers['authorization']}"
        return json_reply({"error": {"message": said, "code": said}}, 401, x_request_id=said)

    async with ScriptedServer(refuse) as server:
        home.use_server(server.url, "bearer")
        yield server


async def chat(home: Home, *argv: str, patch: str = "", stdin: str = "", key: str = KEY) -> Ran:
    start = ["-c", f"{patch}\nimport sys\nfrom chat_tui.__main__ import main\nsys.exit(main(sys.argv[1:]))"]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, *start, *argv],
        input=stdin.encode(),
        capture_output=True,
        env={**home.environ, "WORK_API_KEY": key},
        cwd=ROOT,
    )
    return Ran(done.returncode, done.stdout + done.stderr)


def assert_kept_in(home: Home, output: bytes) -> None:
    assert KEY.encode() not in output
    assert [each for each in home.files() if KEY.encode() in each.read_bytes()] == []


@pytest.mark.parametrize("how", [["--json"], [], ["--no-stream"]])
async def test_a_server_that_echoes_the_key(echo: ScriptedServer, home: Home, how: list[str]) -> None:
    ran = await chat(home, "ask", "Hi", *how)
    assert ran.code in (1, 2)
    assert echo.requests[0].headers["authorization"] == f"Bearer {KEY}", "the key was never there"
    assert b"Incorrect API key" in ran.output
    assert home.answer()["error"]["http_status"] == 401
    assert_kept_in(home, ran.output)


async def test_a_server_that_echoes_the_key_in_the_app(echo: ScriptedServer, home: Home) -> None:
    async with home.terminal(WORK_API_KEY=KEY) as terminal:
        (await terminal.ready()).send("Hi\r")
        await terminal.shows("retry", "Incorrect API key")
        terminal.send("\x11")
        await terminal.exits()
    assert_kept_in(home, bytes(terminal.raw))


async def test_an_answer_goes_through_without_a_trace_of_the_key(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url, "bearer")
        ran = await chat(home, "ask", "Hi", "--json")
    assert ran.code == 0
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert_kept_in(home, ran.output)


@pytest.mark.parametrize("argv", [["providers", "--json"], ["providers"], ["models", "--json"], ["config", "check"]])
async def test_lists_do_not_tell_the_key(echo: ScriptedServer, home: Home, argv: list[str]) -> None:
    ran = await chat(home, *argv)
    assert_kept_in(home, ran.output)
    assert b"work" in ran.output or argv == ["config", "check"]


async def test_a_key_in_the_configuration_is_refused_without_being_quoted(home: Home) -> None:
    home.use_server("http://127.0.0.1:9", "bearer", more=f'api_key = "{KEY}"\n')
    ran = await chat(home, "config", "check", key="another-key-in-the-environment")
    assert b"api_key" in ran.output
    assert ran.code == 2
    assert KEY.encode() not in ran.output


async def test_a_key_that_no_header_can_carry_is_not_quoted(home: Home) -> None:
    home.use_server("http://127.0.0.1:9", "bearer")
    ran = await chat(home, "ask", "Hi", key=f"{KEY}\nwith a second line")
    assert ran.code != 0
    assert_kept_in(home, ran.output)


async def test_a_wrong_key_is_not_quoted_when_it_is_stored(home: Home) -> None:
    home.use_server("http://127.0.0.1:9", "bearer")
    ran = await chat(home, "keys", "set", "work", stdin=f"{KEY} and more\n", key="")
    assert ran.code == 2
    assert_kept_in(home, ran.output)


@pytest.mark.parametrize("variable", ["WORK_API_KEY", pytest.param("WORK_TOKEN", id="another name")])
async def test_a_crash_of_a_command_does_not_tell_the_key(home: Home, variable: str) -> None:
    home.use_server("http://127.0.0.1:9", "bearer")
    config = home.root / "config" / "config.toml"
    config.write_text(config.read_text().replace("WORK_API_KEY", variable))
    patch = f"""
import os
os.environ[{variable!r}] = {KEY!r}
import chat_tui.session
def crash(self):
    a_local = {KEY!r}
    raise RuntimeError("it broke with " + a_local)
chat_tui.session.ChatSession._require_model = crash
"""
    ran = await chat(home, "ask", "Hi", patch=patch, key="")
    assert ran.code == 70
    assert b"Traceback" not in ran.output
    (report,) = (home.root / "cache").glob("crash-*.txt")
    assert "it broke with ***" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600
    assert_kept_in(home, ran.output)
