"""Scales pictures for the terminal; Pillow, of the extra `[images]`, does it in a process of its own."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from chat_tui.domain.ports.pictures import PixelFormat, PixelSize
from chat_tui.storage.files.child import run_child

MOST_CHARACTERS = 30_000_000
"""Of a data URL."""
TIME_LIMIT = 8.0
"""Seconds for one picture."""
CHILD = (sys.executable, "-P", "-m", "chat_tui.storage.attachments.picture_child")


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
        command = *self._child, str(size.width), str(size.height), to, background, str(rows)
        try:
            return await run_child(command, url.partition(",")[2].encode(), TIME_LIMIT) or None
        except OSError:  # among them TimeoutError
            return None
