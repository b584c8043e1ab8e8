"""A first screen that is drawn once: Textual draws most of it four times."""

from __future__ import annotations

from textual import events, messages
from textual.screen import Screen
from textual.widget import Widget

from chat_tui.ui.compat.backdrop import TintedModalScreen


class FirstFrame(Screen[None]):
    """Calls `after_first_frame` once it has been drawn for the first time.

    While widgets are mounted each asks to be drawn. Textual looks at these messages after it has drawn all of them for
    the first time, and draws them again: four times the bytes on the line to the terminal, ahead of the first key. What
    was asked for before the first frame is done with by it, so it is dropped here.
    """

    _is_drawn = False
    _is_settled = False
    """Whether all that was asked for before the first frame has been looked at."""

    def after_first_frame(self) -> None:
        """Does what the first frame need not wait for."""

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Leaves the styles of the first frame as they are: every widget was given its own when it was mounted."""
        event.refresh_styles = event.refresh_styles and self._is_drawn

    def _compositor_refresh(self) -> None:
        if self._is_drawn and self._is_covered():  # Textual would draw the whole window again; on return it does
            self._compositor._dirty_regions.clear()
            self._dirty_widgets.clear()
            return
        super()._compositor_refresh()
        if not self._is_drawn and self.is_current:
            self._is_drawn = True
            for widget in (self, *self.walk_children(Widget)):
                widget._repaint_required = False  # it would ask once it rests
            self.call_later(self._settle)  # behind what has been asked for in the screen's queue

    def _is_covered(self) -> bool:
        stack = self.app.screen_stack
        above = stack[stack.index(self) + 1 :] if self in stack else []
        return any(isinstance(each, TintedModalScreen) and each.COVERS_WINDOW for each in above)

    async def _on_update(self, message: messages.Update) -> None:
        if self._is_drawn and not self._is_settled:
            message.stop()
            message.prevent_default()

    async def _settle(self) -> None:
        self._is_settled = True
        self._repaint_required = False
        await self._invoke_and_clear_callbacks()  # those that waited for a frame, as the first key does for them
        self.after_first_frame()
