"""Looks for what other programs wrote: into the thread on the screen, beside it, and what of it is damaged."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from textual.timer import Timer

from chat_tui.domain.errors import StorageError

if TYPE_CHECKING:
    from chat_tui.ui.chat.screen import ChatScreen

LOOK = 0.6
"""Seconds between two looks: what another program writes is shown within a second."""
SOON = 0.2
"""The same while another program writes an answer: that is on disk within 0.8 s."""


class StorageWatcher:
    """Keeps the chat screen in step with the disk."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._version: object = None
        """Of the threads on disk, as last listed."""
        self._was_there = False
        """Whether the directory of the threads was there before it could not be found any more."""
        self._told = 0
        """How many lines about damaged files have been told."""
        self._looks = False
        """Whether a look is under way: the next one waits for its turn, however slow the disk is."""
        self._often: Timer
        """Runs while another program writes an answer that is on the screen."""

    async def start(self) -> None:
        """Begins to look."""
        self._version = await self._screen.services.store.version()
        self._screen.set_interval(LOOK, self._begin)
        self._often = self._screen.set_interval(SOON, self._begin, pause=True)

    def _begin(self) -> None:
        if not self._looks:
            self._screen.look()

    async def look(self) -> None:
        """Looks once."""
        self._looks = True
        try:
            await self._take_up()
            await self._look_around()
            if self._version is None and self._was_there:
                await self._save_again()
        finally:
            self._looks = False

    async def _save_again(self) -> None:
        """Writes what is open once more where the directory of the threads was taken away."""
        self._was_there = False
        with suppress(StorageError):  # which is told as long as it lasts
            await self._screen.chat_app.conversations.save_all()
            words = "The threads that are open here were saved again. Others are gone with it, unless it was moved."
            self._screen.app.notify(words, title="The data directory was removed", severity="warning", timeout=15)

    async def _take_up(self) -> None:
        from chat_tui.domain.ports import News

        screen = self._screen
        conversation = screen.conversation
        news = await screen.chat_app.conversations.sync_from_disk(conversation)
        if conversation is not screen.conversation:  # another one was opened meanwhile
            return
        if news is News.GROWTH:
            screen.presenter.grew_elsewhere()
        elif news:
            screen.show_branch(stay=True)
        if conversation.waits_for_other:
            self._often.resume()
        else:
            self._often.pause()

    async def _look_around(self) -> None:
        screen, store = self._screen, self._screen.services.store
        broken = store.broken()
        for line in broken[self._told :]:
            words = f"{line} {screen.key('command_palette')} Damaged files shows what can be had of it."
            screen.app.notify(words, title="A thread could not be read", severity="warning", timeout=12)
        self._told = len(broken)
        if (version := await store.version()) != self._version:
            self._was_there, self._version = self._version is not None, version
            screen.refresh_threads()
