"""The application: themes, input, signals, notices, copying, and how it exits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events, work
from textual.binding import BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.geometry import Offset
from textual.notifications import SeverityLevel
from textual.screen import Screen

from chat_tui.domain.conversation.message import Status
from chat_tui.domain.errors import StorageError
from chat_tui.domain.settings import COMPACT
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import sentences, tr
from chat_tui.ui.chat.screen import ChatScreen
from chat_tui.ui.commands.command import APP
from chat_tui.ui.commands.keymap import bind
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.compat.base_app import BaseApp
from chat_tui.ui.services import Services, Start
from chat_tui.ui.terminal.input_queue import InputQueue
from chat_tui.ui.terminal.job_control import JobControl
from chat_tui.ui.terminal.replies import TerminalBackground, is_dark_by_environment
from chat_tui.ui.terminal.served import is_served, tell_background
from chat_tui.ui.text.sanitizer import SanitizingFilter, cut
from chat_tui.ui.theme.palette import DEFAULT_THEME, Palette
from chat_tui.ui.theme.themes import AUTO, Themes

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from chat_tui.ui.terminal.graphics import Graphics, TerminalGraphics
    from chat_tui.ui.terminal.graphics_query import GraphicsQuery
    from chat_tui.ui.terminal.sixel import SixelRows
    from chat_tui.ui.theme.no_color import NoColor
    from chat_tui.ui.theme.terminal_colors import TerminalColors
    from chat_tui.ui.transcript.markdown.document import Painter

CRASHED = 70
"""The exit code of a crash."""
THEME_LOOK = 1.0
"""Seconds between two looks at the files of the user's themes."""
MAX_NOTICE = 500
"""Characters of a notice."""
Result = TypeVar("Result")


