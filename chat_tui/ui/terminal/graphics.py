"""Takes the terminal's replies about its graphics out of the input."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from textual.message import Message

_PROBE = 4211
QUERY = f"\x1b[16t\x1b[>0q\x1b_Gi={_PROBE},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
"""Asks for the size of a cell, the terminal's name, kitty's graphics; last for its attributes, which all answer."""
PATIENCE = 1.0
"""Seconds in which the beginning of a reply is kept back; once all have come, none is."""
KEY_PATIENCE = 0.1
"""Seconds in which an escape alone is kept back: most often it is the key."""
_REPLY = re.compile(
    r"\x1b\[6;(?P<height>\d{1,4});(?P<width>\d{1,4})t"
    r"|\x1bP>\|(?P<name>[^\x1b]{0,80})\x1b\\"
    rf"|\x1b_Gi={_PROBE};(?P<graphics>[^\x1b]{{0,200}})\x1b\\"
    r"|\x1b\[\?(?P<attributes>[\d;]{0,80})c"
)
_BEGUN = re.compile(r"\x1b(?:\[(?:\?[\d;]{0,80}|6[\d;]{0,10})?|P[^\x1b]{0,82}\x1b?|_[^\x1b]{0,210}\x1b?)?\Z")
WITH_PLACEHOLDERS = re.compile(r"(?:kitty|ghostty)\b", re.IGNORECASE)
"""The terminals that draw pictures in place of placeholder characters. Others that know the protocol do not."""


@dataclass(frozen=True, slots=True)
class Graphics:
    """What the terminal can draw beside text."""

    draws_placeholders: bool = False
    """Whether it draws pictures in place of placeholder characters."""
    draws_sixels: bool = False
    """Whether it draws sixels, and the size of its cells is known."""
    cell: tuple[int, int] = (10, 20)
    """Width and height of a cell in pixels."""
    is_behind_tmux: bool = False
    """Whether sequences for it have to be wrapped for tmux."""


class TerminalGraphics(Message):
    """Posted when the terminal has said what it can draw."""

    def __init__(self, graphics: Graphics) -> None:
        self.graphics = graphics
        super().__init__()


class GraphicsReplies:
    """Takes the replies to `QUERY` out of the input, in whatever pieces they arrive."""

    def __init__(self) -> None:
        self._held = ""
        self._since = 0.0
        self._until = 0.0
        """Until when the beginning of a reply is kept back."""
        self._said: dict[str, str] = {}

    def expect(self) -> None:
        """Notes that the terminal was asked."""
        self._said = {}
        self._until = time.monotonic() + PATIENCE

    def sift(self, data: str) -> tuple[str, list[TerminalGraphics]]:
        """Processes the next characters.

        Returns:
            Those that are for others; and a message of what the terminal can draw, once it has said all.
        """
        if not self._until:
            return data, []
        data, self._held = self._held + data, ""
        found: list[TerminalGraphics] = []
        for match in _REPLY.finditer(data):
            self._said |= {name: text for name, text in match.groupdict().items() if text is not None}
            if "attributes" in self._said:  # the last reply
                found.append(TerminalGraphics(self._graphics()))
        data = _REPLY.sub("", data)
        if not found and time.monotonic() < self._until and (start := _BEGUN.search(data)):
            data, self._held, self._since = data[: start.start()], start[0], time.monotonic()
        return data, found

    def overdue(self) -> str:
        """The held characters that turned out to be no reply; else an empty text."""
        now = time.monotonic()
        if not self._held or (now < self._until and (self._held != "\x1b" or now < self._since + KEY_PATIENCE)):
            return ""
        data, self._held = self._held, ""
        return data

    def _graphics(self) -> Graphics:
        said, self._said, self._until = self._said, {}, 0.0
        width, height = int(said.get("width", "0")), int(said.get("height", "0"))
        can = said.get("graphics") == "OK" and WITH_PLACEHOLDERS.match(said.get("name", "")) is not None
        knows_cell = width > 0 and height > 0
        sixels = knows_cell and not can and "4" in said["attributes"].split(";")
        return Graphics(can, sixels, (width, height) if knows_cell else Graphics().cell)
