"""What helps to read a thread: finding words in it, going from heading to heading."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_tui.ui.screens.chat import ChatScreen


def find(screen: ChatScreen) -> None:
    """Opens the line to find words in, or goes back to it."""
    from chat_tui.ui.widgets.find_bar import FindBar

    if bars := screen.query(FindBar):
        bars.first().begin()
    else:
        screen.query_one("#compose").mount(FindBar(screen.conversation), before=0)


def _to_heading(screen: ChatScreen, step: int) -> None:
    index = screen.conversation.step_heading(step)
    if index is not None and screen.conversation.selected is not None:
        screen.conversation.mark(index)


def next_heading(screen: ChatScreen) -> None:
    """Goes to the next heading."""
    _to_heading(screen, 1)


def previous_heading(screen: ChatScreen) -> None:
    """Goes to the heading before."""
    _to_heading(screen, -1)


FLOWS: dict[str, Callable[[ChatScreen], None]] = {
    "find": find,
    "next_heading": next_heading,
    "previous_heading": previous_heading,
}
"""What does these commands, by id."""
