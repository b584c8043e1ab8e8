"""Reads a response body in a task of its own, ahead of the decoder.

httpx and h11 return one HTTP chunk per read, and servers send one token per chunk. If decoding, saving or drawing took
place between two reads, a fast answer would queue up in the socket. So a task of its own does nothing but read, and the
decoder takes everything that has arrived, a few times a second. What is read and not yet taken is bounded: when the
consumer does not keep up, reading stops, and TCP makes the server wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import httpx

BUFFER = 64 * 1024
"""Bytes that are read ahead before reading waits for the consumer."""
INTERVAL = 0.02
"""Seconds between two batches of a slow answer: decoding and drawing one token costs as much as a hundred."""
FAIR = 64
"""Chunks after which other tasks get their turn: one read of the socket may hold thousands, and keys must not wait."""
GRACE = 0.5
"""Seconds to go on reading once a deadline has passed: a suspended program finds it passed and the data unread."""


class ReadAhead:
    """Reads one body in a task of its own. Use it as an async context manager, which ends the task."""

    def __init__(self, response: httpx.Response, *, interval: float = INTERVAL) -> None:
        """Prepares to read; entering the context starts it.

        Args:
            response: has its body still to come. It is not closed here.
            interval: seconds between two batches at least, while less than a full buffer arrives.
        """
        self.error: Exception | None = None
        """Why the body broke off; None while it is read, and after a complete one."""
        self._response = response
        self._interval = interval
        self._buffer = bytearray()
        self._at_end = False
        self._arrived = asyncio.Event()
        """Set while there is data, and at the end."""
        self._ready = asyncio.Event()
        """Set while the buffer is full, and at the end: there is no more to wait for."""
        self._room = asyncio.Event()
        """Set while the buffer is not full."""
        self._last_batch = float("-inf")

    async def __aenter__(self) -> ReadAhead:
        """Starts reading."""
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Stops reading."""
        self._task.cancel()
        await asyncio.wait((self._task,))

    async def take(self, deadline: float) -> bytes | None:
        """Waits for data and returns all of it; None at the end, or where the body broke off (see `error`).

        Args:
            deadline: the loop's time until which to wait, and then `GRACE` longer.

        Raises:
            TimeoutError: nothing arrived until then.
        """
        if not self._arrived.is_set():
            async with timeout_with_grace(deadline):
                await self._arrived.wait()
        wait = self._last_batch + self._interval - asyncio.get_running_loop().time()
        if wait > 0 and not self._ready.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._ready.wait()
        self._last_batch = asyncio.get_running_loop().time()
        if not self._buffer:
            return None
        data = bytes(self._buffer)
        self._buffer.clear()
        self._room.set()
        if not self._at_end:
            self._arrived.clear()
            self._ready.clear()
        return data

    async def _read(self) -> None:
        body = cast("AsyncGenerator[bytes]", self._response.aiter_raw())  # httpx declares no more than an iterator
        count = 0
        try:
            async with aclosing(body):
                async for data in body:
                    if not data:
                        continue
                    self._buffer += data
                    self._arrived.set()
                    if len(self._buffer) >= BUFFER:
                        self._room.clear()
                        self._ready.set()
                        await self._room.wait()
                    count += 1
                    if count % FAIR == 0:
                        await asyncio.sleep(0)
        except Exception as error:  # noqa: BLE001 - the consumer judges it once it has read the rest
            self.error = error
        finally:
            self._at_end = True
            self._arrived.set()
            self._ready.set()


@asynccontextmanager
async def timeout_with_grace(deadline: float) -> AsyncIterator[None]:
    """Like `asyncio.timeout_at`, but once the deadline has passed the loop gets a moment to read what has arrived.

    Raises:
        TimeoutError: the body did not end in time.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as timeout:
        timer = loop.call_at(deadline, lambda: timeout.reschedule(loop.time() + GRACE))
        try:
            yield
        finally:
            timer.cancel()
