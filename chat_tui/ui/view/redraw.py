"""Schedules drawing: a running answer at most a few times a second, a long text a slice at a time.

Both leave the keys time between: what is slow to draw is drawn less often.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.timer import Timer

from chat_tui.ui.view.viewport import Viewport

if TYPE_CHECKING:
    from chat_tui.ui.transcript.turn import Turn

FRAME = 1 / 10
"""Seconds between two frames of a running answer, at the least, where it has the window for itself."""
PATIENCE = 5
"""A frame that took t seconds is followed by PATIENCE * t of rest, so that keys never wait for long."""
PAUSE = 0.02
"""Seconds between two slices, at the least; else as long as the last one took."""
SetTimer = Callable[[float, Callable[[], None]], Timer]
"""Calls something once, after some seconds."""


class ReplyState(NamedTuple):
    """What a running answer is doing."""

    text: str
    """In words: `writing · 64 tok/s · 12 s · esc stop`."""
    waits: bool = False
    """Whether it waits, for longer than usual."""
    is_pending: bool = False
    """Whether nothing has come yet."""
    queued: Sequence[str] = ()
    """The prompts that are sent after it."""


class LiveReply:
    """Draws a running answer when it has changed, at a limited rate."""

    def __init__(
        self, draw: Callable[[], None], set_timer: SetTimer, on_state: Callable[[ReplyState | None], None]
    ) -> None:
        """Starts without an answer.

        Args:
            draw: draws the answer's turn.
            set_timer: starts a timer.
            on_state: called with the state for each frame, and with None when the answer ends.
        """
        self._draw = draw
        self._set_timer = set_timer
        self._on_state = on_state
        self.frame = FRAME
        """Seconds between two frames, at the least."""
        self._turn: Turn | None = None
        self._state: Callable[[], ReplyState] = lambda: ReplyState("")
        self._frame: Timer | None = None
        """When the next frame is drawn."""
        self._next = 0.0
        """The earliest moment for it."""

    def begin(self, turn: Turn, state: Callable[[], ReplyState]) -> None:
        """Starts to draw an answer.

        Args:
            turn: shows the answer.
            state: what the answer is doing.
        """
        self._turn, self._state, turn.is_live = turn, state, True
        self.draw()

    def grow(self, *, now: bool = False) -> None:
        """Draws the answer, which has changed, at the next frame, or now."""
        if self._turn is None or (self._frame is not None and not now):
            return
        if now or (wait := self._next - time.monotonic()) <= 0:
            self.draw()
        else:
            self._frame = self._set_timer(wait, self.draw)

    def draw(self) -> None:
        """Draws the answer at once."""
        self._stop_waiting()
        if (turn := self._turn) is not None:
            state = self._state()
            turn.queued = state.queued
            self._on_state(state)
            self._draw_timed()
            if turn.is_behind:
                self.grow()

    def end(self) -> bool:
        """Draws the answer for the last time, if one was running; whether one was."""
        self._stop_waiting()
        if (turn := self._turn) is None:
            return False
        self._turn, turn.is_live, turn.queued = None, False, ()
        self._on_state(None)
        self._draw_timed()
        return True

    def drop(self) -> None:
        """Stops drawing the answer, if one is running."""
        self._stop_waiting()
        if self._turn is not None:
            self._turn = None
            self._on_state(None)

    def _draw_timed(self) -> None:
        started = time.monotonic()
        self._draw()
        end = time.monotonic()
        self._next = end + max(self.frame, PATIENCE * (end - started))

    def _stop_waiting(self) -> None:
        if self._frame is not None:
            self._frame.stop()
            self._frame = None


class SliceTimer:
    """Draws the turns in view slice by slice until they are finished."""

    def __init__(self, viewport: Viewport, on_draw: Callable[[], None], set_timer: SetTimer) -> None:
        """Draws nothing yet.

        Args:
            viewport: has the turns.
            on_draw: is called after each slice, and calls `start`.
            set_timer: starts a timer.
        """
        self._viewport = viewport
        self._drawn = on_draw
        self._set_timer = set_timer
        self._timer: Timer | None = None
        self._took = 0.0

    def start(self) -> None:
        """Schedules the next slice, if a turn in view is unfinished."""
        if self._timer is None and self._viewport.unfinished() is not None:
            self._timer = self._set_timer(max(PAUSE, self._took), self._draw)

    def _draw(self) -> None:
        self._timer = None
        if (index := self._viewport.unfinished()) is not None:
            started = time.monotonic()
            self._viewport.redraw(index)
            self._took = time.monotonic() - started
            self._drawn()
