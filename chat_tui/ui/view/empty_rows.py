"""The rows of an empty conversation, centred in its view."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip


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
        top = max(0, (size.height - len(self._strips)) // 2)
        if not top <= y < top + len(self._strips):
            return Strip.blank(size.width, background)
        strip = self._strips[y - top]
        left = max(0, (size.width - strip.cell_length) // 2)
        return Strip([Segment(" " * left, background), *strip]).crop_extend(0, size.width, background)
