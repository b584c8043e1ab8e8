"""Takes the terminal's replies about its background out of the input: none of it may get into the prompt."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from textual.message import Message

ASK = "\x1b]11;?\x1b\\"
"""Asks for the background's colour (xterm, OSC 11). Terminals that do not know it are silent."""
TELL = "\x1b[?2031h"
"""Asks to be told when the terminal turns dark or light (mode 2031)."""
TELL_NO_MORE = "\x1b[?2031l"
PATIENCE = 0.1
"""Seconds for which what may become an answer is kept back, as long as Textual keeps back an escape."""

_ANSWER = re.compile(
    r"\x1b\]11;(?:rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})[0-9a-fA-F/]{0,5}|[^\x07\x1b]{0,40})"
    r"(?:\x07|\x1b\\)"
    r"|\x1b\[\?997;([12])n"
)
_BEGUN = re.compile(r"\x1b(?:\](?:1(?:1(?:;[^\x07\x1b]{0,40}\x1b?)?)?)?|\[(?:\?(?:9(?:9(?:7(?:;[12]?)?)?)?)?)?)\Z")
_SURE = ("\x1b]11;", "\x1b[?997")


class TerminalBackground(Message):
    """Posted when the terminal has reported whether it is dark."""

    def __init__(self, is_dark: bool) -> None:
        self.is_dark = is_dark
        super().__init__()


class TerminalGone(Message):
    """Posted when the terminal is gone. The system sends a signal only to the session that controls it."""


class TerminalReplies:
    """Takes the terminal's replies out of its input, in whatever pieces they arrive."""

    def __init__(self) -> None:
        self._held = ""
        self._since = 0.0

    def sift(self, data: str) -> tuple[str, list[bool]]:
        """Processes the next characters.

        Returns:
            Those that are for the app; and for each answer, whether the terminal is dark.
        """
        data, self._held = self._held + data, ""
        grounds = [ground for match in _ANSWER.finditer(data) if (ground := _is_dark(match)) is not None]
        data = _ANSWER.sub("", data)
        if start := _BEGUN.search(data):
            data, self._held, self._since = data[: start.start()], start[0], time.monotonic()
        return data, grounds

    def overdue(self) -> str:
        """The held characters that turned out to be no reply, such as alt+]; else an empty text."""
        if not self._held or self._held.startswith(_SURE) or time.monotonic() - self._since < PATIENCE:
            return ""
        data, self._held = self._held, ""
        return data


def _is_dark(match: re.Match[str]) -> bool | None:
    if match[4]:
        return bool(match[4] == "1")
    if not match[1]:
        return None
    red, green, blue = (int(match[at], 16) / (16 ** len(match[at]) - 1) for at in (1, 2, 3))
    return bool(0.299 * red + 0.587 * green + 0.114 * blue < 0.5)


def is_dark_by_environment(environ: Mapping[str, str]) -> bool:
    """Whether COLORFGBG (rxvt, Konsole) says that the terminal is dark; True without it."""
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return ground not in ("7", "9", "10", "11", "12", "13", "14", "15")


def can_be_asked(environ: Mapping[str, str]) -> bool:
    """Whether the terminal can be queried: old Linux consoles print the query."""
    return environ.get("TERM", "") not in ("", "dumb", "linux")
