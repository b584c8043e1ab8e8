"""What the chat asks of the application around it: input, notices, dialogs, the clipboard, the terminal, the theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from chat_tui.ui.commands.keymap import Bound
    from chat_tui.ui.dialogs.base import Dialog
    from chat_tui.ui.terminal.input_queue import InputQueue
    from chat_tui.ui.terminal.job_control import JobControl
    from chat_tui.ui.theme.palette import Palette
    from chat_tui.ui.theme.themes import Themes
    from chat_tui.ui.transcript.markdown.document import Painter


P = ParamSpec("P")
Answer = TypeVar("Answer")


class Notify(Protocol):
    """Shows a notice for a few seconds; its text is never markup."""

    def __call__(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information", timeout: float | None = None
    ) -> None:
        """Shows it."""


class Host(Protocol):
    """The application."""

    input: InputQueue
    jobs: JobControl
    themes: Themes
    bound: Bound
    """The keys of every command."""

    @property
    def app_focus(self) -> bool:
        """Whether the terminal's window has the focus."""

    @property
    def palette(self) -> Palette:
        """The colours in use."""

    @property
    def painter(self) -> Painter:
        """Draws text in the colours in use."""

    @property
    def notify(self) -> Notify:
        """Shows a notice."""

    async def push_screen_wait(self, screen: Screen[Any]) -> Any:
        """Asks with a dialog and returns the answer; keys go to the dialog meanwhile."""

    def copy(self, text: str, what: str) -> None:
        """Copies clean text; the notice that says how far it came is headed by `what`."""

    def write_terminal(self, sequence: str) -> None:
        """Writes to the terminal as it is; nothing foreign may be in it but encoded."""

    def load_themes(self) -> None:
        """Reads the themes that the first frame did not need."""

    def show_theme(self, name: str) -> None:
        """Puts a theme on without saving the choice."""

    def show_density(self, density: str) -> None:
        """Draws with more air between the rows, or less, without saving the choice."""


async def ask(host: Host, dialog: Callable[P, Dialog[Answer]], /, *args: P.args, **kwargs: P.kwargs) -> Answer | None:
    """Asks with a dialog and returns the answer, None where the user went back; keys go to the dialog meanwhile.

    Args:
        host: shows the dialog.
        dialog: the dialog's class.
        args: of the dialog.
        kwargs: of the dialog.
    """
    return cast("Answer | None", await host.push_screen_wait(dialog(*args, **kwargs)))
