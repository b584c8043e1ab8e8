"""Long texts that are drawn a slice at a time, so that keys come between."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer

from chat_tui.ui.view.viewport import Viewport

PAUSE = 0.02
"""Seconds between two slices, at the least; else as long as the last one took."""


class SliceTimer:
    """Draws on the turns in view until none of them is unfinished."""

    def __init__(
        self,
        viewport: Viewport,
        drawn: Callable[[], None],
        set_timer: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        """Draws nothing yet.

        Args:
            viewport: has the turns.
            drawn: is called after each slice, and calls `start`.
            set_timer: calls something once, after some seconds.
        """
        self._viewport = viewport
        self._drawn = drawn
        self._set_timer = set_timer
        self._timer: Timer | None = None
        self._took = 0.0

    def start(self) -> None:
        """Has the next slice drawn after a pause, if a turn in view waits for one."""
        if self._timer is None and self._viewport.unfinished() is not None:
            self._timer = self._set_timer(max(PAUSE, self._took), self._draw)

    def _draw(self) -> None:
        self._timer = None
        if (index := self._viewport.unfinished()) is not None:
            begun = time.monotonic()
            self._viewport.redraw(index)
            self._took = time.monotonic() - begun
            self._drawn()
