"""The prompt's text field. Enter sends, ctrl+j inserts a line break; pasted text is cleaned."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets.text_area import Edit, EditResult, Location

from chat_tui.domain.conversation.draft import Attachment, Draft, Paste, is_long
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import PROMPT
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.text.chips import TOKEN, Chips, plain, shown
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.fields import TextField


class Prompt(TextField):
    """A text area that grows with its text up to a third of the screen. A chip in it acts as one character."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PROMPT)]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"prompt--chip"}
    DEFAULT_CSS = """
    Prompt {
        height: auto;
        min-height: 3;
        border: round $faint;
        border-title-align: left;
        border-title-color: $muted;
        border-subtitle-align: right;
        border-subtitle-color: $muted;
        padding: 0 1;
        background: $background;
        scrollbar-size-vertical: 1;
        &:focus { border: round $accent; }
        &.-waiting { border-title-color: $warning; }
        &.-editing { border-title-color: $accent; }
        & .text-area--cursor-line { background: $background; }
        & .text-area--placeholder { color: $muted; }
        & .prompt--chip { color: $accent; background: $raised; }
    }
    """

    class _OfPrompt(Message):
        def __init__(self, prompt: Prompt) -> None:
            self.prompt = prompt
            super().__init__()

        @property
        def control(self) -> Prompt:
            """The prompt that posted the message."""
            return self.prompt

    class LeftUpwards(_OfPrompt):
        """Posted when the user moves up from an empty prompt."""

    class Pasted(_OfPrompt):
        """Posted when a short text was pasted; it may be the path of a file."""

        def __init__(self, prompt: Prompt, text: str, start: Location, end: Location) -> None:
            self.text, self.start, self.end = text, start, end
            super().__init__(prompt)

    def __init__(
        self,
        key: Callable[[str], str],
        submit: Callable[[], None],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Makes an empty prompt.

        Args:
            key: the keys of a command as they are bound now.
            submit: takes the draft, if it can be sent; at once, so that no later key goes with it.
            id: the widget's id.
        """
        self._submit = submit
        self._chips = Chips(lambda: key("unfold_paste"))
        super().__init__(
            id=id, soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False
        )
        self._state = ""
        self._mode = ""
        self.cursor_blink = False  # motion that says nothing
        self.placeholder = T(tr("Write a message"))
        self.sends_nothing: Callable[[], bool] = lambda: False
        """Whether an empty prompt is submitted too: to connect a provider."""
        self.takes_key: Callable[[str], bool] = lambda key: False
        """Offered every key first; whether it was taken: see `completing`."""

    def show_state(self, text: str, *, is_warning: bool = False) -> None:
        """Shows in the upper border what the running answer does; an empty text removes it."""
        if text != self._state:
            self._state = text
            self._show_title()
        self.set_class(is_warning, "-waiting")

    def show_mode(self, text: str) -> None:
        """Shows in the upper border what sending does, while no answer is running; an empty text removes it."""
        self._mode = text
        self._show_title()

    @property
    def has_mode(self) -> bool:
        """Whether sending does something else than usual."""
        return bool(self._mode)

    def _show_title(self) -> None:
        text = self._state or self._mode
        self.border_title = T(text) if text else None
        self.set_class(bool(self._mode) and not self._state, "-editing")

    @property
    def has_frame(self) -> bool:
        """Whether there is an upper border, which shows the state."""
        return bool(self.styles.border_top[0])

    # The draft

    @property
    def draft(self) -> Draft:
        """The text and chips of the prompt."""
        return self._chips.draft(self.text)

    def set_draft(self, draft: Draft) -> None:
        """Replaces the draft, with the cursor at its end."""
        self._chips.clear()
        self.load_text(self._chips.text(draft))
        self.move_cursor(self.document.end)

    def set_text(self, text: str) -> None:
        """Replaces the draft by a stored one."""
        self.set_draft(Draft.of_stored(clean(text)))

    def put_chip(self, chip: Paste | Attachment, start: Location, end: Location) -> bool:
        """Puts a chip in place of a text; whether there was room for one more."""
        token = self._chips.token(chip)
        if token is not None:
            self.replace(token, start, end)
        return token is not None

    def put_draft(self, draft: Draft, start: Location, end: Location) -> None:
        """Puts text and chips in place of a text."""
        self.replace(self._chips.text(draft), start, end)

    def attached(self, path: str) -> Attachment | None:
        """A file that was attached in this prompt before, as it was read then."""
        return self._chips.attached(path)

    def paste(self, text: str) -> None:
        """Inserts a text at the cursor, cleaned. A long one is folded to a chip."""
        text = clean(text)
        start, end = sorted(self.selection)
        if is_long(text) and self.put_chip(Paste(text), start, end):
            return
        if result := self.replace_typed(text, start, end):
            self.move_cursor(result.end_location)
            self.post_message(self.Pasted(self, text, start, result.end_location))

    def unfold_paste(self) -> bool:
        """Expands a folded paste: the one at the cursor, else the last; whether there was one."""
        cursor_row, column = self.cursor_location
        rows = [cursor_row, *range(self.document.line_count - 1, -1, -1)]
        for row in rows:
            line = self.document[row]
            places = [column] if row == cursor_row else []
            for place in [*places, *(token.end() for token in reversed([*TOKEN.finditer(line)]))]:
                if (chip := self._chips.at(line, place)) and isinstance(chip[2], Paste):
                    result = self.replace(plain(chip[2].text), (row, chip[0]), (row, chip[1]))
                    self.move_cursor(result.end_location)
                    return True
        return False

    # Chips are whole

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn."""
        line = self.document.get_line(line_index)
        text = Text(shown(line), end="", no_wrap=True)
        for token in TOKEN.finditer(line):
            text.stylize(self.get_component_rich_style("prompt--chip"), *token.span())
        return text

    def clamp_visitable(self, location: Location) -> Location:
        """The nearest place where the cursor can be: never within a chip, which it crosses in one step."""
        row, column = super().clamp_visitable(location)
        chip = self._chips.at(self.document[row], column)
        if chip is None or column in chip[:2]:
            return row, column
        start, end, _ = chip
        cursor = self.selection.end
        if cursor in ((row, start), (row, end)):
            return row, end if cursor == (row, start) else start
        return row, start if column - start < end - column else end

    def edit(self, edit: Edit) -> EditResult:
        """Edits; a chip that an edit would cut goes with it."""
        if "\n" in edit.text:  # the rows to scroll to are there once they are laid out
            self.call_after_refresh(self.scroll_cursor_visible)
        top, bottom = edit.top, edit.bottom
        edit.from_location, edit.to_location = self._edge(top, 0), self._edge(bottom, 1)
        return super().edit(edit)

    def _edge(self, location: Location, side: int) -> Location:
        row, column = location
        line = self.document[row] if row < self.document.line_count else ""
        chip = self._chips.at(line, column)
        return location if chip is None or column in chip[:2] else (row, chip[1] if side else chip[0])

    def replace_typed(self, insert: str, start: Location, end: Location) -> EditResult | None:
        """Puts what was typed or pasted in place of a text."""
        return super().replace_typed(plain(insert), start, end)

    def action_copy(self) -> None:
        """Copies what is selected; chips as their text."""
        if not self.selection.is_empty:
            self.app.copy_to_clipboard(self._chips.draft(self.selected_text).stored)
        else:
            super().action_copy()

    def action_cut(self) -> None:
        """Cuts what is selected, else the line."""
        if self.selection.is_empty:
            self.app.copy_to_clipboard(self._chips.draft(self.document[self.cursor_location[0]]).stored)
            self.action_delete_line()
        else:
            self.action_copy()
            self.action_delete_left()

    def action_paste(self) -> None:
        """Pastes what was copied in the app."""
        self.paste(self.app.clipboard)

    # Keys

    def action_send(self) -> None:
        """Sends the prompt, if there is anything in it; a backslash before the cursor makes a new line."""
        row, column = self.cursor_location
        if self.selection.is_empty and self.document[row][:column].endswith("\\"):
            self.replace("\n", (row, column - 1), (row, column))
        elif self.text.strip() or self.sends_nothing():
            self._submit()

    def action_cursor_up(self, select: bool = False) -> None:
        """Moves up; from an empty prompt, to the messages."""
        if self.text:
            super().action_cursor_up(select)
        else:
            self.post_message(self.LeftUpwards(self))

    def action_newline(self) -> None:
        """Begins a new line."""
        self.insert("\n")

    async def _on_paste(self, event: events.Paste) -> None:
        """Inserts what is pasted or dropped."""
        event.stop()
        event.prevent_default()
        self.paste(event.text)
        self.focus()

    async def _on_key(self, event: events.Key) -> None:
        """Offers a key to the completion first; leaves enter, and what is typed with alt, to the bindings."""
        if self.takes_key(event.key):
            event.stop()
            event.prevent_default()
        elif event.key == "enter" or event.key.startswith("alt+"):
            event.prevent_default()
