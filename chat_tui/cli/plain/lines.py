"""Lines that a person types, or a pipe has: read in the main thread for a conversation that runs in another one."""

from __future__ import annotations

import asyncio
import codecs
import os
import select
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import ModuleType

from chat_tui.domain.errors import UsageError
from chat_tui.domain.text.clean import clean

LONGEST = 4 * 2**20
"""Bytes of a line at most."""
BURST = 0.03
"""Seconds within which the lines of a paste follow each other."""
_PIECE = 64 * 1024
_LOOK = 0.2 if sys.platform == "win32" else None
"""Seconds between two looks for a question: ctrl+c does not end a wait on Windows."""


class Interrupted(Exception):  # noqa: N818 - the user's doing, no error
    """The user pressed ctrl+c instead of typing a line."""


class Signalled(BaseException):  # noqa: N818
    """A signal ends the program."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


@dataclass(slots=True)
class _Question:
    prompt: str
    is_secret: bool
    answer: asyncio.Future[str | None]


class LineReader:
    """Reads standard input line by line; with line editing where the terminal can move its cursor."""

    def __init__(self, write: Callable[[str], None], environ: Mapping[str, str]) -> None:
        """Reads nothing yet.

        Args:
            write: prints a prompt, and where nobody types, the lines that are read.
            environ: says what the terminal can do.
        """
        self._write = write
        self._number = sys.stdin.fileno()
        self._bytes = bytearray()
        self.is_terminal = sys.stdin.isatty()
        self._readline = _readline(environ) if self.is_terminal and sys.stdout.isatty() else None

    @property
    def can_edit(self) -> bool:
        """Whether lines can be edited and recalled with the arrow keys."""
        return self._readline is not None

    def read(self, prompt: str) -> str | None:
        """The next line, cleaned; of a paste all its lines. None at the end of input.

        Raises:
            UsageError: a line is too long.
        """
        was_ahead = self._is_ahead(0)
        line = self._read(prompt)
        if line is None or not self.is_terminal or was_ahead:
            return line
        lines = [line]
        while self._is_ahead(BURST) and (more := self._bytes_line()) is not None:
            lines.append(more)
        return "\n".join(lines)

    def read_secret(self, prompt: str) -> str | None:
        """The next line, which is not shown where it is typed."""
        if not self.is_terminal:
            self._write(f"{prompt}\n")
            return self._bytes_line()
        from getpass import getpass

        try:
            return getpass(prompt, stream=sys.stdout)
        except EOFError:
            return None

    def _read(self, prompt: str) -> str | None:
        if self._readline is not None and not self._bytes:
            try:
                return clean(input(clean(prompt)))
            except EOFError:
                self._write("\n")
                return None
        self._write(prompt)
        line = self._bytes_line()
        if line is None:
            self._write("\n")
        elif not self.is_terminal:
            self._write(f"{line}\n")
        return line

    def _bytes_line(self) -> str | None:
        while (end := self._bytes.find(b"\n")) < 0:
            piece = os.read(self._number, _PIECE)
            self._bytes += piece
            if not piece:
                end = len(self._bytes)
                break
            if len(self._bytes) > LONGEST:
                raise UsageError(f"A line of standard input is longer than {LONGEST // 2**20} MB.")
        if end == len(self._bytes) == 0:
            return None
        line = bytes(self._bytes[:end]).removesuffix(b"\r")
        del self._bytes[: end + 1]
        return clean(line.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace"))

    def _is_ahead(self, seconds: float) -> bool:
        """Whether more can be read within some time."""
        if self._bytes:
            return True
        if sys.platform == "win32":  # only sockets can be waited for
            return False
        return bool(select.select([self._number], [], [], seconds)[0])


class LineServer:
    """Answers the questions of a conversation with the lines that are typed."""

    def __init__(self, reader: LineReader) -> None:
        self._reader = reader
        self._questions: SimpleQueue[_Question | None] = SimpleQueue()
        self.is_reading = False
        """Whether a line is being typed: ctrl+c is meant for it."""

    # In the thread of the conversation

    async def ask(self, prompt: str, *, is_secret: bool = False) -> str | None:
        """The next line; None at the end of input.

        Args:
            prompt: is printed before it.
            is_secret: whether the line is not shown.

        Raises:
            Interrupted: ctrl+c was pressed instead.
            UsageError: a line is too long.
        """
        question = _Question(prompt, is_secret, asyncio.get_running_loop().create_future())
        self._questions.put(question)
        return await question.answer

    def close(self) -> None:
        """Lets `serve` return."""
        self._questions.put(None)

    # In the main thread

    def serve(self) -> None:
        """Reads lines until `close` is called."""
        while (question := self._next()) is not None:
            line, error = self._line(question)
            question.answer.get_loop().call_soon_threadsafe(_answer, question.answer, line, error)

    def _next(self) -> _Question | None:
        while True:
            try:
                return self._questions.get(timeout=_LOOK)
            except Empty:
                continue

    def _line(self, question: _Question) -> tuple[str | None, Exception | None]:
        try:
            self.is_reading = True
            read = self._reader.read_secret if question.is_secret else self._reader.read
            return read(question.prompt), None
        except KeyboardInterrupt:
            return None, Interrupted()
        except (UsageError, OSError) as error:
            return None, error if isinstance(error, UsageError) else UsageError(f"Could not read input: {error}")
        finally:
            self.is_reading = False


def _answer(answer: asyncio.Future[str | None], line: str | None, error: Exception | None) -> None:
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(line)


def _readline(environ: Mapping[str, str]) -> ModuleType | None:
    """The module that edits lines; None where there is none, or the terminal can't move its cursor."""
    if environ.get("TERM", "") in ("", "dumb", "unknown") or environ.get("INSIDE_EMACS"):
        return None
    try:
        import readline
    except ImportError:  # Windows
        return None
    # Sequences that a screen reader or a log would get with each prompt; a paste is known by its speed.
    for setting in ("enable-bracketed-paste off", "enable-meta-key off"):
        readline.parse_and_bind(f"set {setting}")
    readline.set_auto_history(True)
    return readline
