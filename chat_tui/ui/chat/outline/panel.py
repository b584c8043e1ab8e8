"""The widget that lists the prompts and headings of the thread; a click goes to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.view.outline import Entry, Outline
from chat_tui.ui.view.viewport import Viewport

WHEEL = 3
"""Rows that the wheel of the mouse scrolls at once."""
PAUSE = 0.05
"""Seconds before more answers are searched for headings."""


class OutlinePanel(Widget, can_focus=False):
    """Shows an outline. Draws only the rows in view, and again only those that change."""

    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"outline--prompt", "outline--heading", "outline--current"}
    DEFAULT_CSS = """
    OutlinePanel {
        width: 27;
        height: 1fr;
        padding: 0 1;
        background: $background;
        color: $muted;
        & > .outline--prompt { color: $foreground; }
        & > .outline--heading { color: $muted; }
        & > .outline--current { color: $accent; text-style: bold; }
    }
    """

    class Chosen(Message):
        """Posted when an entry was clicked."""

        def __init__(self, turn: int, offset: int) -> None:
            self.turn = turn
            self.offset = offset
            super().__init__()

    def __init__(self, viewport: Viewport, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """Creates the widget; it shows nothing before it has a size.

        Args:
            viewport: has the turns, and the place of the reader.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._outline = Outline(viewport)
        self._shown: list[tuple[Entry, bool]] = []
        """The rows as they are drawn, and whether each is the current one."""
        self._timer: Timer | None = None

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries in view."""
        return self._outline.rows

    @property
    def current(self) -> Entry | None:
        """The entry that the reader is at."""
        return self._outline.current

    def follow(self) -> None:
        """Shows what the conversation is now. Costs little where nothing of it has changed."""
        if self._outline.update(self.size.height):
            self._show()

    def _show(self) -> None:
        """Draws the rows that have changed."""
        current = self._outline.current
        before, self._shown = self._shown, [(each, each == current) for each in self._outline.rows]
        for y in range(max(len(before), len(self._shown))):
            if before[y : y + 1] != self._shown[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))
        if self._outline.is_behind and self._timer is None:
            self._timer = self.set_timer(PAUSE, self._catch_up)

    def _catch_up(self) -> None:
        self._timer = None
        self.follow()

    def render_line(self, y: int) -> Strip:
        """Draws one row."""
        width = self.content_size.width
        if y >= len(self._shown):
            return Strip.blank(width, self.rich_style)
        entry, is_current = self._shown[y]
        name = "current" if is_current else "heading" if entry.level else "prompt"
        style = self.get_component_rich_style(f"outline--{name}")
        lead = ("▌ " if is_current else "  ") + "  " * entry.level
        text = lead + cut(entry.text, max(4, width - len(lead)))
        return Strip([Segment(text, style)], cell_len(text)).adjust_cell_length(width, self.rich_style)

    def on_resize(self) -> None:
        """Fits the rows to the height."""
        self.follow()

    def on_click(self, event: events.Click) -> None:
        """Reports the clicked entry."""
        if event.button == 1 and event.y < len(self._shown):
            self.post_message(self.Chosen(*self._shown[event.y][0].place))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scrolls up."""
        self._scroll(event, -WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scrolls down."""
        self._scroll(event, WHEEL)

    def _scroll(self, event: events.MouseEvent, step: int) -> None:
        event.stop()
        self._outline.scroll(step, self.size.height)
        self._show()
