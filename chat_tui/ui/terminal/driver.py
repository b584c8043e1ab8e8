"""Textual's driver for Linux and macOS: reads input in its order, and asks the terminal what Textual does not."""

from __future__ import annotations

import os
import selectors
import signal
import termios
from codecs import getincrementaldecoder
from contextlib import suppress
from queue import Full
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from chat_tui.ui.terminal.input import ASK_BRACKETED_PASTE, BURST_PAUSE, TerminalInput
from chat_tui.ui.terminal.replies import ASK, TELL, TELL_NO_MORE, TerminalGone, can_be_asked

EXTENDED_KEYS = "\x1b[>4;1m"
"""Asks for keys with modifiers that have no code of their own, shift+enter for one (xterm's modifyOtherKeys).

tmux, which does not know kitty's protocol, passes them on only then.
"""
NO_EXTENDED_KEYS = "\x1b[>4;0m"

LOOK = 0.1
"""Seconds between two looks, while the terminal takes nothing, at whether it is still there."""


class TerminalDriver(LinuxDriver):
    """Posts `TerminalBackground` whenever the terminal says whether it is dark; asks only once `follow` was called."""

    terminal_modes: list[Any] | None = None
    """The modes to leave behind, where the program changed them before the driver was made."""
    _follows = False

    def follow(self) -> None:
        """Asks whether the terminal is dark, now and at every change."""
        self._follows = self._can_ask
        if self._follows and self._writer_thread is not None:
            self.write(TELL + ASK)
            self.flush()

    @property
    def _can_ask(self) -> bool:
        return can_be_asked(os.environ) and self.input_tty

    def write(self, data: str) -> None:
        """Writes, unless the terminal is gone: the thread that writes has ended then, its queue full or not."""
        self._queue_write(data)

    def _queue_write(self, data: str | None) -> None:
        while (writer := self._writer_thread) is not None and writer.is_alive():
            with suppress(Full):
                writer._queue.put(data, timeout=LOOK)  # noqa: SLF001 - its own `write` would wait for ever
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
        if self._app._exit:  # noqa: SLF001 - late answers of the terminal would be typed into the shell
            with suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCIFLUSH)

    def start_application_mode(self) -> None:
        """Takes the terminal, and asks it again after the program was suspended."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.terminal_modes is not None:
            self.attrs_before = self.terminal_modes
        if self._can_ask and self._writer_thread is not None:
            is_apple = os.environ.get("TERM_PROGRAM") == "Apple_Terminal"  # it prints the end of the question
            self.write(EXTENDED_KEYS + ("" if is_apple else ASK_BRACKETED_PASTE))
        if self._follows:
            self.follow()

    def stop_application_mode(self) -> None:
        """Gives the terminal back as it was."""
        if self._follows:
            self.write(TELL_NO_MORE)
        if self._can_ask:
            self.write(NO_EXTENDED_KEYS)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Reads what the terminal sends until it, or the app, is gone."""
        source = TerminalInput(is_bracketed=bool(os.environ.get("TMUX")))  # tmux brackets every paste that is asked for
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:  # of a terminal, macOS tells nothing to the others
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(BURST_PAUSE):
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:  # EIO
                        data = b""
                    if not data:
                        self.process_message(TerminalGone())
                        return
                    for event in source.feed(decode(data)):
                        self.process_message(event)
                for event in source.tick():
                    self.process_message(event)
