"""Textual's driver for Linux and macOS, that can ask the terminal whether it is dark."""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from chat_tui.ui.terminal import ASK, TELL, TELL_NO_MORE, Answers, TerminalGround, can_be_asked


class AskingDriver(LinuxDriver):
    """Asks nothing until `follow` is called; from then on it posts `TerminalGround` whenever the terminal answers."""

    _follows = False

    def follow(self) -> None:
        """Asks now, and to be told of every change."""
        self._follows = can_be_asked(os.environ) and self.input_tty
        if self._follows and self._writer_thread is not None:
            self.write(TELL + ASK)
            self.flush()

    def write(self, data: str) -> None:
        """Writes, unless the terminal is gone: what writes to it has ended then, and its queue would fill and block."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def close(self) -> None:
        """Lets go of the terminal; one that is gone needs no farewell, which nobody would take out of the queue."""
        if self._writer_thread is not None and not self._writer_thread.is_alive():
            self._writer_thread = None
        super().close()

    def start_application_mode(self) -> None:
        """Asks again after the program was suspended."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._follows:
            self.follow()

    def stop_application_mode(self) -> None:
        """Wants to be told no more."""
        if self._follows:
            self.write(TELL_NO_MORE)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Reads what comes from the terminal; what answers a question never reaches the keys."""
        parser, answers = XTermParser(self._debug), Answers()
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:  # of a terminal, macOS tells nothing to the others
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                data = os.read(self.fileno, 4096) if (is_ready := bool(selector.select(0.1))) else b""
                if (
                    is_ready and not data
                ):  # the terminal is gone for good: a thread that waits on would keep the program
                    return
                text, grounds = answers.sift(decode(data)) if data else ("", [])
                for is_dark in grounds:
                    self.process_message(TerminalGround(is_dark))
                for event in parser.feed(text) if text else ():
                    self.process_message(event)
                for event in parser.feed(late) if (late := answers.overdue()) else ():
                    self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
