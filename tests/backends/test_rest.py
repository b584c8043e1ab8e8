"""When the reading of an answer rests: between drops, so that many are read at once; never where that would hold up."""

from __future__ import annotations

import asyncio

import pytest

from chat_tui.backends.answer import DROPS
from tests.backends.wire import read
from tests.servers import delta, sse

TOKEN = sse(delta("word "), done=False)
END = sse(delta("", finish="stop"))


async def rests(monkeypatch: pytest.MonkeyPatch, *pieces: bytes) -> list[float]:
    """How often and how long it rests while it reads these pieces."""
    found: list[float] = []
    sleep = asyncio.sleep

    async def rest(seconds: float) -> None:
        found.append(seconds)
        await sleep(0)

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "sleep", rest)
        result = await read(pieces, rest=0.02)
    assert result.error is None
    return found


async def test_it_rests_after_each_drop(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await rests(monkeypatch, TOKEN, TOKEN, TOKEN, END) == [0.02] * 3


async def test_it_does_not_where_much_comes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    much = TOKEN * (DROPS // len(TOKEN) + 1)
    assert await rests(monkeypatch, much, much, END) == []


async def test_it_does_not_once_the_answer_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    end = sse(delta("Hi", finish="stop"), done=False)
    assert await rests(monkeypatch, end, sse({"choices": [], "usage": {"total_tokens": 3}})) == []
