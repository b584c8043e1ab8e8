"""`kill -9` at random moments while answers stream and are saved: no file is damaged, no prompt is lost (T11)."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.faults.conftest import Home
from tests.servers import Reply, Request, ScriptedServer, delta, sse

KILLS = 10
"""Of each test; there are four."""
LONG = "x" * 100_000
"""Makes the file large: a save that is not whole at once takes long enough to be hit."""
BUSY = "import chat_tui.session.keeper\nchat_tui.session.keeper.DELAY = 0.002\n"
"""Saves all the time, so that many kills hit one."""


def endless(asked: asyncio.Event) -> Callable[[Request], Reply]:
    """An answer that goes on until the client is dead; tells when it was asked for."""

    def answer(request: Request) -> Reply:
        asked.set()
        return Reply(_pieces())

    return answer


def _pieces() -> Iterator[bytes | asyncio.Event]:
    number = 0
    while True:
        number += 1
        yield sse(delta(f"word{number} "), done=False)
        tick = asyncio.Event()
        asyncio.get_running_loop().call_later(0.002, tick.set)
        yield tick


@pytest.mark.parametrize("number", range(4))
async def test_nothing_is_damaged_and_no_prompt_lost(home: Home, number: int) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")  # pytest shows it with a failure
    chance = random.Random(seed)
    asked = asyncio.Event()
    in_app = number == 0
    acknowledged: list[str] = []
    async with ScriptedServer(endless(asked)) as server:
        home.use_server(server.url)
        for kill in range(KILLS):
            prompt, going_on = f"prompt {kill}" + (" " + LONG) * (not in_app), kill > 0
            asked.clear()
            argv = ["--resume"] * going_on if in_app else ["ask", prompt, *["--continue"] * going_on]
            async with home.terminal(*argv, patch=BUSY) as terminal:
                if in_app:
                    await terminal.ready()
                    if going_on:
                        await terminal.shows("chat-tui   prompt 0")  # the title: the thread is open
                    terminal.send(prompt + "\r")
                async with asyncio.timeout(60):
                    await asked.wait()
                acknowledged.append(prompt)  # a request is only sent once its prompt is on disk
                await asyncio.sleep(chance.uniform(0, 0.15))
                terminal.signal(signal.SIGKILL)
                assert await terminal.exits() == -signal.SIGKILL
            messages = home.thread()["messages"]  # raises for a damaged file
            kept = [each["content"] for each in messages if each["role"] == "user"]
            assert kept == acknowledged
            for each in messages:
                if each["role"] == "user":
                    continue
                assert each["status"] == "interrupted"
                assert each["content"].startswith("word1 ") or not each["content"]
    assert list((home.root / "data").rglob("*corrupt*")) == []
