"""A real tmux with the program in it, driven by keys and the mouse, read from its screen and its buffers."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

from tests.faults.conftest import Home
from tests.faults.terminal import ROOT, until


class Tmux:
    """A tmux server of its own, with the program in its only pane."""

    def __init__(self, home: Home) -> None:
        self._command = ["tmux", "-S", str(home.root / "tmux"), "-f", "/dev/null"]
        self._environ = home.environ

    def run(self, *command: str) -> bytes:
        done = subprocess.run([*self._command, *command], capture_output=True, env=self._environ, cwd=ROOT, check=False)
        return done.stdout

    def start(self, *argv: str, width: int = 60) -> None:
        """Opens the terminal, the program in it."""
        self.run("new-session", "-d", "-x", str(width), "-y", "40", *(argv or (sys.executable, "-m", "chat_tui")))

    @property
    def screen(self) -> str:
        return self.run("capture-pane", "-p").decode()

    def keys(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def raw(self, text: str) -> None:
        self.run("send-keys", "-l", text)

    async def shows(self, text: str) -> None:
        await until(lambda: text in self.screen)

    @property
    def buffer(self) -> bytes:
        """What the newest buffer holds."""
        return self.run("show-buffer")

    async def copied(self, expected: str) -> str:
        """The newest buffer: the text as soon as it is that, else what is there at the end of all patience."""
        with suppress(TimeoutError):
            await until(lambda: self.buffer == expected.encode())
        return self.buffer.decode()

    def where(self, text: str) -> tuple[int, int]:
        """The column and row of a text, from 1, as the mouse tells them."""
        rows = self.screen.split("\n")
        row = [i for i, line in enumerate(rows) if i and text in line][0]
        return rows[row].index(text) + 1, row + 1

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        (x, y), (to_x, to_y) = start, end
        self.raw(f"\x1b[<0;{x};{y}M\x1b[<32;{to_x};{to_y}M\x1b[<0;{to_x};{to_y}m")
