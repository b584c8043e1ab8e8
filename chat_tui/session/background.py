"""Background work: started in order, and waited for at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

SOON = 0.3
"""Seconds that keys wait for a disk at most."""


class BackgroundTasks:
    """Tasks that are kept until they are done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Begins work. It handles its own failures."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def run(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Starts work and waits for it, but only for a moment: on a fast disk it is done on return."""
        task = self.start(work)
        await asyncio.wait([task], timeout=SOON)
        return task

    async def wait(self) -> None:
        """Waits until nothing is left."""
        while self._tasks:
            await asyncio.wait(self._tasks)
