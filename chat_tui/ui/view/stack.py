"""The turns of a conversation on top of each other, with measured or estimated heights. Knows no widget."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_tui.ui.transcript.rows import Rows
    from chat_tui.ui.transcript.turn import RenderContext, Turn


class Stack:
    """The turns of a conversation and their heights in rows.

    A turn's height is exact once it has been measured, that is drawn, and an estimate before. Rows count from 0 at
    the first turn's top.
    """

    def __init__(self, turns: Sequence[Turn] = (), context: RenderContext | None = None) -> None:
        """Estimates every turn's height. May be called from any thread.

        Args:
            turns: none of them drawn yet.
            context: what they will be drawn with; needed where there are turns.
        """
        self.turns = list(turns)
        self.width = 0
        """Cells of the text's measure for which heights are estimated."""
        self._heights = list[int]()
        self._tops = [0]
        if context is not None:
            self.estimate(context)

    def __len__(self) -> int:
        return len(self.turns)

    @property
    def last(self) -> Turn | None:
        """The last turn."""
        return self.turns[-1] if self.turns else None

    @property
    def height(self) -> int:
        """The rows of all turns."""
        return self._tops[-1]

    def top(self, index: int) -> int:
        """The first row of a turn; behind the last turn, the height of all."""
        return self._tops[min(index, len(self.turns))]

    def at(self, row: int) -> tuple[int, int]:
        """The turn of a row, and the row within it."""
        index = max(0, min(bisect_right(self._tops, row) - 1, len(self.turns) - 1))
        return index, row - self._tops[index]

    def push(self, turn: Turn, context: RenderContext) -> None:
        """Adds a turn at the end."""
        height = turn.estimate(context)
        self.turns.append(turn)
        self._heights.append(height)
        self._tops.append(self._tops[-1] + height)

    def pop(self) -> None:
        """Removes the last turn."""
        self.turns.pop()
        self._heights.pop()
        self._tops.pop()

    def estimate(self, context: RenderContext) -> None:
        """Estimates the heights of all turns."""
        self.width = context.width
        self._heights = [turn.estimate(context) for turn in self.turns]
        self._sum()

    def forget(self, context: RenderContext) -> None:
        """Discards the rows of all turns, for another width or other colours."""
        for turn in self.turns:
            turn.forget()
        self.estimate(context)

    def set_height(self, index: int, rows: Rows) -> None:
        """Sets the measured height of a turn."""
        if self._heights[index] != len(rows):
            self._heights[index] = len(rows)
            self._sum(index)

    def measure_back(self, height: int, context: RenderContext) -> None:
        """Draws turns from the last one upwards, until they fill `height` rows."""
        seen, index = 0, len(self.turns)
        while index > 0 and seen < height:
            index -= 1
            seen += self._measure(index, context)
        self._sum(index)

    def measure_on(self, index: int, row: int, height: int, context: RenderContext) -> int:
        """Draws turns from a row of a turn down, until they fill `height` rows.

        Returns:
            The row, or the turn's last one where it turns out to have fewer.
        """
        first = index
        if index < len(self.turns):
            row = min(row, max(0, self._measure(index, context) - 1))
        seen = -row
        while index < len(self.turns) and seen < height:
            seen += self._measure(index, context)
            index += 1
        self._sum(min(first, len(self.turns)))
        return row

    def _measure(self, index: int, context: RenderContext) -> int:
        self._heights[index] = len(self.turns[index].rows(context))
        return self._heights[index]

    def _sum(self, index: int = 0) -> None:
        """Updates the sums of heights up to a turn; a running answer at the end costs nothing for the others."""
        self._tops[index:] = accumulate(self._heights[index:], initial=self._tops[index])
