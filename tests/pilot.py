"""A pilot that waits for the app's message queues, where Textual's sleeps until the processor seems idle."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

import pytest
from rich.console import RenderableType
from textual import events
from textual._compositor import Compositor
from textual.app import App
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.screen import Screen

from chat_tui.ui.app import ChatApp
from chat_tui.ui.compat.first_frame import FirstFrame
from chat_tui.ui.terminal.input_queue import InputQueue

WAIT = 60.0
"""Seconds after which what never ends fails its test."""
_DRAW = Compositor.render_update


def _draw_at_rest(
    compositor: Compositor, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
) -> RenderableType | None:
    return _DRAW(compositor, full, screen_stack, simplify) if full else None


def draw_frames_at_rest(patch: pytest.MonkeyPatch) -> None:
    """Leaves out the frames between two rests of an app.

    A headless app draws every frame and throws it away: two fifths of the time of its tests. `settle` draws one of all
    that has changed, so that what can't be drawn still fails.
    """
    patch.setattr(Compositor, "render_update", _draw_at_rest)


async def settle(app: App[Any], *, flows: bool = True) -> None:
    """Waits until all input has been delivered and has had its effects, and the screen is drawn; or the app has ended.

    Args:
        app: any app.
        flows: whether to wait for what keys have started. What a test holds back never ends.

    Raises:
        AssertionError: something doesn't end.
    """
    queue = app.input if flows and isinstance(app, ChatApp) else InputQueue(app, app.on_event)
    rested = asyncio.create_task(_rest(app, queue))
    untyped: Any = app
    failed = asyncio.create_task(untyped._exception_event.wait())
    running = [untyped._task] if untyped._task else []
    try:
        ended, _ = await asyncio.wait([rested, failed, *running], timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
        assert ended, f"still running: {list(queue._flows) or 'a message'}"
        if rested.done():
            rested.result()
    finally:
        rested.cancel()
        failed.cancel()


async def _rest(app: App[Any], queue: InputQueue) -> None:
    with app._context():
        await queue.drain()
        await app.animator.wait_until_complete()
        while app._running and (_is_stale(app.screen) or app.screen._compositor._dirty_regions):
            app.screen._on_timer_update()
            await queue.drain()
            if app._running:
                _DRAW(app.screen._compositor, screen_stack=app._background_screens)


async def type_ahead(app: App[Any], *keys: str) -> None:
    """Presses keys while a test holds back what an earlier one has started: waits until they are in the queue."""
    for each in keys:
        app.post_message(key_event(each))
    await settle(app, flows=False)


def _is_stale(screen: Screen[Any]) -> bool:
    """Whether something that has changed is not drawn yet."""
    return bool(
        screen.is_current
        and not screen.app._batch_count
        and (
            screen._layout_required
            or screen._scroll_required
            or screen._repaint_required
            or screen._recompose_required
            or screen._dirty_widgets
            or screen._callbacks
            or (isinstance(screen, FirstFrame) and not screen._is_settled)
        )
    )


def key_event(name: str) -> events.Key:
    """A press of a key, as `Pilot.press` names them."""
    key = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    character: str | None
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key)))
    except KeyError:
        character = key if len(key) == 1 else None
    return events.Key(key, character)


class QuickPilot(Pilot[None]):
    """Drives an app without sleeping: what it does has had its effects when it returns."""

    async def press(self, *keys: str) -> None:
        """Presses keys, as fast as a terminal delivers them."""
        for each in keys:
            self.app.post_message(key_event(each))
            if not isinstance(self.app, ChatApp):  # whose keys have an order of their own
                await settle(self.app)
        await settle(self.app)

    async def pause(self, delay: float | None = None) -> None:
        """Waits until the app has nothing more to do."""
        await settle(self.app)
