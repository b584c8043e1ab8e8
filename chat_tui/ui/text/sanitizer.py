"""Cleans what widgets draw once more, before it is written to the terminal."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from chat_tui.domain.text.clean import clean
from chat_tui.ui.text.links import SAFE_LINK


class SanitizingFilter(LineFilter):
    """Removes control, bidi and invisible characters from drawn lines, and links other than http and mail."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Returns the segments as they may reach the terminal."""
        if all(_is_harmless(segment) for segment in segments):
            return segments
        return [
            segment if segment.control else Segment(clean(segment.text, multiline=False), _safe_style(segment.style))
            for segment in segments
        ]


def _is_harmless(segment: Segment) -> bool:
    style = segment.style
    return (
        (segment.text.isascii() or segment.text.isalnum())
        and segment.text.isprintable()
        and (style is None or style.link is None)
    )


@lru_cache(1024)
def _safe_style(style: Style | None) -> Style | None:
    if style is not None and style.link is not None and not SAFE_LINK.fullmatch(style.link):
        return style.update_link(None)
    return style


def T(text: str) -> Content:  # noqa: N802 - as short as the markup that it stands in for
    """Content of a text: cleaned, never read as markup. All strings in widgets go through here."""
    return Content(clean(text))


def cut(text: str, cells: int) -> str:
    """Shortens a line to `cells`, with an ellipsis, never inside a character that is drawn as one."""
    text = clean(text, multiline=False)
    content = Content(text)
    if content.cell_length <= cells:
        return text
    return content.truncate(max(1, cells), ellipsis=True).plain.removesuffix("…").rstrip() + "…"
