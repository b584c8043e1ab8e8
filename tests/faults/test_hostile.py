"""Hostile text from end to end: what reaches the terminal is text and the app's own sequences, nothing else."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys

import pytest

from chat_tui.domain.text.clean import clean
from tests.faults.conftest import Home
from tests.faults.screen import leaks
from tests.faults.terminal import READY, ROOT
from tests.faults.tmux import Tmux
from tests.servers import Reply, ScriptedServer, delta, json_reply, sse

ATTACKS = (
    "\x1b]52;c;UFdORUQ=\x07",  # the clipboard
    "\x1b]0;PWNED\x1b\\",  # the title
    "\x1b[31mPWNED\x1b[2J",
    "\x1bcPWNED",
    "\x1bP+q544e\x1b\\\x1b_PWNED\x1b\\",
    "\x9b31mPWNED\x9d0;PWNED\x9c\x85",  # the same as C1
    "\x08\x7f\x0e",
    "\u202eDENWP\u202c\u200b\ufeff\U000e0041",
)
EVIL = "evil" + "".join(ATTACKS) + "live"
UNGUARDED = """
import chat_tui.domain.text.clean as module
module.clean = lambda text, *, multiline=True: text if multiline else text.replace("\\n", " ")
module.Cleaner.feed, module.Cleaner.flush = lambda self, text: text, lambda self: ""
import textual.widget  # as in the app, before what it guards
import chat_tui.ui.text.sanitizer as guard
guard.SanitizingFilter.apply = lambda self, segments, background: segments
guard._is_harmless = lambda segment: True
"""
"""Takes both guards away: what is cleaned where it comes in, and what is cleaned where it goes out."""
ROW = EVIL.replace("\x85", "")
MARKDOWN = f"""{EVIL}

# {EVIL}

