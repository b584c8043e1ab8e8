"""Textual's text area with a public name for the method that inserts typed text."""

from __future__ import annotations

from textual.widgets import TextArea
from textual.widgets.text_area import EditResult, Location


class TypedTextArea(TextArea):
    """A text area; all that is typed or pasted goes through `replace_typed`."""

    def replace_typed(self, insert: str, start: Location, end: Location) -> EditResult | None:
        """Puts what was typed or pasted in place of a text; None where the text can't be edited."""
        return super()._replace_via_keyboard(insert, start, end)

    def _replace_via_keyboard(self, insert: str, start: Location, end: Location) -> EditResult | None:
        return self.replace_typed(insert, start, end)
