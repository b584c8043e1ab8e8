"""Polls for changes by other programs, in the shown thread and in the list of threads, and for damaged files."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.timer import Timer
from textual.widget import Widget

from chat_tui.domain.errors import StorageError
from chat_tui.i18n import sentences, tr
from chat_tui.session.conversations import Conversations
from chat_tui.ui.chat.host import Notify
from chat_tui.ui.chat.navigator import ThreadNavigator
from chat_tui.ui.chat.presenter import ConversationPresenter
from chat_tui.ui.commands.keymap import Bound

if TYPE_CHECKING:
    from chat_tui.domain.ports.threads import ThreadStore

LOOK = 0.6
"""Seconds between two looks: what another program writes is shown within a second."""
SOON = 0.2
"""The same while another program writes an answer: that is on disk within 0.8 s."""


class StorageWatcher:
    """Updates the conversation on the screen and the list of threads when files have changed."""

    def __init__(
        self,
        store: ThreadStore,
        conversations: Conversations,
        threads: ThreadNavigator,
        presenter: ConversationPresenter,
        *,
        bound: Bound,
        notify: Notify,
        run: Callable[[Callable[[], Coroutine[Any, Any, None]]], object],
    ) -> None:
        """Does nothing until `start` is called.

        Args:
            store: the threads on disk.
            conversations: the open threads.
            threads: the one on the screen, and the list.
            presenter: draws what grew.
            bound: the keys of every command.
            notify: shows a notice.
            run: runs a check in the background; a new one cancels the one before.
        """
        self._store = store
        self._conversations = conversations
        self._threads = threads
        self._presenter = presenter
        self._bound = bound
        self._notify = notify
        self._run = run
        self._version: object = None
        """Of the threads on disk, as last listed."""
        self._was_there = False
        """Whether the directory of the threads was there before it could not be found any more."""
        self._notified = 0
        """Damaged files of which a notice was shown."""
        self._looks = False
        """Whether a look is under way: the next one waits for its turn, however slow the disk is."""
        self._often: Timer
        """Runs while another program writes an answer that is on the screen."""

    async def start(self, owner: Widget) -> None:
        """Starts polling; ends with the widget that owns the timers."""
        self._version = await self._store.version()
        owner.set_interval(LOOK, self._begin)
        self._often = owner.set_interval(SOON, self._begin, pause=True)

    def _begin(self) -> None:
        if not self._looks:
            self._run(self.look)

    async def look(self) -> None:
        """Polls once."""
        self._looks = True
        try:
            await self._sync()
            await self._look_around()
            if self._version is None and self._was_there:
                await self._save_again()
        finally:
            self._looks = False

    async def _save_again(self) -> None:
        """Saves the open threads again after the threads directory was removed."""
        self._was_there = False
        with suppress(StorageError):  # which is shown as long as it lasts
            await self._conversations.save_all()
            text = tr("Open threads were saved again. All others are lost, unless the directory was only moved.")
            self._notify(text, title=tr("The data directory was removed"), severity="warning", timeout=15)

    async def _sync(self) -> None:
        from chat_tui.domain.ports.threads import News

        conversation = self._threads.conversation
        news = await self._conversations.sync_from_disk(conversation)
        if conversation is not self._threads.conversation:  # another one was opened meanwhile
            return
        if news is News.GROWTH:
            self._presenter.changed_remotely()
        elif news:
            self._threads.show_branch(stay=True)
        if conversation.waits_for_other:
            self._often.resume()
        else:
            self._often.pause()

    async def _look_around(self) -> None:
        broken = self._store.broken()
        for line in broken[self._notified :]:
            text = sentences(line, tr("Press {key} to recover it.", key=self._bound.key("damaged")))
            self._notify(text, title=tr("Could not read a thread"), severity="warning", timeout=12)
        self._notified = len(broken)
        if (version := await self._store.version()) != self._version:
            self._was_there, self._version = self._version is not None, version
            self._threads.refresh_threads()
