"""Textual's app with public names for private ones: driver, clipboard, the report of a crash."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App
from textual.driver import Driver

from chat_tui.ui.compat.stylesheet import CachedStylesheet


class BaseApp(App[None], inherit_bindings=False):
    """An app that says itself what a crash prints."""

    CRASH_CODE: ClassVar[int] = 1
    """The exit code of a crash."""

    def __init__(self) -> None:
        """Starts nothing yet."""
        super().__init__()
        self.stylesheet = CachedStylesheet(variables=self.get_css_variables())

    def crash_message(self, error: BaseException | None) -> str:
        """What is printed after a crash. Called once, while the app still has its screen.

        Args:
            error: the first failure.
        """
        return f"{type(error).__name__}: {error}"

    def _fatal_error(self) -> None:
        """Replaces Textual's traceback, which prints local variables: keys, headers, prompts."""
        if not self._exit_renderables:  # what fails because of the first failure is no news
            self._exit_renderables.append(Text(self.crash_message(self._exception or sys.exc_info()[1])))
        self._return_code = self.CRASH_CODE
        self._close_messages_no_wait()

    @property
    def driver(self) -> Driver | None:
        """What reads from the terminal and writes to it; None before the app runs."""
        return self._driver

    def set_clipboard(self, text: str) -> None:
        """Sets what `clipboard` returns, and tells no terminal."""
        self._clipboard = text


def driver_of(app: App[Any]) -> Driver | None:
    """What reads from the terminal and writes to it; None before the app runs."""
    return app._driver
