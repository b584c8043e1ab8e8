"""Textual's scroll view: sets the scrollable size without a layout of the screen."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


def set_extent(view: ScrollView, extent: Size) -> None:
    """Sets the scrollable size of a view in which nothing but the scrollbar depends on it."""
    if extent != view.virtual_size:
        view.set_reactive(Widget.virtual_size, extent)
        view._scroll_update(extent)
