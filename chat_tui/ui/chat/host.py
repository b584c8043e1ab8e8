"""The interface of the application to the chat: input, notices, dialogs, clipboard, terminal, theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chat_tui.ui.dialogs.host import DialogHost

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from chat_tui.ui.terminal.job_control import JobControl
    from chat_tui.ui.theme.palette import Palette
    from chat_tui.ui.theme.themes import Themes
    from chat_tui.ui.transcript.markdown.document import Painter


class Notify(Protocol):
    """Shows a notice for a few seconds; its text is never markup."""

    def __call__(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information", timeout: float | None = None
    ) -> None:
        """Shows it."""


class Host(DialogHost, Protocol):
    """The application."""

    jobs: JobControl
    themes: Themes

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
