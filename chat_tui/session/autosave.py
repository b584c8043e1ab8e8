"""Saves what changes in a thread within the second, and retries while the disk refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError
from chat_tui.session.background import BackgroundTasks

if TYPE_CHECKING:
    from chat_tui.domain.ports.threads import ThreadStore

DELAY = 0.8
"""Seconds after which a change is on its way to the disk: within the second that is promised."""
LONGEST_DELAY = 10.0
"""Seconds between two tries at most while the disk refuses."""


class Autosaver:
    """Saves one thread: to the journal while an answer is running, the whole thread when a turn has ended."""

    def __init__(self, thread: Thread, store: ThreadStore, notify: Callable[[str], None], *, writes: bool) -> None:
        """Takes up a thread.

        Args:
            thread: the thread to save.
            store: where.
            notify: called with the reason when a save in the background fails, and with "" when one succeeds again.
            writes: whether anything is written at all.
        """
        self._thread = thread
        self._store = store
        self._notify = notify
        self._writes = writes
        self.growing: list[Message] = []
        """The answers that are being written."""
        self._touched: dict[str, Message] = {}
        """Other messages that changed since the thread was last written."""
        self._owed = False
        """Whether a save of the whole thread has failed: a note will not do then."""
        self._delay = DELAY
        self._timer: asyncio.TimerHandle | None = None
        self._background = BackgroundTasks()

    @property
    def owes(self) -> bool:
        """Whether what should be on disk is not, as saving has failed."""
        return self._owed

    async def start_writing(self) -> None:
        """Writes the thread, which was not to be written until now, and all that changes from now on.

        Raises:
            StorageError: it is not on disk; it is tried again later.
        """
        self._writes = True
        await self.save()

    def changed(self, *messages: Message) -> None:
        """Something is not on disk: it will be within the second.

        Args:
            messages: those that changed, beside the thread's fields and the answers that grow.
        """
        for each in messages:
            self._touched[each.id] = each
        if self._writes and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay, self._autosave)

    async def save(self) -> None:
        """Writes the thread, as it is now. Who is cancelled meanwhile stops waiting; it is written all the same.

        Raises:
            StorageError: it is not on disk.
        """
        if not self._writes:
            return
        task = self._background.start(self._save())
        try:
            error = await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(lambda done: None if done.cancelled() else self._report(done.result()))
            raise
        if error is not None:
            raise error

    async def save_quietly(self) -> None:
        """Writes the thread; a failure is reported, and tried again later."""
        try:
            await self.save()
        except StorageError as error:
            self._report(error)

    async def save_to_the_end(self) -> None:
        """The same for a turn that was cancelled: a second cancellation does not end the wait."""
        task = self._background.start(self.save_quietly())
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])

    def save_blocking(self) -> None:
        """Writes all that is not on disk yet, and blocks: for the last moment of a dying program.

        Raises:
            StorageError: it is not on disk.
        """
        if not self._writes:
            return
        try:
            self._store.save_blocking(self._thread)
        except StorageError:
            self._owed = True
            with suppress(RuntimeError):  # without a loop there is no later
                self.changed()
            raise
        self._cancel_timer()
        self._succeeded()

    async def _save(self) -> StorageError | None:
        """Writes the thread; a failure is returned, and the thread is owed."""
        self._cancel_timer()
        touched, self._touched = self._touched, {}
        try:
            await self._store.save(self._thread)
        except StorageError as error:
            self._touched = touched | self._touched
            self._owed = True
            self.changed()
            return error
        self._succeeded()
        return None

    def _autosave(self) -> None:
        self._timer = None
        self._background.start(self._note())

    async def _note(self) -> None:
        try:
            if self._owed:
                await self._store.save(self._thread)
            else:
                await self._store.note(self._thread, [*self._touched.values(), *self.growing])
        except StorageError as error:
            self._report(error)
        else:
            self._succeeded()

    def _report(self, error: StorageError | None) -> None:
        """Notifies of a failure; each retry waits longer than the one before."""
        if error is not None:
            self._delay = min(self._delay * 2, LONGEST_DELAY)
            self._owed = True
            self._notify(str(error))
            self.changed()

    def _succeeded(self) -> None:
        if self._owed:
            self._owed = False
            self._delay = DELAY
            self._notify("")

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
