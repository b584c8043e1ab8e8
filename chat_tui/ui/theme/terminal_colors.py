"""Writes the terminal's own colours in place of a theme's: its background, or its sixteen colours."""

from __future__ import annotations

from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from chat_tui.ui.theme.palette import Palette

_DEFAULT = RichColor.default()
_LIMIT = 2048
"""Styles that are remembered; there are some hundred."""


class TerminalColors(LineFilter):
    """Replaces colours in drawn lines. A filter is for one palette: strips remember what it made of them."""

    def __init__(self, palette: Palette, *, is_dark: bool) -> None:
        """Creates the filter.

        Args:
            palette: the colours that the lines are drawn in.
            is_dark: whether the terminal is dark; on a light one, bright colours are too weak.
        """
        super().__init__()
        self.palette = palette
        self.is_dark = is_dark
        self._styles: dict[Style, Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Returns the segments in the terminal's colours."""
        return [
            segment if segment.control or segment.style is None else Segment(segment.text, self._style(segment.style))
            for segment in segments
        ]

    def _style(self, style: Style) -> Style:
        made = self._styles.get(style)
        if made is None:
            if len(self._styles) >= _LIMIT:
                self._styles.clear()
            made = self._styles[style] = self._sixteen(style) if self.palette.ansi else self._transparent(style)
        return made

    def _transparent(self, style: Style) -> Style:
        if _hex(style.bgcolor) != self.palette.background:
            return style
        return style + Style(bgcolor=_DEFAULT)

    def _sixteen(self, style: Style) -> Style:
        palette = self.palette
        colour, ground = _hex(style.color), _hex(style.bgcolor)
        if ground == palette.selected:
            shown = self._number(colour)  # not the colour itself: in style sheets it is a little off
            is_failure = shown == self._number(palette.error)
            return style + Style(color=shown if is_failure else _DEFAULT, bgcolor=_DEFAULT, reverse=True)
        extra = Style(dim=True) if colour in (palette.muted, palette.comment) else Style()
        number = self._number(ground)
        if number is None or number == self._number(palette.background):  # also where a tint has made little of it
            text = (palette.text, palette.muted, palette.comment)
            shown = _DEFAULT if colour in text else self._number(colour)
            return style + extra + Style(color=shown, bgcolor=None if ground is None else _DEFAULT)
        if colour == palette.background:  # the terminal's may not be its black
            return style + Style(color=number, bgcolor=_DEFAULT, reverse=True)
        return style + Style(color=self._number(colour), bgcolor=number)

    def _number(self, colour: str | None) -> RichColor | None:
        """The one of the sixteen that is nearest."""
        if colour is None:
            return None
        number = RichColor.parse(colour).downgrade(ColorSystem.STANDARD).number or 0
        if not self.is_dark and 8 < number < 15:
            number -= 8
        return RichColor.from_ansi(number)


def _hex(colour: RichColor | None) -> str | None:
    return colour.triplet.hex if colour is not None and colour.triplet is not None else None
