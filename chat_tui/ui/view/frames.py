"""When a running answer is drawn again, which of its rows, and where the view stands: as little as can be moves."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.strip import Strip

FRAME = 1 / 10
"""Seconds between two frames, at the least."""
PATIENCE = 5
"""A frame that took t seconds is followed by PATIENCE * t of rest, so that keys never wait for long."""


class FrameClock:
    """Says how long to wait for the next frame; slows down when frames are dear."""

    def __init__(self) -> None:
        self._end = 0.0
        self._cost = 0.0

    def wait(self) -> float:
        """Seconds until the next frame may be drawn; 0 or less if it may now."""
        return self._end + max(FRAME, PATIENCE * self._cost) - time.monotonic()

    def drew(self, begun: float) -> None:
        """Notes that a frame was drawn, begun at that moment (`time.monotonic`)."""
        self._end = time.monotonic()
        self._cost = self._end - begun


def difference(before: Sequence[Strip], after: Sequence[Strip]) -> tuple[int, int]:
    """The first row that differs, and the one behind the last; all from the first on where their number differs."""
    shortest = min(len(before), len(after))
    first = next((i for i in range(shortest) if not _same(before[i], after[i])), shortest)
    if len(before) != len(after):
        return first, max(len(before), len(after))
    last = shortest
    while last > first and _same(before[last - 1], after[last - 1]):
        last -= 1
    return first, last


def following_top(overflow: int, height: int, current: int | None, *, is_live: bool) -> int:
    """The first row of a view that follows the tail.

    While an answer runs the view moves by a few rows at once, not by one: it is read more easily, and a terminal at
    the end of a slow line is sent a quarter of the bytes. The room that this leaves stays when the answer ends.

    Args:
        overflow: the rows that do not fit into the view.
        height: the rows of the view.
        current: the first row now, where what is drawn should stay in place; None where it need not.
        is_live: whether an answer runs.
    """
    if overflow <= 0:
        return 0
    step = max(1, min(5, height // 6))
    if current is not None and 0 <= current - overflow <= step:
        return current
    return overflow + step if is_live else overflow


def _same(one: Strip, other: Strip) -> bool:
    return one is other or one == other
