"""Looks for what other programs wrote: into the thread on the screen, beside it, and what of it is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_tui.domain.ports import News

if TYPE_CHECKING:
    from chat_tui.ui.screens.chat import ChatScreen

LOOK = 0.6
"""Seconds between two looks: what another program writes is shown within a second."""


class Watch:
    """Keeps the chat screen in step with the disk."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._version: object = None
        """Of the threads on disk, as last listed."""
        self._told = 0
        """How many lines about damaged files have been told."""

    def start(self) -> None:
        """Begins to look."""
        self._version = self._screen.services.store.version()
        self._screen.set_interval(LOOK, self._screen.look)

    async def look(self) -> None:
        """Looks once."""
        screen, store = self._screen, self._screen.services.store
        live = screen.live
        news = await screen.chat_app.desk.take_up(live)
        if live is not screen.live:  # another one was opened meanwhile
            return
        if news is News.GROWTH:
            screen.stage.grew_elsewhere()
        elif news:
            screen.show_branch(stay=True)
        broken = store.broken()
        for line in broken[self._told :]:
            words = f"{line} {screen.key('command_palette')} Damaged files shows what can be had of it."
            screen.app.notify(words, title="A thread could not be read", severity="warning", timeout=12)
        self._told = len(broken)
        if (version := store.version()) != self._version:
            self._version = version
            screen.refresh_threads()
