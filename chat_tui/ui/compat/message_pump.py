"""Textual's message queues: whether one is idle, waiting until it is, errors in its handlers."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen


def handle_exception(app: App[Any], error: Exception) -> None:
    """Ends the app as an error in a message handler does."""
    app._handle_exception(error)


def is_busy(pump: MessagePump) -> bool:
    """Whether a message waits or is being handled, or a callback waits for the next refresh.

    A pump that rests waits for the event that its queue sets; while it handles a message it does not.
    """
    if pump._next_callbacks:
        return True
    if isinstance(pump, Screen) and pump.is_active and pump._callbacks:
        return True
    queue: Any = pump._message_queue
    rests = queue.empty() and bool(vars(queue.ready_event)["_waiters"])
    return not rests and not _has_ended(pump)


def _has_ended(pump: MessagePump) -> bool:
    return pump._closed or (pump._task is not None and pump._task.done())


async def finish(pump: MessagePump) -> None:
    """Waits until a message pump has handled what it has now and the screen is drawn, or it has ended."""
    handled = asyncio.Event()
    has_callbacks = isinstance(pump, Screen) and pump._callbacks
    post = pump.call_after_refresh if has_callbacks else pump.call_later
    if not post(handled.set):  # it is being closed
        await asyncio.sleep(0)
        return
    task = pump._task  # None for the app, which ends the queue itself
    waiting = asyncio.ensure_future(handled.wait())
    await asyncio.wait([waiting, *([task] if task else [])], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
