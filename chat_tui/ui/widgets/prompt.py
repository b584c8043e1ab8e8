"""The prompt: where a turn is written. Enter sends, ctrl+j begins a new line; a paste is cleaned before it is in."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import TextArea

from chat_tui.domain.clean import clean
from chat_tui.ui.commands import PROMPT, bindings
from chat_tui.ui.guard import T


class Prompt(TextArea):
    """A text area that grows with its text, to a third of the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PROMPT)]
    DEFAULT_CSS = """
    Prompt {
        height: auto;
        max-height: 33vh;
        min-height: 3;
        border: round $faint;
        padding: 0 1;
        background: $background;
        scrollbar-size-vertical: 1;
        &:focus { border: round $accent; }
        & .text-area--cursor-line { background: $background; }
        & .text-area--placeholder { color: $muted; }
    }
    """

    class Submitted(Message):
        """The user sends the text."""

        def __init__(self, prompt: Prompt, text: str) -> None:
            self.prompt = prompt
            self.text = text
            super().__init__()

        @property
        def control(self) -> Prompt:
            """The prompt that sends."""
            return self.prompt

    class LeftUpwards(Message):
        """The user goes up from an empty prompt."""

        def __init__(self, prompt: Prompt) -> None:
            self.prompt = prompt
            super().__init__()

        @property
        def control(self) -> Prompt:
            """The prompt that is left."""
            return self.prompt

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(
            id=id, soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False
        )
        self.cursor_blink = False  # motion that says nothing
        self.placeholder = T("Write a message")

    def set_text(self, text: str) -> None:
        """Puts a text in, the cursor at its end."""
        self.load_text(clean(text))
        self.move_cursor(self.document.end)

    def action_send(self) -> None:
        """Sends what stands in the prompt, if there is anything."""
        if self.text.strip():
            self.post_message(self.Submitted(self, self.text))

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
        """Cleans what is pasted: a clipboard can hold anything (SAFETY.md R1)."""
        await super()._on_paste(events.Paste(clean(event.text)))
        event.stop()
        event.prevent_default()

    async def _on_key(self, event: events.Key) -> None:
        """Leaves enter to the bindings, where it can be bound anew."""
        if event.key == "enter":
            event.prevent_default()
