"""Asks a terminal what it can do, outside of the app: what it draws, which keys it reports, how wide it draws texts."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len

from chat_tui.ui.terminal.asking import may_be_asked

WAIT = 1.0
"""Seconds for all answers."""
SAMPLES = {
    "Chinese": "中",
    "combining accent": "e\u0301",
    "emoji": "🙂",
    "emoji with skin tone": "👍🏽",
    "family": "👨‍👩‍👧",
    "heart": "❤\ufe0f",
    "flag": "🇩🇪",
    "ellipsis": "…",
    "box": "─",
}
"""Texts of which terminals disagree."""
_ASK = "\x1b[?u" + "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\" + "\x1b]11;?\x1b\\" + "\x1b[?2026$p" + "\x1b[?2031$p"
_LAST = "\x1b[c"
"""Every terminal answers this one, and after the others."""
_REPLIES = re.compile(
    r"\x1b\[\?(?P<keys>\d+)u|\x1b_Gi=31;(?P<kitty>[^\x1b]{0,40})\x1b\\"
    r"|\x1b\]11;(?P<background>[\w:/]{0,40})(?:\x07|\x1b\\)"
    r"|\x1b\[\?2026;(?P<sync>\d)\$y|\x1b\[\?2031;(?P<dark>\d)\$y"
    r"|\x1b\[\d+;(?P<column>\d+)R|\x1b\[\?(?P<attributes>[\d;]+)c"
)


@dataclass(slots=True)
class TerminalReport:
    """What a terminal said of itself."""

    said: dict[str, str] = field(default_factory=dict)
    """Its answers: `keys`, `kitty`, `background`, `sync`, `dark`, `attributes`; one that was not given is missing."""
    widths: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By sample, the cells that it takes in this terminal, and those that the app counts."""

    @property
    def answered(self) -> bool:
        """Whether it answered at all."""
        return "attributes" in self.said

    @property
    def differing(self) -> list[str]:
        """The samples that the terminal draws otherwise than the app expects."""
        return [name for name, (drawn, counted) in self.widths.items() if drawn != counted]


def ask_terminal(file: int, environ: Mapping[str, str]) -> TerminalReport:
    """Asks the terminal behind a descriptor that can be read and written; takes a second at most.

    Nothing stays on the screen: the samples are written in the cursor's row, which is cleared.
    """
    report = TerminalReport()
    if sys.platform == "win32" or not may_be_asked(environ) or environ.get("TERM", "") in ("", "dumb", "unknown"):
        return report
    import termios

    before = termios.tcgetattr(file)
    raw = [*before[:6], [*before[6]]]
    raw[3] &= ~(termios.ICANON | termios.ECHO)
    raw[6][termios.VMIN], raw[6][termios.VTIME] = 0, 0
    termios.tcsetattr(file, termios.TCSADRAIN, raw)
    try:
        samples = "".join(f"\r{text}\x1b[6n" for text in SAMPLES.values())
        _write(file, f"{_ASK}{samples}\r\x1b[K{_LAST}")
        columns = _read(file, report)
    finally:
        termios.tcsetattr(file, termios.TCSAFLUSH, before)
    if len(columns) == len(SAMPLES):
        for (name, text), column in zip(SAMPLES.items(), columns, strict=True):
            report.widths[name] = column - 1, cell_len(text)
    return report


def _write(file: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(file, data) :]


def _read(file: int, report: TerminalReport) -> list[int]:
    """Reads the answers into the report; returns the columns of the cursor."""
    answer, deadline, columns = "", time.monotonic() + WAIT, list[int]()
    while not report.answered and (left := deadline - time.monotonic()) > 0:
        if not select.select([file], [], [], left)[0]:
            break
        data = os.read(file, 4096)
        if not data:
            break
        answer += data.decode(errors="replace")
        end = 0
        for match in _REPLIES.finditer(answer):
            end = match.end()
            found = {name: text for name, text in match.groupdict().items() if text is not None}
            if "column" in found:
                columns.append(int(found.pop("column")))
            report.said |= found
        answer = answer[end:][-4096:]
    return columns
