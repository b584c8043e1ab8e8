"""Sees to it that what changes in a thread is on disk within the second, whatever the disk says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError

if TYPE_CHECKING:
    from chat_tui.domain.ports import ThreadStore

DELAY = 0.8
"""Seconds after which a change is on its way to the disk: within the second that is promised."""
LONGEST_DELAY = 10.0
"""Seconds between two tries at most while the disk refuses."""


class Autosaver:
    """Keeps one thread: a note in the journal for what is under way, the whole thread when a turn has ended."""

    def __init__(self, thread: Thread, store: ThreadStore, told: Callable[[str], None], *, writes: bool) -> None:
        """Takes up a thread.

        Args:
            thread: what is kept.
            store: where.
            told: hears of a failed save in the background, with words, and of the next good one, with "".
            writes: whether anything is written at all.
        """
        self._thread = thread
        self._store = store
        self._told = told
        self._writes = writes
        self.growing: list[Message] = []
        """The answers that are being written."""
        self._touched: dict[str, Message] = {}
        """Other messages that changed since the thread was last written."""
        self._owed = False
        """Whether a save of the whole thread has failed: a note will not do then."""
        self._delay = DELAY
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def owes(self) -> bool:
        """Whether what should be on disk is not, as saving has failed."""
        return self._owed

    def changed(self, *messages: Message) -> None:
        """Something is not on disk: it will be within the second.

        Args:
            messages: those that changed, beside the thread's fields and the answers that grow.
        """
        for each in messages:
            self._touched[each.id] = each
        if self._writes and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay, self._keep_behind)

    async def save(self) -> None:
        """Writes the thread.

        Raises:
            StorageError: it is not on disk.
        """
        self._cancel_timer()
        if not self._writes:
            return
        touched, self._touched = self._touched, {}
        try:
            await self._store.save(self._thread)
        except StorageError:
            self._touched = touched | self._touched
            self._owed = True  # whoever asked hears of it; what was owed before is still to be saved
            self.changed()
            raise
        self._succeeded()

    async def save_quietly(self) -> None:
        """Writes the thread; a failure is told, and tried again later."""
        try:
            await self.save()
        except StorageError as error:
            self._failed(error)

    def save_now(self) -> None:
        """Writes all that is not on disk yet, without a loop.

        Raises:
            StorageError: it is not on disk.
        """
        if not self._writes:
            return
        try:
            self._store.save_now(self._thread)
        except StorageError:
            self._owed = True
            with suppress(RuntimeError):  # without a loop there is no later
                self.changed()
            raise
        self._cancel_timer()
        self._succeeded()

    def save_at_once(self) -> None:
        """Writes a stopped answer before its task ends: nothing may be awaited there that a second stop could cut."""
        try:
            self.save_now()
        except StorageError as error:
            self._failed(error)

    def _keep_behind(self) -> None:
        self._timer = None
        task = asyncio.get_running_loop().create_task(self._keep())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self) -> None:
        try:
            if self._owed:
                await self._store.save(self._thread)
            else:
                await self._store.note(self._thread, [*self._touched.values(), *self.growing])
        except StorageError as error:
            self._failed(error)
        else:
            self._succeeded()

    def _failed(self, error: StorageError) -> None:
        self._delay = min(self._delay * 2, LONGEST_DELAY)
        self._owed = True
        self._told(str(error))
        self.changed()

    def _succeeded(self) -> None:
        if self._owed:
            self._owed = False
            self._delay = DELAY
            self._told("")

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
