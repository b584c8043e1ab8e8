"""Takes the keyboard as soon as the program runs: what is typed while the app is loaded is its first input.

Until then the terminal is in line mode: it echoes what is typed, makes a newline of enter, and keeps ctrl+s, ctrl+q and
the like for itself (termios(3): ICANON, ECHO, ICRNL, IXON).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

Modes: TypeAlias = list[Any]
"""A terminal's modes, as `termios.tcgetattr` returns them."""


@contextmanager
def raw_mode() -> Iterator[Modes | None]:
    """Turns line mode and echo off for standard input; ctrl+c still interrupts. Puts the modes back at the end.

    Yields:
        The modes as they were; None where standard input has none (Windows).
    """
    try:
        import termios
    except ImportError:
        yield None
        return
    try:
        before = termios.tcgetattr(sys.stdin)
    except (termios.error, ValueError, OSError):
        yield None
        return
    raw = [*before[:6], [*before[6]]]
    raw[0] &= ~(termios.IXON | termios.ICRNL)
    raw[3] &= ~(termios.ICANON | termios.ECHO)
    raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
    termios.tcsetattr(sys.stdin, termios.TCSANOW, raw)
    try:
        yield before
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(sys.stdin, termios.TCSANOW, before)
