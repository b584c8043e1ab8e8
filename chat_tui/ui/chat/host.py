"""The interface of the application to the chat: input, notices, dialogs, clipboard, terminal, theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chat_tui.ui.dialogs.host import DialogHost

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from chat_tui.ui.terminal.graphics import Graphics
    from chat_tui.ui.terminal.job_control import JobControl
    from chat_tui.ui.terminal.sixel import SixelRows
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
        """Copies a text, cleaned, and notifies of the result with the title `what`."""

    @property
    def picture_ground(self) -> str | None:
        """The background that pictures are drawn on; None where there are too few colours for any."""

    @property
    def sixels(self) -> SixelRows:
        """The rows of pictures that the driver sends as sixels."""

    async def ask_graphics(self) -> Graphics:
        """Asks the terminal, the first time, what it can draw beside text."""

    def write_terminal(self, sequence: str) -> None:
        """Writes a sequence to the terminal unchanged; text from outside may be in it only encoded."""

    def load_themes(self) -> None:
        """Reads the themes that the first frame did not need."""

    def show_theme(self, name: str) -> None:
        """Shows a theme without saving the choice."""

    def show_density(self, density: str) -> None:
        """Sets the density of rows without saving the choice."""
