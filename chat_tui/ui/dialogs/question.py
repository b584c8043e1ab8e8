"""Small questions: a line of text, and whether a link is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from chat_tui.domain.text.clean import clean
from chat_tui.ui.commands.command import LINE, LINK
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.fields import LineField


class AskText(Dialog[str]):
    """Asks for a line of text; answers with it, cleaned."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINE)]
    PLACEHOLDER = ""
    REPLACES = True
    """Whether what is typed first replaces what is there."""

    def __init__(self, host: DialogHost, heading: str, value: str = "") -> None:
        super().__init__(host)
        self._heading = heading
        self._value = clean(value, multiline=False)

    def compose(self) -> ComposeResult:
        """Heading, line, keys."""
        with Vertical(classes="dialog"):
            yield Label(T(self._heading), classes="heading")
            yield LineField(self._value, placeholder=self.PLACEHOLDER, select_on_focus=self.REPLACES)
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Names the keys."""
        self.show_keys((("line_take", "take it"), ("dialog_back", "back")))

    def action_take(self) -> None:
        """Answers with the line."""
        self.dismiss(clean(self.query_one(Input).value, multiline=False).strip())


class AskTags(AskText):
    """Asks for a thread's tags; answers with what was written."""

    PLACEHOLDER = "Words, separated by spaces or commas"
    REPLACES = False

    def __init__(self, host: DialogHost, tags: Sequence[str]) -> None:
        super().__init__(host, "Tags of the thread", ", ".join(tags))


class AskLink(Dialog[str]):
    """Shows where a link leads before anything is opened; answers `open` or `copy`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINK)]

    def __init__(self, host: DialogHost, url: str) -> None:
        super().__init__(host)
        self._url = url

    def compose(self) -> ComposeResult:
        """Host, whole address, keys."""
        parts = urlsplit(self._url)
        host = parts.hostname or parts.path
        with Vertical(classes="dialog"):
            yield Label(T(f"Open a link to {_ascii(host)}?"), classes="heading")
            yield Label(T(self._url), classes="hint")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Names the keys."""
        self.show_keys((("link_open", "open in the browser"), ("link_copy", "copy"), ("dialog_back", "back")))

    def action_answer(self, answer: str) -> None:
        """Answers."""
        self.dismiss(answer)


def _ascii(host: str) -> str:
    """A host name as the network knows it: letters that only look like others are seen."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
