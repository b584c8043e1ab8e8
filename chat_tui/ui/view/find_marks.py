"""Marks the matches of a search in the drawn rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip

from chat_tui.ui.transcript.search import FindMatch, marked, places, row_of
from chat_tui.ui.view.viewport import RowPosition, Viewport

if TYPE_CHECKING:
    from chat_tui.ui.theme.palette import Palette


class FindMarks:
    """The query of a search, and its current match."""

    def __init__(self, viewport: Viewport, query: str, match: FindMatch | None) -> None:
        """Marks the matches of a query.

        Args:
            viewport: has the turns.
            query: what is searched for.
            match: the one that the reader wants to see.
        """
        self._query = query
        self._viewport = viewport
        self.current: RowPosition | None = None
        """The turn and the row of the match that the reader is at."""
        if match is not None and match.index < len(viewport.turns):
            content = viewport.turns[match.index].message.content
            self.current = match.index, row_of(match, content, query, viewport.rows(match.index))

    def is_at(self, index: int) -> bool:
        """Whether the current match is in a turn."""
        return self.current is not None and self.current[0] == index

    def highlight(self, strip: Strip, position: RowPosition, palette: Palette) -> Strip:
        """A row with its matches highlighted; the numbers of lines of code are none."""
        if not any(places(strip.text, self._query)):
            return strip
        index, row = position
        spots = self._viewport.rows(index).spots(row)
        lead = next((cell for cell, spot in enumerate(spots) if spot is not None), 0)
        ground = palette.warning if position == self.current else palette.accent
        shown = marked(list(strip.crop(lead)), self._query, Style(color=palette.background, bgcolor=ground))
        return Strip([*strip.crop(0, lead), *shown])
