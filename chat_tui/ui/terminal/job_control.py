"""Releases and reclaims the terminal: for the shell (ctrl+z), or for another program such as an editor."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from chat_tui.ui.compat.base_app import driver_of

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver


class JobControl:
    """Handles SIGTSTP and SIGCONT on the event loop, in the place of Textual's handlers.

    Those run in the middle of anything, stop the program where there is no shell to continue it, start a second input
    thread after a SIGSTOP, and leave the screen blank but for what changes.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self.is_lent = False
        """Whether another program has the terminal."""

    def start(self) -> None:
        """Starts to handle the signals; does nothing on Windows, or outside of the main thread."""
        if (driver := self._driver) is not None:
            self._handle(driver)

    @property
    def _driver(self) -> Driver | None:
        driver = driver_of(self._app)
        return driver if driver is not None and driver.can_suspend and hasattr(signal, "SIGTSTP") else None

    def _handle(self, driver: Driver) -> None:
        loop = asyncio.get_running_loop()
        with suppress(RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGTSTP, self._stop, driver)
            loop.add_signal_handler(signal.SIGCONT, self._continued, driver)

    def _leave_to_system(self) -> None:
        """Resets the signals to their default actions."""
        loop = asyncio.get_running_loop()
        with suppress(RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGTSTP)
            loop.remove_signal_handler(signal.SIGCONT)

    def suspend(self) -> bool:
        """Releases the terminal and stops the process, until the shell continues it.

        Returns:
            Whether there is a shell; without one nobody could continue the program, and it is not stopped.
        """
        driver = self._driver
        if driver is None or not _has_shell():
            return False
        self._stop(driver)
        return True

    def _stop(self, driver: Driver) -> None:
        with self._given_away(driver):
            # To this thread: it stops before the call returns. SIGTSTP would do nothing in an orphaned process group.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

    def _continued(self, driver: Driver) -> None:
        """Reclaims the terminal after a SIGSTOP, which can't be handled: it is as the shell left it."""
        driver.suspend_application_mode()
        self._take(driver)

    @contextmanager
    def lend(self) -> Iterator[None]:
        """Releases the terminal for another program; reclaims it at the end of the context.

        A stop signal then stops both programs, as the shell expects of one job.
        """
        driver = self._driver
        if driver is None:
            yield
            return
        self.is_lent = True
        try:
            with self._given_away(driver):
                yield
        finally:
            self.is_lent = False

    @contextmanager
    def _given_away(self, driver: Driver) -> Iterator[None]:
        self._leave_to_system()
        driver.suspend_application_mode()
        try:
            yield
        finally:
            self._take(driver)
            self._handle(driver)

    def _take(self, driver: Driver) -> None:
        driver.resume_application_mode()
        self._app.refresh(layout=True)


def _has_shell() -> bool:
    """Whether the parent is of our session, as a shell with job control is."""
    try:
        return os.getsid(os.getppid()) == os.getsid(0)
    except OSError:  # the parent has ended
        return False
