"""NO_COLOR (https://no-color.org): bold, dim and reverse in place of colours."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from chat_tui.ui.theme.palette import Palette

NEAR = 12
"""The distance between two colours, as the sum over red, green and blue, below which they are taken for one."""
_DIM, _REVERSE, _BOLD = Style(dim=True), Style(reverse=True), Style(bold=True)


class NoColor(LineFilter):
    """Removes the colours from drawn lines. Textual's own filter leaves greys."""

    def __init__(self, palette: Callable[[], Palette]) -> None:
        """Creates the filter.

        Args:
            palette: the colours in use, by which is known what a colour says.
        """
        super().__init__()
        self._palette = palette

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Returns the segments without colours."""
        palette = self._palette()
        return [
            segment if segment.control else Segment(text, _plain(style, palette) if style else None)
            for segment in segments
            for text, style, _ in (segment,)
        ]


@lru_cache(1024)
def _plain(style: Style, palette: Palette) -> Style:
    plain = style.without_color
    if _is(style.bgcolor, palette.selected) or _is(style.bgcolor, palette.accent) or _is(style.bgcolor, palette.text):
        return plain + _REVERSE
    if _is(style.color, palette.error) or _is(style.color, palette.warning):
        return plain + _BOLD
    if _is(style.color, palette.muted) or _is(style.color, palette.faint):
        return plain + _DIM
    return plain


def _is(colour: object, expected: str) -> bool:
    triplet = getattr(colour, "triplet", None)
    if triplet is None:
        return False
    distance: int = sum(abs(one - other) for one, other in zip(triplet, Color.parse(expected).rgb, strict=True))
    return distance < NEAR
