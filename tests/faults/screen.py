"""What a terminal makes of the bytes that a program writes: enough of a screen to read it, and a strict grammar."""

from __future__ import annotations

import codecs
import re
import unicodedata

TOKEN = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b\].*?(?:\x07|\x1b\\)"  # OSC
    r"|\x1b[P_^X].*?\x1b\\"  # DCS, APC, PM, SOS
    r"|\x1b[ -/]*[0-OQ-WYZ`-~]"  # what is left of the two-byte ones
    r"|[ -~]+"  # a run of cells
    r"|[^\x1b]",
    re.DOTALL,
)
ALLOWED = re.compile(
    r"\x1b\[[0-9;:]*m"  # colours
    r"|\x1b\[\d*(?:;\d*)?H"  # where to write
    r"|\x1b\[\?[0-9;]+[hl]"  # modes
    r"|\x1b\[\?\d+\$p"  # is a mode known?
    r"|\x1b\[[>=]\d+u|\x1b\[<u|\x1b\[>4;[012]m"  # how keys are told
    r"|\x1b\[[0-2]?[JK]"  # clear
    r"|\x1b\[c|\x1b\[\?u"  # what terminal is it?
    r"|\x1b\]22;[a-z-]*\x07"  # the pointer's shape
    r"|\x1b\]8;(?:id=\d+)?;(?:(?:https?://|mailto:)[!-~]+)?\x1b\\"  # a plain link
    r"|[\n\r\t]"
)
"""All that may reach a terminal but text."""
_HIDDEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
HIDDEN = re.compile(f"[{_HIDDEN}]")
PLAIN = re.compile(f"[^{_HIDDEN}]+")
"""Text between two tokens that are to be looked at."""


def leaks(data: bytes) -> list[str]:
    """Everything in an output that no program of ours may write."""
    found: list[str] = []
    text = data.decode("utf-8", "surrogateescape")
    at = 0
    while at < len(text):
        if plain := PLAIN.match(text, at):
            at = plain.end()
            continue
        token = TOKEN.match(text, at)
        if token is None:
            found.append(text[at : at + 20])
            at += 1
            continue
        at = token.end()
        if not ALLOWED.fullmatch(token[0]) and (token[0][0] == "\x1b" or HIDDEN.match(token[0])):
            found.append(token[0])
    return found


class Screen:
    """The cells of a terminal, as far as absolute positions and text go."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._clear()

    def _clear(self) -> None:
        self._cells = [[" "] * self._width for _ in range(self._height)]
        self._x = self._y = 0

    @property
    def text(self) -> str:
        """The rows as they are now."""
        return "\n".join("".join(row).rstrip() for row in self._cells)

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the cursor is: column and row, from 0."""
        return self._x, self._y

    def place(self, text: str) -> tuple[int, int]:
        """The column and row where a text begins, from 0."""
        row, line = next((row, line) for row, line in enumerate(self.text.split("\n")) if text in line)
        return line.index(text), row

    def feed(self, data: bytes) -> None:
        """Takes what was written; an escape sequence that is cut waits for its end."""
        text = self._rest + self._decoder.decode(data)
        at = 0
        while at < len(text) and (token := TOKEN.match(text, at)):
            at = token.end()
            self._apply(token[0])
        self._rest = text[at:]

    def _apply(self, token: str) -> None:
        if token in ("\x1b[?1049h", "\x1b[2J"):
            self._clear()
        elif token.startswith("\x1b[") and token.endswith("H"):
            row, _, column = token[2:-1].partition(";")
            self._y, self._x = int(row or 1) - 1, int(column or 1) - 1
        elif token == "\n":
            self._y, self._x = self._y + 1, 0
        elif token == "\r":
            self._x = 0
        elif " " <= token[0] <= "~":
            self._put_run(token)
        elif token[0] != "\x1b":
            self._put(token)

    def _put_run(self, text: str) -> None:
        """Puts ASCII, which fills a cell each: most of what is written."""
        if 0 <= self._y < self._height and (shown := text[: max(0, self._width - self._x)]):
            self._cells[self._y][self._x : self._x + len(shown)] = shown
        self._x += len(text)

    def _put(self, char: str) -> None:
        if unicodedata.combining(char) or not 0 <= self._y < self._height:
            return
        width = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for offset in range(width):
            if 0 <= self._x + offset < self._width:
                self._cells[self._y][self._x + offset] = char if offset == 0 else ""
        self._x += width
