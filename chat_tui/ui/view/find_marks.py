"""The matches of a search, marked where they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip

from chat_tui.ui.view.viewport import RowPosition, Viewport

if TYPE_CHECKING:
    from chat_tui.ui.theme.palette import Palette
    from chat_tui.ui.transcript.search import TextMatch


class FindMarks:
    """What is searched for, and the match that the reader is at."""

    query = ""
    """What is marked wherever it is drawn; nothing, while empty."""
    current: RowPosition | None = None
    """The turn and the row of the match that the reader is at."""

    def seek(self, viewport: Viewport, query: str, match: TextMatch | None) -> bool:
        """Marks the matches of another query, and brings one into view.

        Returns:
            Whether the view has to move for that.
        """
        self.query, self.current = query, None
        if match is None or match.index >= len(viewport.turns):
            return False
        from chat_tui.ui.transcript.search import row_of

        content = viewport.turns[match.index].message.content
        self.current = match.index, row_of(match, content, query, viewport.rows(match.index))
        return viewport.reveal_row(*self.current)

    def is_at(self, index: int) -> bool:
        """Whether the reader is at a match in a turn."""
        return self.current is not None and self.current[0] == index

    def highlight(self, strip: Strip, position: RowPosition, palette: Palette) -> Strip:
        """A row with the matches in it on another ground."""
        from chat_tui.ui.transcript.search import marked

        ground = palette.warning if position == self.current else palette.accent
        return marked(list(strip), self.query, Style(color=palette.background, bgcolor=ground))
