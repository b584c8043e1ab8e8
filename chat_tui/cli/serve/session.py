"""One app in a terminal of its own, whose output goes to one page at a time.

The app is the same process as in any terminal, with this server in the terminal's place. When the server ends, even by
`kill -9`, the terminal is gone, and the app saves everything and ends as after a closed window.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from chat_tui.ui.terminal.served import SOCKET

if sys.platform != "win32":
    import termios

Send = Callable[[bytes], Awaitable[object]]
"""Sends output to a page."""
OTHER_TERMINALS = ("TMUX", "TMUX_PANE", "STY", "ZELLIJ", "WINDOWID", "SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT", "LINES")
"""Variables of the terminal in which the server runs; the page is another one."""
_MODE = re.compile(rb"\x1b\[(\?[\d;]+[hl]|>[\d;]*[mu]|<u)")
"""What sets a mode of the terminal; a page that takes over has to be told again."""
_LONGEST_MODE = 32
_PIECE = 65536
_EXIT_PATIENCE = 10.0
"""Seconds that an app is given to save, before it is killed."""


class Session:
    """An app that runs, with or without a page that shows it."""

    def __init__(self, ended: Callable[[Session], object], opened: Callable[[Session, str], object]) -> None:
        """Starts nothing yet.

        Args:
            ended: is called once the app has ended.
            opened: is called with each address that the app opens for its user.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="chat-tui-"))
        """Uploaded files, and the socket by which the app opens addresses; deleted at the end."""
        self.page: object | None = None
        """The page that shows the app."""
        self.background: str | None = None
        """Of the app's theme, `#rrggbb`; empty for the terminal's own; None before the app has told."""
        self._send: Send | None = None
        self._ended = ended
        self._opened = opened
        self._modes: dict[bytes, bytes] = {}
        self._tail = b""
        self._typed = bytearray()
        self._master = -1
        self._size = (24, 80)
        self._process: subprocess.Popen[bytes] | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._readable = asyncio.Event()
        self._relay: asyncio.Server | None = None

    async def start(self, rows: int, columns: int, environ: Mapping[str, str]) -> None:
        """Starts the app.

        Raises:
            OSError: there is no terminal left, or no process.
        """
        self._relay = await asyncio.start_unix_server(self._take_addresses, self.folder / "open")
        master, slave = os.openpty()
        self._master = master
        self.resize(rows, columns)
        name = os.ttyname(slave)
        environ = {key: value for key, value in environ.items() if key not in (*OTHER_TERMINALS, "COLUMNS")}
        environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", SOCKET: str(self.folder / "open")}
        # A session's leader takes the first terminal that it opens as its own.
        shell = ("/bin/sh", str(Path(__file__).with_name("own_terminal.sh")), name)
        try:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - takes a millisecond
                [*shell, sys.executable, "-P", "-m", "chat_tui"],
                env=environ,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
            )
        finally:
            os.close(slave)
        os.set_blocking(master, False)
        asyncio.get_running_loop().add_reader(master, self._readable.set)
        self._pumping = asyncio.create_task(self._pump())

    # The page

    async def attach(self, page: object, send: Send, rows: int, columns: int) -> None:
        """Shows the app in a page, which may be the first or one that takes over."""
        self.page, self._send = page, None
        await send(b"".join(self._modes.values()))
        self._send = send
        self.resize(rows, columns)
        if self._process is not None and self._master >= 0:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGWINCH)  # even for the same size: then it draws everything

    def detach(self, page: object) -> None:
        """The page is gone; the app continues."""
        if self.page is page:
            self.page = self._send = None

    def write(self, data: bytes) -> None:
        """Types into the app. What the terminal does not take at once follows later, in order."""
        self._typed += data
        self._type()

    def _type(self) -> None:
        if self._master < 0:
            return
        loop = asyncio.get_running_loop()
        try:
            del self._typed[: os.write(self._master, self._typed)]
        except BlockingIOError:
            pass
        except OSError:
            self._typed.clear()
        if self._typed:
            loop.add_writer(self._master, self._type)
        else:
            loop.remove_writer(self._master)

    def resize(self, rows: int, columns: int) -> None:
        """Gives the terminal another size."""
        self._size = (rows, columns)
        if self._master >= 0:
            with contextlib.suppress(OSError, termios.error):
                termios.tcsetwinsize(self._master, self._size)

    # The app

    async def _pump(self) -> None:
        try:
            while True:
                await self._readable.wait()
                self._readable.clear()
                while data := self._read():
                    self._note_modes(data)
                    if self._send is not None:
                        await self._show(data, self._send)
        except EOFError:
            pass
        await self.close()

    async def _show(self, data: bytes, send: Send) -> None:
        """Sends output to the page; while a slow page takes it, no more is read."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master)
        try:
            await send(data)
        except (ConnectionError, RuntimeError):  # the page has just gone
            self._send = None
        if self._master >= 0:
            loop.add_reader(self._master, self._readable.set)

    def _read(self) -> bytes:
        try:
            data = os.read(self._master, _PIECE)
        except BlockingIOError:
            return b""
        except OSError:  # nobody has the other end any more
            raise EOFError from None
        if not data:
            raise EOFError
        return data

    def _note_modes(self, data: bytes) -> None:
        text = self._tail + data
        for found in _MODE.finditer(text):
            mode = found[1]
            key = mode[:1] if mode[:1] in b"<>" else mode[:-1]
            if mode[:1] == b"<":
                self._modes.pop(b">", None)
            else:
                self._modes[key] = found[0]
        self._tail = text[-_LONGEST_MODE:] if b"\x1b" in text[-_LONGEST_MODE:] else b""

    async def _take_addresses(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._opened(self, (await reader.readline()).decode().strip())
        writer.close()

    async def close(self) -> None:
        """Takes the terminal away and waits until the app has saved everything."""
        if self._master < 0:
            return
        master, self._master = self._master, -1
        loop = asyncio.get_running_loop()
        loop.remove_reader(master)
        loop.remove_writer(master)
        os.close(master)
        self._readable.set()  # what reads finds the end
        if self._relay is not None:
            self._relay.close()
        if self._process is not None:
            await asyncio.to_thread(self._reap, self._process)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._ended(self)

    @staticmethod
    def _reap(process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(_EXIT_PATIENCE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
