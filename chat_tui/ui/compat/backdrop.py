"""A modal screen that draws what lies below it tinted, as Textual does, but works out each style's tint once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.color import Color
from textual.css.styles import RulesMap
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

Result = TypeVar("Result")


class TintedModalScreen(ModalScreen[Result]):
    """A modal screen. What lies below is drawn again whenever the dialog changes its height, with many a key."""

    COVERS_WINDOW: ClassVar[bool] = False
    """Whether nothing of what lies below is seen: what changes there is no reason to draw then."""

    def render(self) -> Any:
        """What lies below, tinted."""
        if self.COVERS_WINDOW:
            return ""
        below = super().render()
        return _Tinted(below.screen, below.color) if isinstance(below, BackgroundScreen) else below


class _Tinted(Visual):
    """A screen's rows with a color over them, without links and meta data."""

    def __init__(self, screen: Screen[Any], color: Color) -> None:
        self._screen = screen
        self._color = color

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """The rows, as wide as the screen below them is."""
        base, color = style.rich_style, self._color
        return [
            Strip([Segment(text, _tint(of, color, base)) for text, of, _ in strip], strip.cell_length)
            for strip in self._screen._compositor.render_strips()[:height]
        ]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """All that there is."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """The height of the screen below."""
        return self._screen.size.height


@lru_cache(2048)
def _tint(style: RichStyle | None, color: Color, base: RichStyle) -> RichStyle:
    tinted = BackgroundScreen.process_segments([Segment("", style)], color)
    return base + next(iter(tinted)).style