class ChatApp(BaseApp, inherit_bindings=False):
    """chat-tui."""

    TITLE = "chat-tui"
    CRASH_CODE = CRASHED
    ENABLE_COMMAND_PALETTE = False  # the palette is a picker like all others
    CSS_PATH = "styles/app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(APP)]  # all others are the screens'

    def __init__(self, services: Services, start: Start) -> None:
        """Creates the app; nothing is read or written before it runs."""
        self.services = services
        self.start = start
        self.themes = Themes(services.theme_folders, services.settings, is_dark=is_dark_by_environment(os.environ))
        self.bound = bind(services.settings)
        """The keys of every command."""
        self._guard = SanitizingFilter()
        self._warned_unsaved = False
        self._asks_to_quit = False
        super().__init__()
        self._no_color: NoColor | None = None
        if self.no_color:
            from chat_tui.ui.theme.no_color import NoColor

            self._no_color = NoColor(lambda: self.palette)
        for palette in self.themes.palettes.values():
            self.register_theme(palette.theme())
        self._terminal_colors: TerminalColors | None = None
        self._ascii_lines: list[LineFilter] = []
        if not services.settings.box_drawing:
            from chat_tui.ui.theme.ascii_lines import AsciiLines

            self._ascii_lines.append(AsciiLines())
        if not services.settings.animation:
            self.animation_level = "none"
        self._show_current_theme()
        self.set_class(services.settings.density == COMPACT, "-compact", update=False)
        self._painter: Painter | None = None
        self.input = InputQueue(self, super().on_event, self._is_urgent)
        """Keys, pastes and clicks, one after the other."""
        self._graphics: GraphicsQuery | None = None
        self.jobs = JobControl(self)
        """Gives the terminal to the shell and to other programs."""
        self.chat = ChatScreen(self, services, start)
        self.conversations = self.chat.conversations
        self.set_keymap(self.bound.keymap())

    @property
    def palette(self) -> Palette:
        """The colours in use."""
        return self.themes.palettes[self.theme]

    def get_default_screen(self) -> Screen[None]:
        """The chat is the first screen: there is nothing below it to draw."""
        return self.chat

    def on_mount(self) -> None:
        """Handles signals, and shows problems of the configuration."""
        self.input.start()
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":  # its loop has no signal handlers
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):  # ctrl+c is a key here
                with contextlib.suppress(RuntimeError, ValueError):  # not in the main thread
                    loop.add_signal_handler(number, self._signalled, number)
        self.jobs.start()
        for problem in [*self.services.settings.problems, *self.bound.problems, *self.themes.problems]:
            self.notify(problem, title=tr("Configuration"), severity="warning", timeout=12)
        self.theme_changed_signal.subscribe(self, lambda _: self.chat.repaint())
        if is_served(os.environ):
            self.theme_changed_signal.subscribe(self, lambda _: self._tell_background())
            self._tell_background()
        self.set_interval(THEME_LOOK, self._look_at_themes)
        self._follow_terminal()

    # Input

    async def on_event(self, event: events.Event) -> None:
        """Puts input into its queue; handles all else at once."""
        if not isinstance(event, events.InputEvent | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif isinstance(event, events.Paste):
            self.input.put(events.Paste(clean(event.text)))
        else:
            self.input.put(event)

    async def push_screen_wait(self, screen: Screen[Result] | str, *, mode: str | None = None) -> Any:
        """Shows a dialog and waits for its answer; keys go to it meanwhile."""
        answer: asyncio.Future[Result | None] = asyncio.get_running_loop().create_future()
        with self.input.waits() as ends:

            def answered(value: Result | None) -> None:
                ends()
                if not answer.done():
                    answer.set_result(value)

            self.push_screen(screen, answered, mode=mode)
            return await answer

    async def run_in_dialog(self, command: str, active: Mapping[str, DOMNode]) -> None:
        """Runs a command that works in dialogs, too: the command palette, or the help."""
        from chat_tui.ui.dialogs.commands import run_in_dialog

        await run_in_dialog(self, command, active)

    @property
    def cursor_position(self) -> Offset:
        """Where the terminal's cursor is: at the caret of the focused field, as input methods and magnifiers need."""
        caret: Offset = getattr(self.focused, "cursor_screen_offset", self._other_position)
        return caret

    @cursor_position.setter
    def cursor_position(self, position: Offset) -> None:
        self._other_position = position

    def _is_urgent(self, key: str) -> bool:
        return any(key in self.bound.keys[name].split(",") for name in ("stop", "quit"))

    def action_suspend_process(self) -> None:
        """Stops the program and returns to the shell."""
        if not self.jobs.suspend():
            self.notify(tr("No shell to return to."), severity="warning")

    # Looks

    def get_driver_class(self) -> type[Driver]:
        """Replaces Textual's driver for Linux and macOS by one that asks the terminal for its background."""
        driver = super().get_driver_class()
        if driver.__name__ != "LinuxDriver":
            return driver
        from chat_tui.ui.terminal.driver import TerminalDriver

        TerminalDriver.terminal_modes = self.start.terminal_modes
        return TerminalDriver

    def show_theme(self, name: str) -> None:
        """Shows a theme, or the one that follows the terminal, without saving the choice."""
        self.load_themes()
        self.themes.wanted = name
        self._show_current_theme()
        self._follow_terminal()

    def _show_current_theme(self) -> None:
        self._prepare_terminal_colors(self.themes.palettes[self.themes.current])
        self.theme = self.themes.current

    def _prepare_terminal_colors(self, palette: Palette) -> None:
        """Chooses the filter for a theme that uses colours of the terminal."""
        self.set_class(palette.transparent, "-transparent", update=False)
        self.set_class(palette.ansi, "-ansi", update=False)
        if not palette.transparent:
            self._terminal_colors = None
        else:
            from chat_tui.ui.theme.terminal_colors import TerminalColors

            self._terminal_colors = TerminalColors(palette, is_dark=self.themes.is_dark)

    def on_resize(self, event: events.Resize) -> None:
        """Draws everything for a page that takes over, which has the same size."""
        if is_served(os.environ) and event.size == self.size:
            self.refresh(layout=True)

    def _tell_background(self) -> None:
        colour = "" if self.palette.transparent or self.palette.ansi else self.palette.background
        self.run_worker(partial(tell_background, colour, os.environ), thread=True)

    def _follow_terminal(self) -> None:
        follow = getattr(self.driver, "follow", None)
        if (self.themes.wanted == AUTO or self.palette.ansi) and follow is not None:
            follow()

    def on_terminal_background(self, message: TerminalBackground) -> None:
        """Follows the terminal's background."""
        self.themes.is_dark = message.is_dark
        self._show_current_theme()
        if self.palette.ansi:
            self.mutate_reactive(ChatApp.theme)  # the same name, other colours

    @property
    def picture_ground(self) -> str | None:
        """The background that pictures are drawn on; None where there are too few colours for any."""
        few = self.no_color or self.console.color_system in (None, "standard") or self.palette.ansi
        return None if few else self.palette.background

    async def ask_graphics(self) -> Graphics:
        """Asks the terminal, the first time, what it can draw beside text."""
        if self._graphics is None:
            from chat_tui.ui.terminal.graphics_query import GraphicsQuery

            self._graphics = GraphicsQuery(os.environ, getattr(self.driver, "ask_graphics", lambda: False))
        return self._usable(await self._graphics.answer())

    def _usable(self, graphics: Graphics) -> Graphics:
        """Without what can't be used here: placeholders need exact colours, sixels a line that is not slow."""
        is_exact, is_near = self.console.color_system == "truecolor", not os.environ.get("SSH_CONNECTION")
        return replace(
            graphics,
            draws_placeholders=graphics.draws_placeholders and is_exact,
            draws_sixels=graphics.draws_sixels and is_near,
        )

    @property
    def sixels(self) -> SixelRows:
        """The rows of pictures that the driver sends as sixels."""
        from chat_tui.ui.terminal.sixel import SixelRows

        driver: Any = self.driver
        if getattr(driver, "sixels", None) is None:
            driver.sixels = SixelRows()
        rows: SixelRows = driver.sixels
        return rows

    def on_terminal_graphics(self, message: TerminalGraphics) -> None:
        """Draws pictures with what the terminal can do, when it says so late, or again."""
        if self._graphics is None or not self._graphics.receive(message.graphics):
            self.chat.drawing.pictures.use(self._usable(message.graphics))

    def load_themes(self) -> None:
        """Reads the themes that the first frame did not need."""
        others, problems = self.themes.load_others()
        for palette in others:
            self.register_theme(palette.theme())
        for problem in problems:
            self.notify(problem, title=tr("Configuration"), severity="warning", timeout=12)

    def on_terminal_gone(self) -> None:
        """The terminal was closed, and the system did not signal it: ends as after SIGHUP."""
        if sys.platform != "win32":
            self._signalled(signal.SIGHUP)

    def _look_at_themes(self) -> None:
        """Loads themes whose files have changed; after a mistake in one its last valid colours stay."""
        fresh, mistakes = self.themes.look()
        for palette in fresh:
            self.register_theme(palette.theme())
            if palette.name == self.theme:
                self._prepare_terminal_colors(palette)
                self.mutate_reactive(ChatApp.theme)  # the same name, other colours
        if fresh:
            self._show_current_theme()
        for mistake in mistakes:
            self.notify(mistake, title=tr("Theme"), severity="warning", timeout=12)

    def show_density(self, density: str) -> None:
        """Sets the density of rows without saving the choice."""
        self.set_class(density == COMPACT, "-compact")
        self.chat.repaint()

    @property
    def painter(self) -> Painter:
        """Draws text in the colours in use."""
        from chat_tui.ui.transcript.markdown.document import Painter

        if self._painter is None or self._painter.palette is not self.palette:
            self._painter = Painter(self.palette)
        return self._painter

    # Guards

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Puts the sanitizer before Textual's filters; with NO_COLOR, our filter replaces them.

        So does the one that puts in the terminal's own colours: Textual's would replace them.
        """
        replaced = self._no_color or self._terminal_colors
        colours = [replaced] if replaced is not None else super().get_line_filters()
        return [self._guard, *colours, *self._ascii_lines]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The default theme's colours, for the time before a theme is set."""
        palette = self.themes.palettes.get(DEFAULT_THEME)
        return palette.variables() if palette else {}

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Shows a notice, in a dialog on its message line; its text is never read as markup."""
        message, title = clean(message)[:MAX_NOTICE], cut(title, 60)
        if (show := getattr(self.screen, "show_message", None)) is not None:
            show(f"{title}: {message}" if title else message, is_error=severity == "error")
        else:
            super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)
            text = f"{title}: {message}" if title else message
            self.chat.bars.show_notice(text, severity, timeout or self.NOTIFICATION_TIMEOUT)

    def copy_to_clipboard(self, text: str) -> None:
        """Copies a text, cleaned, and notifies of the result."""
        self.copy(text, tr("Copied"))

    def copy(self, text: str, what: str) -> None:
        """Copies a text, cleaned, and notifies of the result with the title `what`."""
        self.set_clipboard(clean(text))
        self._deliver(what)

    @work(exclusive=True, group="clipboard")
    async def _deliver(self, what: str) -> None:
        """Copies to the clipboards that can be reached, and notifies of the result."""
        from chat_tui.ui.terminal.clipboard import deliver
        from chat_tui.ui.terminal.external import child_environment

        environ = child_environment(self.services.settings)
        copied = await deliver(self.clipboard, environ, self.write_terminal, self.services.texts.keep)
        self.notify(copied.message, title=what, severity="information" if copied.arrived else "warning")

    def write_terminal(self, sequence: str) -> None:
        """Writes a sequence to the terminal unchanged; text from outside may be in it only encoded."""
        if self.driver is not None:
            self.driver.write(sequence)

    # The way out

    def exit(self, *args: Any, **kwargs: Any) -> None:
        """Exits; undelivered input is dropped."""
        self.chat.drawing.pictures.close()
        self.input.close()
        super().exit(*args, **kwargs)

    def action_help_quit(self) -> None:
        """Shows the key that quits, where ctrl+c has nothing to copy."""
        self.notify(tr("Press {key} to quit.", key=self.bound.key("quit")))

    async def action_quit(self) -> None:
        """Stops running answers, saves everything, exits; asks once about a temporary thread."""
        if self.chat.threads.is_lost_on_leaving and not self._asks_to_quit:
            self._asks_to_quit = True
            self.input.run(self._ask_and_quit())
        else:
            await self._quit()

    async def _ask_and_quit(self) -> None:
        try:
            if await self.chat.threads.may_leave():
                await self._quit()
        finally:
            self._asks_to_quit = False

    async def _quit(self) -> None:
        self.chat.threads.note_draft()
        await self.conversations.stop_all()
        self.chat.composer.show(self.chat.conversation.prompt)  # with the prompts that were queued
        await self.leave()

    async def leave(self, code: int = 0) -> None:
        """Saves everything and exits; if saving fails, notifies and stays the first time.

        Args:
            code: the exit code.
        """
        self._note_screen()
        try:
            await self.conversations.save_all()
        except StorageError as error:
            if not self._warned_unsaved:
                self._warned_unsaved = True
                advice = tr("Nothing is lost while the program runs; quit again to quit without saving.")
                message = sentences(error, advice)
                self.notify(message, title=tr("Not saved"), severity="error", timeout=15)
                return
            code = code or 1
        await self.services.close_tools()
        self.exit(return_code=code)

    def _note_screen(self) -> None:
        """Takes the draft and the scroll position from the screen."""
        with contextlib.suppress(Exception):  # a screen that is broken, or not there yet, keeps nothing else back
            self.chat.threads.note_draft()
            self.chat.threads.note_place()

    def _save_all_blocking(self) -> None:
        """Saves everything and blocks the event loop, which may not run again.

        Raises:
            StorageError: something is not on disk.
        """
        self._note_screen()
        self.conversations.save_all_blocking(Status.INTERRUPTED)

    def _signalled(self, number: int) -> None:
        """Handles a signal to end, or the loss of the terminal: saves, then exits."""
        if number == signal.SIGINT and self.jobs.is_lent:
            return  # ctrl+c was pressed in the other program
        with contextlib.suppress(StorageError):
            self._save_all_blocking()
        self.exit(return_code=128 + number)

    def crash_message(self, error: BaseException | None) -> str:
        """Saves everything; returns the message that a crash prints, with the place of its report."""
        saved = tr("Your threads are saved.")
        try:
            self._save_all_blocking()
        except StorageError as failure:
            saved = tr("Some threads could not be saved: {failure}", failure=failure)
        where = self.services.write_crash_report(error) if error else ""
        report = tr("Crash report (without your texts and keys): {where}", where=where) if where else ""
        failed = tr("chat-tui failed ({name}).", name=type(error).__name__)
        return clean(sentences(failed, saved, report))


def run_app(services: Services, start: Start) -> int:
    """Runs the app until it exits.

    Returns:
        The exit code: 0, 70 after a crash, 128 and the signal's number after a signal.
    """
    app = ChatApp(services, start)
    app.run()
    return app.return_code or 0
