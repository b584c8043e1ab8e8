"""Shows a request as JSON or as a curl command, without the key."""

from __future__ import annotations

import re
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content, Span
from textual.widgets import Label, Static

from chat_tui.i18n import tr
from chat_tui.ui.commands.command import REQUEST
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import TextDialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.chips import file_size
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar

_DATA = re.compile(r"(data:[\w/+.-]+;base64,)([A-Za-z0-9+/=]{64,})")
_TOKENS = re.compile(
    r'(?P<key>"(?:[^"\\\n]|\\.)*"(?=:))|(?P<text>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<other>\b(?:true|false|null)\b|-?\d[\d.eE+-]*)"
)
_STYLES = {"key": "$accent", "text": "", "other": "$warning"}
_MOST_STYLED = 200_000
"""Characters from which on a request is shown in one colour."""


def without_images(text: str) -> str:
    """A request in which the data of images is replaced by its size."""
    return _DATA.sub(lambda match: f"{match[1]}… {file_size(len(match[2]) * 3 // 4)}", text)


def highlighted(text: str) -> Content:
    """JSON with its names and values in colours."""
    content = T(text)
    if len(text) > _MOST_STYLED:
        return content
    plain = content.plain
    spans = [Span(*match.span(), _STYLES[match.lastgroup or ""]) for match in _TOKENS.finditer(plain)]
    return Content(plain, [each for each in spans if each.style])


class RequestView(TextDialog[str]):
    """Shows a request; answers with its text if it is to be copied."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(REQUEST)]

    def __init__(self, host: DialogHost, heading: str, body: str, curl: str) -> None:
        """Shows.

        Args:
            host: the program around the dialog.
            heading: which request it is.
            body: the JSON body.
            curl: the same as a command.
        """
        super().__init__(host)
        self._heading = tr("{heading} (API key hidden)", heading=heading)
        self._texts = {"JSON": body, "curl": curl}
        self._shown = "JSON"

    def compose(self) -> ComposeResult:
        """Heading, text, keys."""
        with Vertical(classes="dialog"):
            yield Label(T(self._heading), classes="heading")
            with VerticalScroll(can_focus=True):
                yield Static(id="text")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the JSON first."""
        self.query_one(VerticalScroll).focus()
        self._fill()

    def _fill(self) -> None:
        other = "curl" if self._shown == "JSON" else "JSON"
        text = without_images(self._texts[self._shown])
        self.query_one("#text", Static).update(highlighted(text) if self._shown == "JSON" else T(text))
        self.show_keys(
            (
                ("request_other", tr("as {other}", other=other)),
                ("request_copy", tr("copy")),
                ("dialog_back", tr("close")),
            )
        )

    def action_other(self) -> None:
        """Switches between JSON and curl."""
        self._shown = "curl" if self._shown == "JSON" else "JSON"
        self._fill()

    def action_copy(self) -> None:
        """Answers with what is shown."""
        self.dismiss(self._texts[self._shown])
