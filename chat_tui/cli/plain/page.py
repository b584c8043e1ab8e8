"""What plain mode prints: lines, each once, and answers while they are received."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

from chat_tui.cli.output import Output, OutputError
from chat_tui.domain.text.clean import Cleaner, clean
from chat_tui.i18n import tr

PAUSE = 1.0
"""Seconds after which the whole words of a line that has not ended are printed."""
_LONGEST_WORD = 200
"""Characters without a place to cut that are printed all the same."""
_CUT = re.compile(r".*[\s\u2e80-\u9fff\uac00-\ud7a3\uff00-\uff60]", re.DOTALL)
"""Up to where a line can be cut: behind a blank, or a character of a script that is written without blanks."""


class Page:
    """Prints; nothing that was printed is changed. What can't be printed is reported once, to `on_failure`."""

    def __init__(self, out: Output) -> None:
        """Prints nothing.

        Args:
            out: takes lines and the pieces of answers.
        """
        self._out = out
        self._pieces = Cleaner()
        self._held = ""
        """Text of an answer that is not printed yet."""
        self._is_within_line = False
        self._timer: asyncio.TimerHandle | None = None
        self.failure: OSError | OutputError | None = None
        """Why nothing more is printed."""
        self.on_failure: Callable[[], None] = lambda: None
        self.last_printed = time.monotonic()

    def say(self, text: str) -> None:
        """Prints a text on lines of its own, cleaned."""
        self.end_line()
        self._write(clean(text) + "\n")

    def problem(self, what: str, why: str) -> None:
        """Says what was not done and why."""
        self.say(tr("{what}: {why}", what=what, why=why))

    def begin_line(self, text: str) -> None:
        """Prints what is typed behind: a question or a prompt."""
        self.end_line()
        self._write(clean(text))

    # An answer

    def stream(self, text: str) -> None:
        """Takes the next piece of an answer. Whole lines are printed at once, whole words a second later at most."""
        self._held += self._pieces.feed(text)
        lines, newline, rest = self._held.rpartition("\n")
        if newline:
            self._held = rest
            self._put(lines + newline)
        if self._held and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._print_words)

    def end_stream(self) -> None:
        """Prints what is left of an answer, to the end of its last line."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        text, self._held = self._held + self._pieces.flush(), ""
        self._pieces = Cleaner()
        if text:
            self._put(text)
        self.end_line()

    def end_line(self) -> None:
        """Goes to a new line, unless one begins here."""
        if self._held:
            text, self._held = self._held, ""
            self._put(text)
        if self._is_within_line:
            self._is_within_line = False
            self._write("\n")

    def _print_words(self) -> None:
        self._timer = None
        cut = _CUT.match(self._held)
        end = cut.end() if cut else len(self._held) if len(self._held) > _LONGEST_WORD else 0
        text, self._held = self._held[:end], self._held[end:]
        if text:
            self._put(text)
        if self._held:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._print_words)

    def _put(self, text: str) -> None:
        self._is_within_line = not text.endswith("\n")
        self._write(text)

    def _write(self, text: str) -> None:
        if self.failure is None:
            self.last_printed = time.monotonic()
            try:
                self._out.write(text)
            except (OSError, OutputError) as error:
                self.failure = error
                self.on_failure()
