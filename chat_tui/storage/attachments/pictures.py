"""Scales pictures for the terminal; Pillow, of the extra `[images]`, does it in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys

from chat_tui.domain.ports.pictures import PixelFormat, PixelSize

MOST_CHARACTERS = 30_000_000
"""Of a data URL."""
TIME_LIMIT = 8.0
"""Seconds for one picture."""
CHILD = (sys.executable, "-m", "chat_tui.storage.attachments.picture_child")


class ChildPictures:
    """Implements `Pictures`, one picture at a time."""

    def __init__(self, child: tuple[str, ...] = CHILD) -> None:
        """Starts nothing.

        Args:
            child: the command of the process that decodes.
        """
        self._child = child
        self._turn = asyncio.Semaphore(1)

    async def scaled(self, url: str, size: PixelSize, to: PixelFormat, background: str) -> bytes | None:
        """See `Pictures.scaled`."""
        if len(url) > MOST_CHARACTERS:
            return None
        async with self._turn:
            try:
                return await self._run(url, size, to, background)
            except OSError:  # no process could be started
                return None

    async def _run(self, url: str, size: PixelSize, to: PixelFormat, background: str) -> bytes | None:
        environ = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
        arguments = (str(size.width), str(size.height), to, background)
        process = await asyncio.create_subprocess_exec(
            *self._child,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environ,
        )
        try:
            async with asyncio.timeout(TIME_LIMIT):
                data, _ = await process.communicate(url.partition(",")[2].encode())
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return data or None
