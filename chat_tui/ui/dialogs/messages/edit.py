"""Edits an answer; prompts are edited in the prompt box."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Label, TextArea

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import EDIT, TEXT
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog, SaveDraft
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.fields import TextField


class EditMessage(Dialog[str]):
    """Edits an answer; its result is the new text."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TEXT), *bindings(EDIT)]

    def __init__(
        self, host: DialogHost, message: Message, draft: str | None = None, save_draft: SaveDraft = lambda text: None
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            message: as it is.
            draft: its new text, as far as it was written before the program ended.
            save_draft: called with the text whenever it changes.
        """
        super().__init__(host)
        self._message = message
        self._draft = draft
        self._save_draft = save_draft

    def compose(self) -> ComposeResult:
        """Heading, text, keys."""
        with Vertical(classes="dialog"):
            heading = tr("Edit summary") if self._message.summarizes else tr("Edit answer")
            yield Label(T(heading), classes="heading")
            text = clean(self._message.content if self._draft is None else self._draft)
            yield TextField(text, soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False)
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Puts the cursor at the end of the text."""
        self.show_keys(
            (("edit_take", tr("save as new version")), ("dialog_back", tr("cancel")), ("text_undo", tr("undo")))
        )
        editor = self.query_one(TextArea)
        editor.move_cursor(editor.document.end)
        editor.focus()

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        text = event.text_area.text
        self._save_draft(None if text == clean(self._message.content) else text)

    def action_undo(self) -> None:
        """Undoes the last edit."""
        self.query_one(TextArea).undo()

    def action_take(self) -> None:
        """Answers with the text."""
        self.dismiss(self.query_one(TextArea).text)