- `{EVIL}` [{EVIL}](https://host.example/{EVIL}) ![{EVIL}](http://host.example)

| {ROW} |
|---|
| x |

```{EVIL}
{EVIL}
```
the end"""


def toml(text: str) -> str:
    """A string of TOML, which can say every character but none of them raw."""
    return '"' + "".join(each if each.isalnum() else f"\\U{ord(each):08x}" for each in text) + '"'


def arrange(home: Home, url: str) -> None:
    """Puts hostile text wherever files can have it."""
    model = f"model-a{EVIL}"
    home.write(
        "config/config.toml",
        f"default_model = {toml('work/' + model)}\n{toml(EVIL)} = 1\n[providers.work]\nname = {toml(EVIL)}\n"
        f'base_url = "{url}/v1"\nauth = "none"\nmodels = [{toml(model)}]\nmodels_paths = []\n',
    )
    home.write("config/prompts/evil.toml", f"prompt = {toml(EVIL)}\ndescription = {toml(EVIL)}\n")
    message = {"id": "0", "parent": None, "role": "user", "content": EVIL, "created": "2026-11-21T20:27:00Z"}
    thread = {"format": "chat-tui.thread", "version": 1, "id": "20261121-202700-evil", "title": f"old {EVIL}"}
    thread |= {"system_prompt": EVIL, "draft": EVIL, "head": "0", "messages": [message], "model": f"work/{model}"}
    home.write("data/threads/20261121-202700-evil.json", json.dumps(thread))


def hostile_answer() -> Reply:
    call = {"index": 0, "id": "1", "type": "function", "function": {"name": EVIL, "arguments": EVIL}}
    pieces = [delta(None, reasoning_content=EVIL), delta(MARKDOWN), delta(None, tool_calls=[call])]
    return Reply([sse(*pieces, delta(finish=EVIL))], headers={"Content-Type": "text/event-stream"})


@pytest.mark.parametrize("patch", ["", UNGUARDED], ids=["guarded", "control"])
async def test_a_hostile_answer_reaches_the_terminal_as_text(home: Home, patch: str) -> None:
    async with ScriptedServer(hostile_answer()) as server:
        arrange(home, server.url)
        async with home.terminal("--prompt", "evil", patch=patch) as terminal:
            await (terminal.wrote(READY[1:].encode()) if patch else terminal.shows(READY))
            terminal.send("Hi\r")
            if patch:  # what it shows can't be told
                await terminal.wrote(b"PWNED\x1b[2J")
                terminal.process.kill()
            else:
                await terminal.shows("Configuration")
                await terminal.shows("the end", "evil", "hidden characters removed")
                terminal.send("\x1br\x1b[1;5H")  # unfolds the reasoning, and goes to the start
                await terminal.shows("▾", "▏ evil")
                for keys, shown in (("\x13", "Library"), ("\x0c", "Choose a model"), ("\x0f", "Type words")):
                    terminal.send(keys)
                    await terminal.shows(shown)
                    terminal.send("\x1b")
                    await terminal.hides(shown)
                terminal.send("\x11")
            await terminal.exits()
    assert bool(leaks(bytes(terminal.raw))) == bool(patch), leaks(bytes(terminal.raw))[:5]


@pytest.mark.parametrize("patch", ["", UNGUARDED], ids=["guarded", "control"])
async def test_a_hostile_error_reaches_the_terminal_as_text(home: Home, patch: str) -> None:
    reply = json_reply({"error": {"message": EVIL, "type": EVIL, "code": EVIL}}, 400)
    async with ScriptedServer(reply) as server:
        arrange(home, server.url)
        async with home.terminal("--resume", patch=patch) as terminal:
            if patch:
                await terminal.wrote(b"\x1b]52;c;")
                terminal.process.kill()
            else:
                await terminal.shows("Configuration")
                await terminal.shows("You", "DENWPlive")  # the thread and its draft
                terminal.send("\r")
                await terminal.shows("retry")
                terminal.send("\x11")
            await terminal.exits()
    assert bool(leaks(bytes(terminal.raw))) == bool(patch), leaks(bytes(terminal.raw))[:5]


async def test_a_hostile_reason_phrase_and_header_are_refused_or_shown_as_text(home: Home) -> None:
    reply = Reply([b"no"], 401, {"Content-Type": "text/plain", "x-request-id": "id\x1b]0;PWNED\x07"})
    reply.reason = "Un\x1b]0;PWNED\x07auth"
    async with ScriptedServer(reply) as server:
        home.use_server(server.url)
        async with home.terminal() as terminal:
            (await terminal.ready()).send("Hi\r")
            await terminal.shows("retry")
            terminal.send("\x11")
            await terminal.exits()
    assert leaks(bytes(terminal.raw)) == []


@pytest.mark.parametrize("patch", ["", UNGUARDED], ids=["guarded", "control"])
async def test_the_last_words_of_a_crash_are_text(home: Home, patch: str) -> None:
    bad = f"""
import chat_tui.ui.app
def crash(self):
    raise type({EVIL!r}, (RuntimeError,), {{}})("no")
assert chat_tui.ui.app.ChatApp.action_quit
chat_tui.ui.app.ChatApp.action_quit = crash
"""
    home.use_server("http://127.0.0.1:9")
    async with home.terminal(patch=patch + bad) as terminal:
        (await terminal.ready()).send("\x11")
        assert await terminal.exits() == 70
    said = bytes(terminal.raw[terminal.raw.rfind(b"\x1b[?1049l") :])
    assert b"evil" in said
    assert bool(leaks(said)) == bool(patch)


@pytest.mark.parametrize("argv", [["--resume", EVIL], ["ask", "-m", EVIL, "Hi"], ["threads"], ["config", "check"]])
async def test_the_command_line_says_text(home: Home, argv: list[str]) -> None:
    arrange(home, "http://127.0.0.1:9")
    async with home.terminal(*argv) as terminal:
        await terminal.exits()
    assert b"evil" in terminal.raw
    assert leaks(bytes(terminal.raw)) == []


@pytest.mark.parametrize("patch", ["", UNGUARDED], ids=["guarded", "control"])
async def test_ask_is_clean_in_a_terminal(home: Home, patch: str) -> None:
    async with ScriptedServer(Reply([sse(delta(EVIL), delta(finish="stop"))])) as server:
        home.use_server(server.url)
        async with home.terminal("ask", "Hi", patch=patch) as terminal:
            assert await terminal.exits() == 0
    assert b"PWNED" in terminal.raw
    assert bool(leaks(bytes(terminal.raw))) == bool(patch)


@pytest.mark.parametrize("argv", [[], ["--raw"]], ids=["clean", "raw"])
async def test_ask_is_clean_in_a_pipe_which_may_end_on_a_terminal(home: Home, argv: list[str]) -> None:
    async with ScriptedServer(Reply([sse(delta(EVIL), delta(finish="stop"))])) as server:
        home.use_server(server.url)
        command = [sys.executable, "-m", "chat_tui", "ask", "Hi", *argv]
        done = await asyncio.to_thread(
            subprocess.run, command, stdin=subprocess.DEVNULL, capture_output=True, env=home.environ, cwd=ROOT
        )
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, EVIL if argv else clean(EVIL), b"")


@pytest.mark.parametrize("argv", ["list", "show evil0", "search evil", "export evil0 --to md"])
async def test_each_attack_in_saved_threads_is_told_as_text(home: Home, argv: str) -> None:
    """Each attack heads a thread and a message of its own: no other is before it that could hide it."""
    for number, title in enumerate(ATTACKS):
        thread = {"format": "chat-tui.thread", "version": 1, "id": f"evil{number}", "title": f"evil{title}"}
        messages = [
            {"id": f"{at}", "parent": f"{at - 1}" if at else None, "role": "user", "content": f"live{at}{attack}"}
            for at, attack in enumerate([*ATTACKS[number:], *ATTACKS[:number]])
        ]
        thread |= {"head": messages[-1]["id"], "messages": messages}
        home.write(f"data/threads/evil{number}.json", json.dumps(thread))
    async with home.terminal("threads", *argv.split()) as terminal:
        assert await terminal.exits() == 0
    each = [b"evil"] * len(ATTACKS) if argv in ("list", "search evil") else [f"live{at}".encode() for at in range(8)]
    assert all(terminal.raw.count(it) >= each.count(it) for it in each), terminal.raw
    assert leaks(bytes(terminal.raw)) == []


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")
async def test_in_tmux_the_clipboard_and_the_title_stay_as_they_were(home: Home) -> None:
    async with ScriptedServer(hostile_answer()) as server:
        arrange(home, server.url)
        tmux = Tmux(home)
        tmux.start("sleep", "1000", width=120)
        try:
            tmux.run("set", "-g", "set-clipboard", "on")
            tmux.run("set-buffer", "MINE")
            tmux.run("select-pane", "-T", "TITLE")
            tmux.run("respawn-pane", "-k", sys.executable, "-m", "chat_tui", "--resume")
            await tmux.shows("DENWPlive")
            tmux.keys("Enter")
            await tmux.shows("the end")
            assert tmux.buffer == b"MINE"
            assert b"PWNED" not in tmux.run("display-message", "-p", "#{pane_title}")
        finally:
            tmux.run("kill-server")
