"""What helps to read a thread: finding words in it, going from heading to heading, long lines of code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

SIDEWAYS = 16
"""Cells that a key moves long lines of code by."""

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen


def find(screen: ChatScreen) -> None:
    """Opens the line to find words in, or goes back to it."""
    from chat_tui.ui.chat.find_bar import FindBar

    if bars := screen.query(FindBar):
        bars.first().begin()
    else:
        screen.query_one("#compose").mount(FindBar(screen.view), before=0)


def _to_heading(screen: ChatScreen, step: int) -> None:
    index = screen.view.step_heading(step)
    if index is not None and screen.view.selected is not None:
        screen.view.mark(index)


def next_heading(screen: ChatScreen) -> None:
    """Goes to the next heading."""
    _to_heading(screen, 1)


def previous_heading(screen: ChatScreen) -> None:
    """Goes to the heading before."""
    _to_heading(screen, -1)


def wrap_code(screen: ChatScreen) -> None:
    """Wraps long lines of code, or lets them be scrolled sideways."""
    if screen.view.toggle_wrap():
        screen.app.notify("Long lines of code are wrapped.", title="Code")
    else:
        keys = f"{screen.key('code_left')} {screen.key('code_right')}"
        screen.app.notify(f"Long lines of code go on to the right · {keys} scroll", title="Code")


def code_left(screen: ChatScreen) -> None:
    """Shows what is at the left of long lines of code."""
    screen.view.shift_code(-SIDEWAYS)


def code_right(screen: ChatScreen) -> None:
    """Shows what is at the right of long lines of code."""
    screen.view.shift_code(SIDEWAYS)


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "find": find,
    "next_heading": next_heading,
    "previous_heading": previous_heading,
    "wrap_code": wrap_code,
    "code_left": code_left,
    "code_right": code_right,
}
"""What does these commands, by id."""
