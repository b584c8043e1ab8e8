"""Shows a part of a thread as the conversation draws it, with what was searched for marked."""

from __future__ import annotations

from collections.abc import Callable

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from chat_tui.domain.search.results import ThreadHit
from chat_tui.ui.transcript.lines import plain_leaf, text_rows
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.search import with_marks

ROOMY = 10
"""Rows from which on a blank one sets the text apart."""


class ThreadPreview(Widget):
    """The text around a hit; drawn when it is seen, once for each hit."""

    def __init__(self, painter: Callable[[], Painter], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """Shows nothing.

        Args:
            painter: draws text in the colours in use.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._painter = painter
        self._hit: ThreadHit | None = None
        self._about = ""
        self._drawn: tuple[Painter, int, int] | None = None
        """What the rows were drawn with: the painter, and the size."""
        self._rows: list[Strip] = []

    def show(self, hit: ThreadHit | None, about: str) -> None:
        """Shows a hit.

        Args:
            hit: None for nothing.
            about: a line on its thread.
        """
        if (hit, about) != (self._hit, self._about):
            self._hit, self._about, self._drawn = hit, about, None
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draws one row."""
        painter, (width, height) = self._painter(), self.size
        if self._drawn != (painter, width, height):
            self._drawn = painter, width, height
            self._rows = self._draw(painter, width, height)
        row = self._rows[y] if y < len(self._rows) else Strip.blank(0)
        return row.adjust_cell_length(width, painter.base)

    def _draw(self, painter: Painter, width: int, height: int) -> list[Strip]:
        hit, palette = self._hit, painter.palette
        if hit is None:
            return []
        above = painter.text(self._about, width, painter.style(palette.muted))
        above += [Strip.blank(0)] * (height >= ROOMY)
        if hit.is_prompt:
            rows, shift = text_rows(plain_leaf(hit.snippet, painter.base), width), 0
        else:
            opening = f"{hit.opening}\n" if hit.opening else ""
            rows, shift = painter.markdown(opening + hit.snippet, width), len(opening)
        ranges = [(begin + shift, end + shift) for begin, end in hit.ranges]
        style = Style(color=palette.background, bgcolor=palette.accent)
        shown = range(min(len(rows), height - len(above)))
        return [*above, *(with_marks(rows, index, ranges, style) for index in shown)]
