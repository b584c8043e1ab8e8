"""Textual's text fields, with a cursor that moves and deletes by grapheme.

A family emoji, a flag, a letter with its accents are several code points and one grapheme (Unicode Standard Annex 29).
Deleting a part of one leaves something else: a dangling joiner, another flag.
"""

from __future__ import annotations

from textual import events
from textual.geometry import Offset
from textual.strip import Strip
from textual.widgets import Input
from textual.widgets.text_area import Location

from chat_tui.ui.compat.text_area import TypedTextArea

HELP_SIGN = "?"
"""What an empty field leaves to the screen's keys; without such a key it is typed as any other."""
JOINERS = "\u200c\u200d"
"""Characters that belong into a text and that Python, and so Textual, does not call printable: emoji, Persian."""
FARTHEST = 128
"""Code points looked at to find a grapheme's other end; longer ones are text made to be slow."""


def grapheme_start(text: str, index: int) -> int:
    """The start of the grapheme before an index."""
    if index <= 0 or text[max(0, index - 2) : index].isascii():  # two: a line end of two characters is in no field
        return max(0, index - 1)
    from wcwidth import grapheme_boundary_before  # its tables take 18 ms to load

    low = max(0, index - FARTHEST)
    return int(grapheme_boundary_before(text[low:index], index - low)) + low


def grapheme_end(text: str, index: int) -> int:
    """The end of the grapheme at an index."""
    if text[index : index + 2].isascii():
        return min(len(text), index + 1)
    from wcwidth import iter_graphemes

    return index + len(next(iter_graphemes(text[index : index + FARTHEST])))


class TextField(TypedTextArea):
    """A text field of several lines."""

    def render_line(self, y: int) -> Strip:
        """One row; in a window too narrow for any text, nothing: Textual fails to wrap a placeholder there."""
        return super().render_line(y) if self.content_size.width > 0 else Strip.blank(0)

    async def _on_key(self, event: events.Key) -> None:
        if event.character and event.character in JOINERS:
            event.stop()
            event.prevent_default()
            self.replace_typed(event.character, *self.selection)

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Whether a key is typed rather than left to the keys of the screen."""
        return super().check_consume_key(key, character) and (bool(self.text) or character != HELP_SIGN)

    def get_cursor_left_location(self) -> Location:
        """Where the cursor goes to the left; before a line's first character is the end of the line above."""
        row, column = self.cursor_location
        if column == 0:
            return super().get_cursor_left_location()
        return row, grapheme_start(self.document[row], column)

    def get_cursor_right_location(self) -> Location:
        """Where the cursor goes to the right; behind a line's last character is the start of the line below."""
        row, column = self.cursor_location
        line = self.document[row]
        if column >= len(line):
            return super().get_cursor_right_location()
        return row, grapheme_end(line, column)


class LineField(Input):
    """A text field of one line."""

    @property
    def cursor_screen_offset(self) -> Offset:
        """The caret's place on the screen; at the end of the text, Textual's is a cell too far."""
        return super().cursor_screen_offset - (int(self.cursor_at_end), 0)

    async def _on_key(self, event: events.Key) -> None:
        if event.character and event.character in JOINERS:
            event.stop()
            event.prevent_default()
            self.insert_text_at_cursor(event.character)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed rather than left to the keys of the screen."""
        return super().check_consume_key(key, character) and (bool(self.value) or character != HELP_SIGN)

    def action_delete_left(self) -> None:
        """Deletes what is selected, else the character before the cursor."""
        if self.selection.is_empty:
            self.delete(grapheme_start(self.value, self.cursor_position), self.cursor_position)
        else:
            self.delete_selection()

    def action_delete_right(self) -> None:
        """Deletes what is selected, else the character at the cursor."""
        if self.selection.is_empty:
            self.delete(self.cursor_position, grapheme_end(self.value, self.cursor_position))
        else:
            self.delete_selection()

    def action_cursor_left(self, select: bool = False) -> None:
        """Moves by a character to the left, selecting it if wanted."""
        if select or self.selection.is_empty:
            self._move(grapheme_start(self.value, self.selection.end), select)
        else:
            super().action_cursor_left()

    def action_cursor_right(self, select: bool = False) -> None:
        """Moves by a character to the right, selecting it if wanted."""
        if select or self.selection.is_empty:
            self._move(grapheme_end(self.value, self.selection.end), select)
        else:
            super().action_cursor_right()

    def _move(self, place: int, select: bool) -> None:
        start = self.selection.start if select else place
        self.selection = type(self.selection)(start, place)
