"""Small questions: a line of text, an address before it is fetched, a link before it is opened."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label

from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import LINE, LINK
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Answer, Dialog
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.fields import LineField


class LineDialog(Dialog[Answer], Generic[Answer]):
    """Base of dialogs that ask for one line."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINE)]
    PLACEHOLDER = ""
    REPLACES = True
    """Whether what is typed first replaces what is there."""
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (("line_take", tr("save")), ("dialog_back", tr("cancel")))
    """For the bottom edge: see `show_keys`."""

    def __init__(
        self, host: DialogHost, heading: str, value: str = "", hint: str | None = None, *, verb: str = ""
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            heading: what is asked.
            value: is in the line at first.
            hint: below the line; no row for it, without.
            verb: what the key that answers does; empty for what `KEYS` says.
        """
        super().__init__(host)
        self._heading = heading
        self._value = clean(value, multiline=False)
        self._hint = hint
        self._verb = verb

    def compose(self) -> ComposeResult:
        """Heading, line, hint, keys."""
        with Vertical(classes="dialog"):
            yield Label(T(self._heading), classes="heading")
            yield LineField(self._value, placeholder=self.PLACEHOLDER, select_on_focus=self.REPLACES)
            if self._hint is not None:
                yield Label(T(self._hint), classes="hint")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self.show_keys((each, (each == "line_take" and self._verb) or word) for each, word in self.KEYS)

    @abstractmethod
    def read(self, text: str) -> Answer:
        """Parses the line to the answer.

        Raises:
            ValueError: it can't be one; says why.
        """

    def action_take(self) -> None:
        """Answers with the line, if it is valid."""
        try:
            answer = self.read(clean(self.query_one(Input).value, multiline=False).strip())
        except ValueError as error:
            self.show_problem(str(error))
        else:
            self.dismiss(answer)


class AskText(LineDialog[str]):
    """Asks for a line of text; answers with it, cleaned."""

    def read(self, text: str) -> str:
        """The text itself."""
        return text


class AskTags(AskText):
    """Asks for a thread's tags; answers with the line."""

    PLACEHOLDER = tr("Tags, separated by spaces or commas")
    REPLACES = False

    def __init__(self, host: DialogHost, tags: Sequence[str]) -> None:
        super().__init__(host, tr("Edit tags"), ", ".join(tags))


class AskPage(AskText):
    """Shows an address before it is fetched; answers with it, as the user edited it."""

    REPLACES = False
    KEYS = (("line_take", tr("fetch and attach")), ("dialog_back", tr("cancel")))

    def __init__(self, host: DialogHost, address: str) -> None:
        super().__init__(host, tr("Fetch this page and attach its text?"), address)


class AskLink(Dialog[str]):
    """Shows the target of a link; answers `open` or `copy`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINK)]

    def __init__(self, host: DialogHost, url: str, heading: str = "") -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            url: the address, shown whole.
            heading: what is asked; else whether to open a link to its host.
        """
        super().__init__(host)
        self._url = url
        self._heading = heading

    def compose(self) -> ComposeResult:
        """Host, whole address, keys."""
        with Vertical(classes="dialog"):
            yield Label(T(self._heading or tr("Open a link to {host}?", host=_host(self._url))), classes="heading")
            yield Label(T(self._url), classes="hint")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        self.show_keys(
            (("link_open", tr("open in the browser")), ("link_copy", tr("copy")), ("dialog_back", tr("cancel")))
        )

    def action_answer(self, answer: str) -> None:
        """Answers."""
        self.dismiss(answer)


def _host(url: str) -> str:
    """The host of an address in its ASCII form, which reveals letters that only look like others."""
    parts = urlsplit(url)
    host = parts.hostname or parts.path
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
