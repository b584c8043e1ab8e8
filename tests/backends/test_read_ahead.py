"""The body is read as fast as it arrives: no clock, no consumer and no chunk of its own holds reading up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat_tui.backends.client import HttpBackend
from chat_tui.backends.http import read_ahead
from chat_tui.backends.http.read_ahead import BUFFER, FAIR, ReadAhead
from chat_tui.domain.conversation.chunk import TextDelta
from tests.backends.helpers import Keys, custom, run, turn
from tests.backends.wire import read, single
from tests.servers import Reply, ScriptedServer, delta, sse

TOKEN = sse(delta("word "), done=False)
END = sse(delta("", finish="stop"))
MANY = 300
"""Chunks, all of them in the client's buffer at once: fewer than `BUFFER` bytes."""


class Body(httpx.AsyncByteStream):
    """Yields pieces and counts them."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = pieces
        self.count = 0
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.count += 1
            yield piece

    async def aclose(self) -> None:
        self.is_closed = True


def far() -> float:
    return asyncio.get_running_loop().time() + 60


async def passes() -> None:
    """Lets the loop run a few times."""
    for _ in range(30):
        await asyncio.sleep(0)


@pytest.fixture
async def timers(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments that anything on the loop has waited for: every sleep and every timeout is one."""
    loop = asyncio.get_running_loop()
    call_at, found = loop.call_at, list[float]()

    def count(when: float, callback: Callable[..., object], *args: Any, **kwargs: Any) -> asyncio.TimerHandle:
        found.append(when)
        return call_at(when, callback, *args, **kwargs)

    monkeypatch.setattr(loop, "call_at", count)
    return found


async def test_an_answer_that_has_arrived_is_read_without_waiting(timers: list[float]) -> None:
    result = await read([TOKEN] * MANY + [END], interval=0.02, yields=False)
    assert result.message.content == "word " * MANY
    assert len(timers) <= 5


@pytest.mark.parametrize("kind", ["answer", "error", "models"])
async def test_chunks_of_a_server_are_read_without_waiting(tmp_path: Path, timers: list[float], kind: str) -> None:
    """Through httpx and h11, which return one HTTP chunk per read."""
    replies = {
        "answer": Reply([*[TOKEN] * MANY, END]),
        "error": Reply([b" "] * MANY + [b'{"error": {"message": "No such model."}}'], 404),
        "models": Reply([b'{"data": [{"id": "m0"}', *(b', {"id": "m%d"}' % at for at in range(1, MANY)), b"]}"]),
    }
    async with ScriptedServer(replies[kind]) as server:
        provider = custom(server.url)
        if kind == "models":
            backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
            listed = await backend.models("work", refresh=True)
            await backend.aclose()
            assert len(listed.models) == MANY
        else:
            outcome = await run(provider, tmp_path)
            assert outcome.message.content == ("word " * MANY if kind == "answer" else "")
            assert kind == "answer" or "No such model." in str(outcome.failure)
    assert len(timers) < MANY / 10


async def test_reading_goes_on_while_the_consumer_is_busy() -> None:
    body = Body([TOKEN] * MANY)
    async with ReadAhead(httpx.Response(200, stream=body)) as ahead:
        await passes()  # saving, drawing: nobody takes
        assert body.count == MANY
        assert await ahead.take(far()) == TOKEN * MANY
        assert await ahead.take(far()) is None


async def test_a_consumer_that_does_not_keep_up_stops_reading() -> None:
    def endless() -> Iterable[bytes]:
        while True:
            yield TOKEN

    body = Body(endless())
    async with ReadAhead(httpx.Response(200, stream=body)) as ahead:
        for taken in range(3):
            await passes()
            assert body.count <= (taken + 1) * (BUFFER // len(TOKEN) + 1)
            data = await ahead.take(far())
            assert data is not None
            assert BUFFER <= len(data) < BUFFER + len(TOKEN)


async def test_other_tasks_run_while_much_is_read() -> None:
    body = Body([b"x"] * (10 * FAIR))
    async with ReadAhead(httpx.Response(200, stream=body)) as ahead:
        for turn_number in range(1, 10):
            await asyncio.sleep(0)
            assert body.count <= turn_number * FAIR
        assert await ahead.take(far())


async def test_what_arrives_slowly_is_returned_at_most_once_an_interval(timers: list[float]) -> None:
    more = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"1"
        await more.wait()
        for piece in single(b"2345"):
            yield piece
            await asyncio.sleep(0)

    async with ReadAhead(httpx.Response(200, content=pieces()), interval=60) as ahead:
        assert await ahead.take(far()) == b"1"
        more.set()
        assert await ahead.take(far()) == b"2345"  # the end of the body does not wait for the interval
        assert await ahead.take(far()) is None


async def test_without_an_interval_each_piece_is_taken_by_itself() -> None:
    result = await read([TOKEN] * 10 + [END])
    assert [each for each in result.chunks if isinstance(each, TextDelta)] == [TextDelta("word ")] * 10


async def test_data_that_a_suspended_program_finds_unread_counts() -> None:
    """The deadline has passed by the time the program runs again; the socket has yet to be read."""
    unread = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        await unread.wait()
        yield b"late"

    async with ReadAhead(httpx.Response(200, content=pieces())) as ahead:
        taking = asyncio.create_task(ahead.take(asyncio.get_running_loop().time() - 100))
        await passes()
        unread.set()
        assert await taking == b"late"


async def test_silence_after_the_deadline_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ahead, "GRACE", 0.0)

    async def pieces() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async with ReadAhead(httpx.Response(200, content=pieces())) as ahead:
        with pytest.raises(TimeoutError):
            await ahead.take(0.0)


async def test_leaving_ends_the_task_and_closes_the_body() -> None:
    closed = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"1"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with ReadAhead(httpx.Response(200, content=pieces())) as ahead:
        assert await ahead.take(far()) == b"1"
    assert closed.is_set()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_answer_that_is_dropped_stops_reading(tmp_path: Path) -> None:
    endless = Reply([TOKEN, asyncio.Event()])
    async with ScriptedServer(endless) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        stream = backend.stream(turn())
        assert await anext(stream) == TextDelta("word ")
        await stream.aclose()
        async with asyncio.timeout(10):
            await server.disconnected.wait()
        await backend.aclose()
