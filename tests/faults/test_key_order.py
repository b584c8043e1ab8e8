"""Keys that arrive together, in a bare terminal: each acts where it was meant to, from the first byte on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from tests.faults.conftest import Home
from tests.faults.terminal import READY, Terminal, until
from tests.servers import Reply, ScriptedServer, delta, sse
from tests.storage.conftest import a_thread

TO_END, CLEAR_LINE = "\x1b[F", "\x15"
ALL_AT_START = "\x1b[1;3A\x0e\x12\x06\x1b[27u\x1b[5~\x1b[1;5H\x02\x02\x10\x1b[27u"
"""alt+up, ctrl+n, ctrl+r, ctrl+f, esc, page up, ctrl+home, ctrl+b twice, ctrl+p, esc."""


@pytest.fixture
async def server(home: Home) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(Reply([sse(delta("Answer"), delta(finish="stop"))])) as server:
        home.use_server(server.url)
        yield server


def sent(server: ScriptedServer) -> list[str]:
    """The prompts of the requests, in order."""
    return [each.json["messages"][-1]["content"] for each in server.requests]


def in_prompt(terminal: Terminal, text: str) -> bool:
    return f"│ {text} " in terminal.screen.text


async def types(terminal: Terminal, keys: str, prompt: str) -> None:
    """Sends keys in one write; waits until the prompt holds a text; clears its line."""
    terminal.send(keys)
    await terminal.until(lambda: in_prompt(terminal, prompt))
    terminal.send(TO_END + CLEAR_LINE)
    await terminal.shows(READY)


async def test_keys_in_one_write(home: Home, server: ScriptedServer) -> None:
    async with home.terminal() as terminal:
        await terminal.ready()
        await types(terminal, "ab\x7fcd", "acd")
        await types(terminal, "ab\x1b[DX", "aXb")
        await types(terminal, "a👨\u200d👩\u200d👧\x7fb", "ab")
        await types(terminal, "hello\rworld", "world")
        await until(lambda: sent(server) == ["hello"])
        terminal.send("one\rtwo\rthree\r")
        await until(lambda: sent(server) == ["hello", "one", "two", "three"])
        terminal.send("old\x0enew")
        await terminal.until(lambda: in_prompt(terminal, "new"))
        terminal.send("\x0cmodel-b\x7f")
        await terminal.shows("model-")
        assert not in_prompt(terminal, "newmodel-")


async def test_a_paste_is_text_whatever_it_holds(home: Home, server: ScriptedServer) -> None:
    log = "\x1b[31mred\x1b[0m\x07 \x11 tail\x1b[A\rlast"
    async with home.terminal() as terminal:
        await terminal.ready()
        terminal.send(f"\x1b[200~{log}\x1b[201~!")
        await terminal.shows("␛[31mred␛[0m␇ ␑ tail␛[A", "last!")
        terminal.send("\x11")
        assert await terminal.exits() == 0
    assert sent(server) == []


async def test_lines_without_brackets_are_a_paste(home: Home, server: ScriptedServer) -> None:
    async with home.terminal() as terminal:
        await terminal.ready()
        terminal.send("def area(r):\r    return 3.14 * r * r\r\rprint(area(2))\r")
        await terminal.shows("def area(r):", "print(area(2))")
        terminal.send("\x11")
        assert await terminal.exits() == 0
    assert sent(server) == []


async def test_keys_from_the_first_byte_on_the_screen(home: Home, server: ScriptedServer) -> None:
    async with home.terminal() as terminal:
        await terminal.wrote(b"\x1b")
        terminal.send(ALL_AT_START + "first words\rmore")
        await terminal.until(lambda: in_prompt(terminal, "more"))
        await until(lambda: sent(server) == ["first words"])


async def test_quitting_from_the_first_byte_on_the_screen(home: Home) -> None:
    async with home.terminal() as terminal:
        await terminal.wrote(b"\x1b")
        terminal.send("\x11")
        assert await terminal.exits() == 0
        terminal.assert_restored()


async def test_keys_before_a_resumed_thread_is_there_are_for_that_thread(home: Home, server: ScriptedServer) -> None:
    thread = a_thread("Question", "An old answer")
    await FileThreadStore(Paths(home.root / "config", home.root / "data", home.root / "cache")).save(thread)
    async with home.terminal("--resume", thread.id) as terminal:
        await terminal.wrote(b"\x1b")
        terminal.send("Go on\r")
        await terminal.shows("An old answer")
        await until(lambda: sent(server) == ["Go on"])
    assert [each["content"] for each in server.requests[0].json["messages"]] == ["Question", "An old answer", "Go on"]


async def test_the_cursor_is_at_the_caret(home: Home, server: ScriptedServer) -> None:
    async with home.terminal() as terminal:
        await terminal.ready()
        await terminal.until(lambda: terminal.screen.cursor == terminal.screen.place(READY))
        terminal.send("\x0cneedle")
        await terminal.shows("needle")
        x, y = terminal.screen.place("needle")
        await terminal.until(lambda: terminal.screen.cursor == (x + 6, y))
        terminal.send("\x1b[27u")
        await terminal.hides("needle")
        await terminal.shows(READY)
        await terminal.until(lambda: terminal.screen.cursor == terminal.screen.place(READY))
