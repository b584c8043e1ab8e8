"""The real program in a real pseudo-terminal, driven and read without waiting for anything but what it shows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults.screen import Screen

ROOT = Path(__file__).parent.parent.parent
WAIT = 60.0
"""Seconds after which what never comes fails its test."""
READY = "Write a message"
"""What stands in the empty prompt."""
PROGRAM = "import sys\nfrom chat_tui.__main__ import main\nsys.exit(main(sys.argv[1:]))\n"
"""What runs after a script's changes to the program."""


async def until(condition: Callable[[], bool]) -> None:
    """Looks again and again until a condition holds: for files, which tell nobody that they changed."""
    async with asyncio.timeout(WAIT):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.005)


class Terminal:
    """A terminal with one run of the program in it.

    It is the program's controlling terminal: closing it is what closing a window is. One that is not `controls` can be
    taken away without a signal.
    """

    controls = True

    def __init__(self, environ: dict[str, str], *argv: str, patch: str = "", size: tuple[int, int] = (120, 40)) -> None:
        """Starts nothing yet.

        Args:
            environ: all that the program gets.
            argv: its arguments.
            patch: Python that runs in the program's process before it.
            size: columns and rows.
        """
        start = ["-c", patch + "\n" + PROGRAM] if patch else ["-m", "chat_tui"]
        self._command = [sys.executable, *start, *argv]
        self._environ = environ
        self._size = size
        self._changed = asyncio.Event()
        self._gone = asyncio.Event()
        self._master: int | None = None
        self.screen = Screen(*size)
        self.raw = bytearray()
        """Every byte that was written."""

    async def __aenter__(self) -> Self:
        master, slave = os.openpty()
        termios.tcsetwinsize(slave, (self._size[1], self._size[0]))
        self.modes_before = termios.tcgetattr(slave)
        # A session's leader takes the first terminal that it opens as its own.
        shell = ["/bin/sh", "-c", 'exec "$@" <>"$0" >&0 2>&0', os.ttyname(slave)]
        self.process = subprocess.Popen(  # noqa: ASYNC220 - takes a millisecond
            [*(shell if self.controls else ()), *self._command],
            stdin=subprocess.DEVNULL if self.controls else slave,
            stdout=subprocess.DEVNULL if self.controls else slave,
            stderr=subprocess.DEVNULL if self.controls else slave,
            env=self._environ,
            cwd=ROOT,
            start_new_session=True,
        )
        self._master, self._slave = master, slave
        os.set_blocking(master, False)
        asyncio.get_running_loop().add_reader(master, self._read)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)
        self.close()
        if error is not None:  # pytest shows it beside the failure
            print(self.screen.text)

    def _read(self) -> None:
        assert self._master is not None
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return
        except OSError:  # the last one has closed the other end
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
            self._gone.set()
        self.raw += data
        self.screen.feed(data)
        self._changed.set()

    def close(self) -> None:
        """Takes the terminal away, as a closed window does."""
        if self._master is not None:
            asyncio.get_running_loop().remove_reader(self._master)
            for each in (self._master, self._slave):
                with contextlib.suppress(OSError):
                    os.close(each)
            self._master = None

    # Driving

    def send(self, keys: str) -> None:
        """Presses keys: `\\r` is enter, `\\x11` ctrl+q."""
        assert self._master is not None
        os.write(self._master, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        """Signals the program."""
        self.process.send_signal(number)

    async def shows(self, *texts: str) -> None:
        """Waits until all texts are on the screen."""
        await self.until(lambda: all(each in self.screen.text for each in texts))

    async def hides(self, text: str) -> None:
        """Waits until a text is no longer on the screen."""
        await self.until(lambda: text not in self.screen.text)

    async def wrote(self, data: bytes, times: int = 1) -> None:
        """Waits until these bytes have been written so often."""
        await self.until(lambda: self.raw.count(data) >= times)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until a condition holds for what has been written."""
        try:
            async with asyncio.timeout(WAIT):
                while not condition():
                    assert not self._gone.is_set(), "the program has ended"
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError("it is never shown") from None

    async def sleeps(self) -> None:
        """Waits until the program's main thread waits for something, such as the next key."""
        stat = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/stat")
        await until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "S")

    async def ready(self) -> Self:
        """Waits until the app takes keys."""
        await self.shows(READY)
        return self

    async def exits(self) -> int:
        """Waits for the program's end and for all its output; returns its exit code."""
        code = await asyncio.to_thread(self.process.wait, WAIT)
        if self._master is not None:
            self.modes_after = termios.tcgetattr(self._slave)
            os.close(self._slave)  # ours is the last: now the output has an end
            async with asyncio.timeout(WAIT):
                await self._gone.wait()
            os.close(self._master)
            self._master = None
        return code

    # What is left behind

    def assert_restored(self, starts: int = 1) -> None:
        """The terminal is as it was before: its modes, its first screen, its cursor, its mouse.

        Args:
            starts: how often the app took the screen.
        """
        before, after = _comparable(self.modes_before), _comparable(self.modes_after)
        assert before == after
        assert self.raw.count(b"\x1b[?1049h") == starts, "the app has never been on its own screen"
        for on, off in ((b"1049h", b"1049l"), (b"25l", b"25h"), (b"1000h", b"1000l"), (b"1003h", b"1003l")):
            assert self.raw.rfind(b"\x1b[?" + off) > self.raw.rfind(b"\x1b[?" + on) > -1, off
        assert b"\x1b[?2004l" in self.raw[self.raw.rfind(b"\x1b[?2004h") :], "pastes are still bracketed"
        assert len(re.findall(rb"\x1b\[>\d+u", self.raw)) == self.raw.count(b"\x1b[<u"), (
            "keys are still told the other way"
        )


def _comparable(modes: list[Any]) -> list[Any]:
    return [*modes[:6], [bytes(each) if isinstance(each, bytes) else each for each in modes[6]]]
