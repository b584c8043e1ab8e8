"""`chat-tui --plain`: the conversation runs in a thread of its own, lines are read in the main one.

Only the main thread can be interrupted while it reads, and only there line editing gets signals.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.lines import LineReader, LineServer, Signalled
from chat_tui.cli.plain.page import Page
from chat_tui.cli.plain.repl import Repl
from chat_tui.domain.conversation.message import Status
from chat_tui.domain.errors import StorageError, UsageError

PATIENCE = 10.0
"""Seconds that a signal waits for the disk."""


def run(args: Namespace, container: Container) -> int:
    """Runs plain mode until the user leaves or input ends.

    Returns:
        0, or 128 and the number of the signal that ended it.

    Raises:
        UsageError: standard input or output is closed, or an argument names what there is not.
        StorageError: something can't be read or saved.
        BrokenPipeError: nobody reads what is printed.
    """
    if any(stream is None or stream.closed for stream in (sys.stdin, sys.stdout)):
        raise UsageError("--plain needs standard input and output.")
    out = Output(sys.stdout, sys.stdout)  # one stream, so that all lines are in order
    out.notes_on_terminal = False  # no bars
    page = Page(out)
    reader = LineReader(page.begin_line, container.environ)
    return _Mode(args, container, out, page, LineServer(reader)).run()


class _Mode:
    """One run of the program."""

    def __init__(self, args: Namespace, container: Container, out: Output, page: Page, lines: LineServer) -> None:
        self._args = args
        self._container = container
        self._out = out
        self._page = page
        self._lines = lines
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._chat: PlainChat | None = None
        self._error: BaseException | None = None

    def run(self) -> int:
        """Runs both threads to their end."""
        thread = threading.Thread(target=self._converse, name="conversation", daemon=True)
        with self._signals():
            try:
                thread.start()
                self._lines.serve()
                thread.join()
            except Signalled as signalled:
                self._save_and_stop(thread)
                return 128 + signalled.number
        if self._error is not None:
            raise self._error
        return 0

    # In the thread of the conversation

    def _converse(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            self._error = error
        finally:
            self._lines.close()

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._chat = chat = PlainChat(self._container, self._out, self._page, self._lines)
        self._page.on_failure = chat.interrupt
        await Repl(chat, self._lines, self._args).run()
        if self._page.failure is not None:
            raise self._page.failure

    # In the main thread

    @contextmanager
    def _signals(self) -> Iterator[None]:
        handlers = {"SIGINT": self._interrupted, "SIGTERM": _signalled, "SIGHUP": _signalled}
        before: dict[int, Any] = {}
        for name, handler in handlers.items():
            with suppress(AttributeError, ValueError):  # none on this system; not in the main thread
                number = getattr(signal, name)
                before[number] = signal.signal(number, handler)
        try:
            yield
        finally:
            for number, earlier in before.items():
                signal.signal(number, earlier)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """ctrl+c: clears the line that is typed, else stops what runs."""
        if self._lines.is_reading:
            raise KeyboardInterrupt
        if self._chat is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._chat.interrupt)

    def _save_and_stop(self, thread: threading.Thread) -> None:
        """Saves what runs as interrupted, and waits for that, but not for a disk that never answers."""
        with suppress(RuntimeError):  # the loop has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._save)
        thread.join(PATIENCE)

    def _save(self) -> None:
        if self._chat is not None:
            with suppress(StorageError):
                self._chat.note_draft()
                self._chat.conversations.save_all_blocking(Status.INTERRUPTED)
        if self._task is not None:
            self._task.cancel()


def _signalled(number: int, frame: FrameType | None) -> None:
    raise Signalled(number)
