"""Puts the outline beside the conversation where the window is wide enough; before that nothing of it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.ui.services import Services
from chat_tui.ui.view.conversation import ConversationView

if TYPE_CHECKING:
    from textual.widget import Widget

    from chat_tui.ui.chat.outline.panel import OutlinePanel

WIDE = 160
"""Columns from which on there is room for the outline."""
WIDER = 180
"""Columns from which on it has more room."""


class OutlineDock:
    """Mounts the outline when it is first shown, and hides it where the thread is empty or the window is narrow."""

    def __init__(self, view: ConversationView, services: Services, body: Callable[[], Widget]) -> None:
        """Shows nothing until `start` is called.

        Args:
            view: shows the conversation.
            services: the settings.
            body: holds the outline, at its right.
        """
        self._view = view
        self._services = services
        self._body = body
        self._panel: OutlinePanel | None = None
        self._has_started = False
        self._columns = 0

    @property
    def has_room(self) -> bool:
        """Whether the window is wide enough."""
        return self._columns >= WIDE

    def start(self) -> None:
        """Follows the conversation from now on."""
        self._has_started = True
        self._view.on_change = self.follow
        self.follow()

    def resize(self, columns: int) -> None:
        """Fits the outline to the columns of the window."""
        self._columns = columns
        if self._has_started:
            self.follow()
            if self._panel is not None:
                self._panel.set_class(columns >= WIDER, "-roomy")

    def follow(self) -> None:
        """Shows what the conversation is now."""
        view, panel = self._view, self._panel
        is_shown = self.has_room and self._services.settings.outline and bool(view.viewport.turns)
        if panel is None:
            if is_shown and view.is_attached:
                self._mount()
            return
        if panel.display != is_shown:
            panel.display = is_shown
        if is_shown:
            panel.follow()

    def _mount(self) -> None:
        from chat_tui.ui.chat.outline.panel import OutlinePanel

        panel = self._panel = OutlinePanel(self._view.viewport, id="outline")
        panel.set_class(self._columns >= WIDER, "-roomy")
        self._body().mount(panel)
