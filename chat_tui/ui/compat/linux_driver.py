"""Textual's driver for Linux and macOS, which survives its terminal and leaves unread keys to other programs."""

from __future__ import annotations

import signal
import termios
from contextlib import suppress
from queue import Full

from textual.drivers.linux_driver import LinuxDriver

LOOK = 0.1
"""Seconds between two looks, while the terminal takes nothing, at whether it is still there."""


class SafeLinuxDriver(LinuxDriver):
    """Writes as long as there is a terminal; drops what was typed only at the end."""

    @property
    def is_writing(self) -> bool:
        """Whether it has begun to write, and has not been closed."""
        return self._writer_thread is not None

    def start_application_mode(self) -> None:
        """Takes the terminal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        """Writes, unless the terminal is gone: the thread that writes has ended then, its queue full or not."""
        self._queue_write(data)

    def _queue_write(self, data: str | None) -> None:
        while (writer := self._writer_thread) is not None and writer.is_alive():
            with suppress(Full):
                writer._queue.put(data, timeout=LOOK)  # its own `write` would wait for ever
                return

    def close(self) -> None:
        """Lets go of the terminal; one that is gone needs no farewell, which nobody would take out of the queue."""
        self._queue_write(None)
        if self._writer_thread is not None:
            self._writer_thread.join()
            self._writer_thread = None

    def disable_input(self) -> None:
        """Stops reading. What was typed and not read yet is dropped only at the end, where Textual always drops it.

        After a suspension it is for this program, else for the editor that has the terminal meanwhile.
        """
        if self.exit_event.is_set():
            return
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self._disable_mouse_support()
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join()
        self.exit_event.clear()
        if self._app._exit:  # late answers of the terminal would be typed into the shell
            with suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCIFLUSH)
