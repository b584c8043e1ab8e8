"""The rows of an empty conversation, in the middle of its view."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

HEIGHT = 10
"""Rows for which there is room in the middle: fewer begin where these would."""


class EmptyRows:
    """A few rows, created when they are drawn, and cached."""

    def __init__(self, lines: Callable[[], list[list[Segment]]]) -> None:
        """Creates no rows yet.

        Args:
            lines: gives the rows; called when they are drawn.
        """
        self._lines = lines
        self._strips: list[Strip] | None = None
        self.width = -1
        """The cells of the text's measure for which they were made."""

    def forget(self) -> None:
        """Discards the cached rows."""
        self._strips = None

    def renew(self, height: int) -> range:
        """Creates the rows again; which rows of a view of this height differ."""
        before, self._strips = self._strips, [Strip(line) for line in self._lines()]
        if before is None:
            return range(0, height)
        top, longest = self._top(height), max(len(before), len(self._strips))
        differing = [at for at in range(longest) if before[at : at + 1] != self._strips[at : at + 1]]
        return range(top + differing[0], top + differing[-1] + 1) if differing else range(0)

    def _top(self, height: int) -> int:
        return max(0, (height - max(HEIGHT, len(self._strips or ()))) // 2)

    def row(self, y: int, size: Size, width: int, background: Style) -> Strip:
        """One row of a view.

        Args:
            y: which.
            size: of the view.
            width: the cells of the text's measure in it.
            background: what is around the rows.
        """
        if self._strips is None:
            self._strips, self.width = [Strip(line) for line in self._lines()], width
        top = self._top(size.height)
        if not top <= y < top + len(self._strips):
            return Strip.blank(size.width, background)
        strip = self._strips[y - top]
        left = max(0, (size.width - strip.cell_length) // 2)
        return Strip([Segment(" " * left, background), *strip]).crop_extend(0, size.width, background)
