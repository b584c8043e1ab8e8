"""One run of a program in a pty, with a clock on what it writes; figures from /proc."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.screen import Screen

TICKS = os.sysconf("SC_CLK_TCK")
KEY = "\N{SECTION SIGN}"
"""A sign that nothing else on a screen has."""
LIMIT = 60.0
"""Seconds after which a run is given up."""


class GaveUp(Exception):  # noqa: N818 - it is no error
    """It took too long."""


class Run:
    """A program in a terminal."""

    def __init__(self, command: list[str], environ: dict[str, str], size: tuple[int, int] = (120, 40)) -> None:
        self._command = command
        self._environ = environ
        self.screen = Screen(*size)
        self._size = size
        self.written = 0

    def __enter__(self) -> Self:
        self._master, slave = os.openpty()
        termios.tcsetwinsize(slave, self._size[::-1])
        self.begin = time.monotonic()
        self._process = subprocess.Popen(
            self._command, stdin=slave, stdout=slave, stderr=slave, env=self._environ, start_new_session=True
        )
        os.close(slave)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def type(self, keys: str) -> float:
        """Presses keys; returns when."""
        moment = time.monotonic()
        os.write(self._master, keys.encode())
        return moment

    def until(self, condition: Callable[[], bool]) -> float:
        """Reads until the screen is so; returns when the bytes came that made it so."""
        moment, last = time.monotonic(), time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > last or self._process.poll() is not None:
                raise GaveUp
            if select.select([self._master], [], [], 0.2)[0]:
                data = b""
                with contextlib.suppress(OSError):
                    data = os.read(self._master, 65536)
                moment = time.monotonic()
                self.written += len(data)
                self.screen.feed(data)
        return moment

    def shows(self, text: str) -> float:
        """Reads until a text is on the screen; returns when it came."""
        return self.until(lambda: text in self.screen.text)

    def ready(self) -> float:
        """Types until a key is shown: then it takes prompts. Returns the seconds since the start."""
        self.shows("Write a message")
        self.type(KEY)
        moment = self.shows(KEY)
        self.type("\x7f")
        self.until(lambda: KEY not in self.screen.text)
        return moment - self.begin

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def rss(self) -> float:
        """Megabytes in memory."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(each.split()[1]) for each in lines if each.startswith("VmRSS")) / 1024
