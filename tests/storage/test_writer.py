"""Writer: in order, off the loop, done though nobody waits any more, and waited for at the end, but not for ever."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from chat_tui.storage.files.writer import Writer


async def test_work_is_done_in_order_in_another_thread() -> None:
    writer, done = Writer("test"), list[int]()
    await asyncio.gather(*(writer.run(lambda number=number: done.append(number)) for number in range(50)))  # type: ignore[misc]
    assert done == list(range(50))
    assert await writer.run(threading.get_ident) != threading.get_ident()


async def test_what_fails_is_raised_where_it_is_awaited_and_the_next_goes_on() -> None:
    writer = Writer("test")
    with pytest.raises(ZeroDivisionError):
        await writer.run(lambda: 1 // 0)
    assert await writer.run(lambda: 2) == 2


async def test_work_whose_caller_is_cancelled_is_done_and_a_stuck_disk_is_not_waited_for() -> None:
    writer, goes_on, done = Writer("test"), threading.Event(), list[str]()
    stuck = asyncio.create_task(writer.run(lambda: goes_on.wait(20)))
    queued = asyncio.create_task(writer.run(lambda: done.append("written")))
    await asyncio.sleep(0)
    queued.cancel()
    assert not writer.drain(time.monotonic() + 0.01)
    goes_on.set()
    assert await stuck
    assert await asyncio.to_thread(writer.drain, time.monotonic() + 20)
    assert done == ["written"]
