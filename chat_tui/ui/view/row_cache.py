"""Rows of text as rows of the view: a margin before them, the background behind, each made once and kept."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

KEPT = 1_000
"""Rows; some views full."""


class RowCache:
    """Sets rows into a view of one width. The same row gives the same strip, which remembers how it was written."""

    def __init__(self, margin: int, width: int, background: Style) -> None:
        """Keeps nothing yet.

        Args:
            margin: cells before each row, at least two.
            width: cells of the view.
            background: what is around the rows.
        """
        self.margin, self.width, self.background = margin, width, background
        self._margin = Segment(" " * margin, background)
        self._before_mark = Segment(" " * (margin - 2), background)
        self._behind_mark = Segment(" ", background)
        self._kept: dict[tuple[int, Segment | None], tuple[Strip, Strip]] = {}
        """By the row's identity and its mark: the row, which is to live as long as that counts, and its strip."""
        self.blank = Strip.blank(width, background)

    def get(self, row: Strip, mark: Segment | None = None) -> Strip:
        """A row as wide as the view, with a mark of one cell in its margin if there is one."""
        kept = self._kept.get((id(row), mark))
        if kept is None:
            margin = [self._before_mark, mark, self._behind_mark] if mark else [self._margin]
            kept = row, Strip([*margin, *row]).crop_extend(0, self.width, self.background)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[id(row), mark] = kept
        return kept[1]
