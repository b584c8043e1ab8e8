"""Textual's driver for Linux and macOS: reads input in order, and asks the terminal for its background."""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

from chat_tui.ui.compat.linux_driver import SafeLinuxDriver
from chat_tui.ui.terminal.input import ASK_BRACKETED_PASTE, BURST_PAUSE, TerminalInput
from chat_tui.ui.terminal.replies import ASK, TELL, TELL_NO_MORE, TerminalGone, can_be_asked

EXTENDED_KEYS = "\x1b[>4;1m"
"""Asks for keys with modifiers that have no code of their own, shift+enter for one (xterm's modifyOtherKeys).

tmux, which does not know kitty's protocol, passes them on only then.
"""
NO_EXTENDED_KEYS = "\x1b[>4;0m"


if TYPE_CHECKING:
    from chat_tui.ui.terminal.graphics import GraphicsReplies
    from chat_tui.ui.terminal.sixel import SixelRows


class TerminalDriver(SafeLinuxDriver):
    """Posts `TerminalBackground` whenever the terminal says whether it is dark; asks only once `follow` was called."""

    terminal_modes: list[Any] | None = None
    """The modes to leave behind, where the program changed them before the driver was made."""
    _follows = False
    _graphics: GraphicsReplies | None = None
    """Takes the replies about graphics, once those were asked for."""
    sixels: SixelRows | None = None
    """The rows of pictures to be sent as sixels, once there are any."""

    def write(self, data: str) -> None:
        """Writes, with sixels in place of the characters that stand for them."""
        super().write(data if self.sixels is None else self.sixels.insert(data))

    def ask_graphics(self) -> bool:
        """Asks what the terminal can draw, now and whenever it was given to another program; whether it could ask.

        The answer is posted as `TerminalGraphics`.
        """
        from chat_tui.ui.terminal.asking import may_be_asked
        from chat_tui.ui.terminal.graphics import QUERY, GraphicsReplies

        if not self._can_ask or not may_be_asked(os.environ):
            return False
        self._graphics = self._graphics or GraphicsReplies()
        if self.is_writing:
            self._graphics.expect()
            self.write(QUERY)
            self.flush()
        return True

    def follow(self) -> None:
        """Asks for the terminal's background, now and at every change."""
        self._follows = self._can_ask
        if self._follows and self.is_writing:
            self.write(TELL + ASK)
            self.flush()

    @property
    def _can_ask(self) -> bool:
        return can_be_asked(os.environ) and self.input_tty

    def start_application_mode(self) -> None:
        """Sets the terminal up, and asks for its background again after a suspension."""
        super().start_application_mode()
        if self.terminal_modes is not None:
            self.attrs_before = self.terminal_modes
        if self._can_ask and self.is_writing:
            is_apple = os.environ.get("TERM_PROGRAM") == "Apple_Terminal"  # it prints the end of the question
            self.write(EXTENDED_KEYS + ("" if is_apple else ASK_BRACKETED_PASTE))
        if self._follows:
            self.follow()
        if self._graphics is not None:
            self.ask_graphics()

    def stop_application_mode(self) -> None:
        """Restores the terminal."""
        if self._follows:
            self.write(TELL_NO_MORE)
        if self._can_ask:
            self.write(NO_EXTENDED_KEYS)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Reads what the terminal sends until it, or the app, is gone."""
        # tmux brackets every paste that is asked for
        source = TerminalInput(is_bracketed=bool(os.environ.get("TMUX")), graphics=lambda: self._graphics)
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
