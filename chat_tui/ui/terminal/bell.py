"""Notifies of a long answer in the background: by a message of the terminal (OSC 9, 99 or 777), or its bell."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from chat_tui.ui.text.sanitizer import cut

LONG = 10.0
"""Seconds that an answer must have taken: who waited less is still there."""
BELL = "\x07"
_WIDEST = 60
"""Cells of a thread's title in a message."""


def ring(environ: Mapping[str, str], notify: str, event: str, title: str) -> str:
    """The sequence to write to the terminal.

    Args:
        environ: says which terminal it is.
        notify: `auto`, `bell` or `off`.
        event: what happened, in our own words.
        title: the thread's; anybody's.

    Returns:
        A sequence; empty for none.
    """
    if notify == "off":
        return ""
    program = environ.get("TERM_PROGRAM", "")
    if notify == "bell" or environ.get("TMUX") or environ.get("STY"):
        return BELL  # what stands between takes a bell, and shows in which window it rang
    text = f"{event}: {_plain(title)}"
    if environ.get("KITTY_WINDOW_ID"):
        return f"\x1b]99;e=1;{base64.b64encode(text.encode()).decode()}\x1b\\"
    if program in ("iTerm.app", "WezTerm", "ghostty"):
        return f"\x1b]9;{text}\x1b\\"
    if environ.get("TERM", "").startswith(("rxvt", "foot")):
        return f"\x1b]777;notify;chat-tui;{text.replace(';', ',')}\x1b\\"
    return BELL


def _plain(title: str) -> str:
    """A title without control characters, which could end the sequence."""
    return "".join(each for each in cut(title, _WIDEST) if each.isprintable())
