"""Scales pictures for the terminal; Pillow, of the extra `[images]`, does it in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from importlib.util import find_spec

from chat_tui.domain.ports.pictures import PixelFormat, PixelSize

MOST_CHARACTERS = 30_000_000
"""Of a data URL."""
TIME_LIMIT = 8.0
"""Seconds for one picture."""
CHILD = (sys.executable, "-m", "chat_tui.storage.attachments.picture_child")


class ChildPictures:
    """Implements `Pictures`."""

    def __init__(self, child: tuple[str, ...] = CHILD) -> None:
        """Starts nothing.

        Args:
            child: the command of the process that decodes.
        """
        self._child = child
        self._is_installed: bool | None = None

    def is_installed(self) -> bool:
        """See `Pictures.is_installed`."""
        if self._is_installed is None:
            self._is_installed = find_spec("PIL") is not None
        return self._is_installed

    async def scaled(self, url: str, size: PixelSize, to: PixelFormat, background: str, rows: int = 1) -> bytes | None:
        """See `Pictures.scaled`."""
        if len(url) > MOST_CHARACTERS:
            return None
        try:
            return await self._run(url, (str(size.width), str(size.height), to, background, str(rows)))
        except OSError:  # no process could be started
            return None

    async def _run(self, url: str, arguments: tuple[str, ...]) -> bytes | None:
        environ = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
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
                assert process.stdout is not None
                await process.stdout.read()  # up to its end, or the pipe stays open
                await process.wait()
        return data or None
