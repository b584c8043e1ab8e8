"""A stopped answer leaves no task and no socket, whenever it is stopped."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from chat_tui.backends.client import HttpBackend
from chat_tui.domain.conversation.chunk import RetryWait
from tests.backends.helpers import Keys, custom, turn
from tests.servers import Reply, ScriptedServer, delta, json_reply, sse


async def test_cancelled_after_any_number_of_steps(tmp_path: Path) -> None:
    """Sixty answers, each cancelled one step of the loop later than the one before."""
    endless = Reply([sse(delta("a"), done=False), asyncio.Event()])
    async with ScriptedServer(endless) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)

        async def one() -> None:
            async for _ in backend.stream(turn()):
                pass

        for steps in range(60):
            task = asyncio.create_task(one())
            for _ in range(steps):
                await asyncio.sleep(0)
            start = time.perf_counter()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert time.perf_counter() - start < 0.5, "esc works at once"
            assert task.done()
        # The connections are closed by the stop, not by the backend's end.
        async with asyncio.timeout(10):
            await server.idle.wait()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await backend.aclose()
        assert server.requests, "some of them had come as far as that"


async def test_cancelled_while_it_waits_to_try_again(tmp_path: Path) -> None:
    async with ScriptedServer(json_reply({}, 503, retry_after="100")) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        waiting = asyncio.Event()

        async def one() -> None:
            async for chunk in backend.stream(turn()):
                assert chunk == RetryWait(chunk.reason, 100.0) if isinstance(chunk, RetryWait) else False
                waiting.set()

        task = asyncio.create_task(one())
        await waiting.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)
        assert task.cancelled()
        assert len(server.requests) == 1
        await backend.aclose()
