"""One thread for the blocking work of one store: in order, off the event loop, waited for at the end of the program."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class Writer:
    """Runs work in the order in which it was handed over. Its thread exists only while there is work.

    The thread is a daemon: a disk that never answers must not keep the program from ending. `drain` waits for it.
    """

    def __init__(self, name: str) -> None:
        """Starts nothing.

        Args:
            name: of the thread.
        """
        self.name = name
        self._lock = threading.Lock()
        self._queue: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Queues work and waits for its result. Who is cancelled stops waiting; the work is done all the same.

        Raises:
            Exception: what the work raised.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():  # cancelled
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def task() -> None:
            result, problem = None, None
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
                problem = error
            with suppress(RuntimeError):  # the loop has been closed: nobody waits
                loop.call_soon_threadsafe(settle, result, problem)

        self._put(task)
        return await future

    def put(self, work: Callable[[], object]) -> None:
        """Queues work that nobody waits for; it handles its own failures. Any thread may call this."""

        def task() -> None:
            work()

        self._put(task)

    def drain(self, deadline: float) -> bool:
        """Waits until all is done, but not beyond a time (`time.monotonic`); whether all is done."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(max(0.0, deadline - time.monotonic()))
        return thread is None or not thread.is_alive()

    def _put(self, task: Callable[[], None]) -> None:
        with self._lock:
            self._queue.append(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._thread = None
                    return
                task = self._queue.popleft()
            task()
            del task
