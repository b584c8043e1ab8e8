"""Delivers keys, pastes and clicks one at a time: each has had all its effects before the next is delivered.

Textual takes a printable key in the focused widget at once, but runs a binding only after the key has gone through the
queue of every parent up to the app. Keys that arrive together change places then: `ab`, backspace, `cd` becomes `abc`.
And what a key starts may take a while (a dialog opens, a thread is read from disk); keys pressed meanwhile are meant
for what it leads to.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from textual import events
from textual.message_pump import MessagePump

from chat_tui.ui.compat.message_pump import finish, handle_exception, is_busy

if TYPE_CHECKING:
    from textual.app import App

_PRINTABLE = "printable"
TYPING = frozenset((_PRINTABLE, "backspace", "delete", "left", "right", "home", "end", "space"))
"""Keys that only change the text of a field, or move in it."""
PATIENCE = 2.0
"""Seconds after which the keys that stop and quit no longer wait for what another key started."""


class Flow(NamedTuple):
    """What a key has started."""

    owner: object
    """What it belongs to: a dialog, with which it ends."""
    passing: frozenset[str]
    """Keys that need not wait for it."""


class InputQueue:
    """The queue of undelivered input, and the flows that it waits for."""

    def __init__(
        self,
        app: App[Any],
        deliver: Callable[[events.Event], Awaitable[None]],
        is_urgent: Callable[[str], bool] = lambda key: False,
    ) -> None:
        """Delivers nothing before `start` and `open`.

        Args:
            app: whose input it is.
            deliver: hands one event to what has the focus.
            is_urgent: whether a key stops or quits.
        """
        self._is_urgent = is_urgent
        self._app = app
        self._deliver = deliver
        self._events: deque[events.Event] = deque()
        self._changed = asyncio.Event()
        """Set when there may be something to do: input, a flow that ended or asks."""
        self._flows: dict[asyncio.Task[None], Flow] = {}
        """What keys have started and has not ended."""
        self._waiting: set[asyncio.Task[Any]] = set()
        """Flows that wait for the user or the network."""
        self._opened = asyncio.Event()
        self._delivered = asyncio.Event()
        """Set while there is no input that has not been delivered."""
        self._delivered.set()
        self._task: asyncio.Task[None] | None = None
        self.last_key = ""
        """The key that was delivered last; empty of a click or a paste."""
        self.last_time = 0.0
        """When that was (`time.monotonic`)."""
        self._following: events.Event | None = None
        """The input that is delivered next, while it waits for what was delivered before."""
        self.on_next: Callable[[str], None] | None = None
        """Called once, before the next key, click or paste is delivered, with the key's name; empty of the others."""

    def put(self, event: events.Event) -> None:
        """Adds input at the end."""
        self._events.append(event)
        self._delivered.clear()
        self._changed.set()

    def start(self) -> None:
        """Starts the task that delivers, in the caller's context, which must be the app's."""
        self._task = asyncio.create_task(self._run(), name="input")

    def open(self) -> None:
        """Starts delivery, the oldest input first."""
        self._opened.set()

    def close(self) -> None:
        """Cancels delivery and all flows except the caller's; drops undelivered input."""
        running = asyncio.current_task()
        for task in [*self._flows, *([self._task] if self._task else [])]:
            if task is not running:
                task.cancel()
        self._events.clear()
        self._delivered.set()

    # What keys start

    def run(
        self, flow: Coroutine[Any, Any, None], *, owner: object = None, passing: frozenset[str] = frozenset()
    ) -> asyncio.Task[None]:
        """Starts a flow. Input waits until it ends, but not while it waits for the user (`waits`).

        Args:
            flow: what is to be done.
            owner: what it belongs to; see `cancel`.
            passing: keys that need not wait for it, as `TYPING` for a search that starts anew with each.
        """
        task = asyncio.create_task(flow)
        self._flows[task] = Flow(owner, passing)
        task.add_done_callback(self._ended)
        return task

    def cancel(self, owner: object) -> None:
        """Cancels the flows of a dialog that is closed, or does something else."""
        for task, flow in self._flows.items():
            if flow.owner is owner and task is not asyncio.current_task():
                task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._flows[task]
        self._changed.set()
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            handle_exception(self._app, error)

    @contextmanager
    def waits(self) -> Iterator[Callable[[], None]]:
        """Lets input through while the running flow waits for the user or the network.

        Yields:
            Ends that: called by what the flow waits for, so that no key slips through before the flow continues.
        """
        flow = asyncio.current_task()
        assert flow is not None
        self._waiting.add(flow)
        self._changed.set()
        try:
            yield lambda: self._waiting.discard(flow)
        finally:
            self._waiting.discard(flow)

    # Delivery

    async def _run(self) -> None:
        await self._opened.wait()
        while True:
            while self._events:
                event = self._following = self._events.popleft()
                try:
                    if not isinstance(event, events.MouseMove):
                        await self._settle_for(event)
                    self._following = None
                    self._note_next(event)
                    await self._deliver(event)
                except Exception as error:  # noqa: BLE001 - as Textual does with errors in its handlers
                    handle_exception(self._app, error)
                    return
            self._delivered.set()
            self._changed.clear()
            await self._changed.wait()

    def _note_next(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste, events.MouseDown)):
            self.last_key = event.key if isinstance(event, events.Key) else ""
            self.last_time = event.time
            call, self.on_next = self.on_next, None
            if call is not None:
                call(self.last_key)

    async def is_repeated(self, seconds: float) -> bool:
        """Whether the key that was delivered last is pressed again within some seconds; waits as long at the most.

        For flows: what is pressed meanwhile is delivered when they have ended.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._events and self._following is None:
                    self._changed.clear()
                    await self._changed.wait()
        following = self._following or next(iter(self._events), None)
        is_same = isinstance(following, events.Key) and following.key == self.last_key
        return is_same and following is not None and following.time - self.last_time < seconds

    async def drain(self) -> None:
        """Waits until all input there is now has been delivered and has had its effects."""
        await finish(self._app)  # what the driver has handed over is in the queue then
        await self._delivered.wait()
        await self.settle()

    async def _settle_for(self, event: events.Event) -> None:
        if not isinstance(event, events.Key):
            await self.settle(_PRINTABLE if isinstance(event, events.Paste) else "")
        elif self._is_urgent(event.key):
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self.settle(event.key)
        else:
            await self.settle(_PRINTABLE if event.is_printable else event.key)

    async def settle(self, key: str = "") -> None:
        """Waits until all that was delivered has had its effects.

        Args:
            key: what comes next: flows that let it pass are not waited for.
        """
        while True:
            if any(task not in self._waiting and key not in flow.passing for task, flow in self._flows.items()):
                self._changed.clear()
                await self._changed.wait()
            elif (busy := next((pump for pump in self._pumps() if is_busy(pump)), None)) is not None:
                await finish(busy)
            else:
                return

    def _pumps(self) -> Iterator[MessagePump]:
        """The message pumps, the focused widget first."""
        focused = self._app.focused
        if focused is not None:
            yield focused
        yield self._app
        for screen in reversed(self._app.screen_stack):
            yield screen
            yield from screen.walk_children()
