"""Shows what a command printed, or what a file and a block of code differ in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, Static

from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import OUTPUT
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import TextDialog, holds_input
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.question import AskText
from chat_tui.ui.terminal.pipe import CommandResult
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar

MOST_SHOWN = 20_000
"""Characters that are shown; all are copied."""
_COLOURS = {"+": "$success", "-": "$error", "@": "$accent"}


class AskCommand(AskText):
    """Asks for the shell command that gets a text as its input."""

    PLACEHOLDER = "sort | uniq -c"
    REPLACES = False
    KEYS = (("line_take", tr("run")), ("dialog_back", tr("cancel")))


class OutputDialog(TextDialog[str]):
    """Base of dialogs that show a text that can be copied; they answer with it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(OUTPUT)]

    def __init__(self, host: DialogHost, heading: str) -> None:
        super().__init__(host)
        self._heading = heading
        self._text: str | None = None

    def compose(self) -> ComposeResult:
        """Heading, text, keys."""
        with Vertical(classes="dialog"):
            yield Label(T(clean(self._heading, multiline=False)), classes="heading")
            with VerticalScroll(can_focus=True):
                yield Static(id="text")
            yield KeyBar(classes="keys")

    def show_text(self, text: str, shown: Content) -> None:
        """Shows a text that can be copied."""
        self._text = text
        self.query_one("#text", Static).update(Content.assemble(shown))
        self.show_keys((("output_copy", tr("copy")), ("read_up read_down", tr("scroll")), ("dialog_back", tr("close"))))
        self.query_one(VerticalScroll).focus()

    def action_copy(self) -> None:
        """Answers with the text, once it is there."""
        if self._text is not None:
            self.dismiss(self._text)


class CommandOutput(OutputDialog):
    """Runs a command and shows what it printed. Closing the dialog stops the command."""

    def __init__(self, host: DialogHost, command: str, run: Callable[[], Awaitable[CommandResult]]) -> None:
        """Shows.

        Args:
            host: the program around the dialog.
            command: the command.
            run: runs it; cancelled when the dialog is closed.
        """
        super().__init__(host, f"| {command}")
        self._run = run

    def on_mount(self) -> None:
        """Starts the command."""
        self.query_one("#text", Static).update(Content.styled("running …", "$muted"))
        self.show_keys((("dialog_back", tr("stop")),))
        self._start()

    @holds_input
    async def _start(self) -> None:
        try:
            with self.host.input.waits():  # the keys that stop it must come through
                result = await self._run()
        except OSError as error:
            self.query_one("#text", Static).update("")
            self.show_problem(tr("Could not start a shell: {error}", error=error.strerror))
            return
        left = len(result.output) - MOST_SHOWN
        more = (
            tr("\n… {n:,} more characters; {key} copies all", n=left, key=self.key("output_copy")) if left > 0 else ""
        )
        shown = T(result.output[:MOST_SHOWN]) if result.output.strip() else Content.styled(tr("No output."), "$muted")
        self.show_text(result.output.rstrip("\n"), Content.assemble(shown, (more, "$muted")))
        if result.ending:
            self.show_problem(result.ending)


class FileDiff(OutputDialog):
    """Shows a unified diff of a file and a piece of a message."""

    def __init__(self, host: DialogHost, heading: str, diff: str) -> None:
        """Shows.

        Args:
            host: the program around the dialog.
            heading: what is compared.
            diff: in the unified format.
        """
        super().__init__(host, heading)
        self._diff = diff

    def on_mount(self) -> None:
        """Shows the diff."""
        lines = clean(self._diff)[:MOST_SHOWN].split("\n")
        parts = [(f"{line}\n", _COLOURS.get(line[:1], "")) for line in lines]
        left = len(self._diff) - MOST_SHOWN
        more = tr("… {n:,} more characters; {key} copies all", n=left, key=self.key("output_copy")) if left > 0 else ""
        self.show_text(self._diff, Content.assemble(*parts, (more, "$muted")))
