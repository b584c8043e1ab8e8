"""Standard output and standard error: answers to the one, everything else to the other, both safe on a terminal."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from chat_tui.domain.text.clean import Cleaner, clean, escape_json
from chat_tui.i18n import tr

if TYPE_CHECKING:  # `chat-tui --version` needs none of it
    from chat_tui.domain.json import Json
    from chat_tui.domain.ports.backend import Progress
    from chat_tui.ui.transcript.printed import MarkdownPrinter

WIDEST = 100
"""Cells of a row of drawn Markdown: longer ones are hard to read."""


class OutputError(Exception):
    """Standard output takes nothing: it is closed, or its disk is full. The message says which."""


class Output:
    """Writes. Text is cleaned wherever it goes: a pipe ends on a terminal as often as not (`| tee`, `| less -R`)."""

    def __init__(self, stdout: TextIO | None, stderr: TextIO | None) -> None:
        """Takes the streams over.

        Args:
            stdout: standard output; None where the process was started without one.
            stderr: standard error, likewise.
        """
        self._stdout = stdout
        self._stderr = stderr
        self.is_terminal = _is_terminal(stdout)
        self.notes_on_terminal = _is_terminal(stderr)
        self.is_quiet = False
        """Whether only results and problems are written."""
        self._progress = ""
        self._is_broken = False
        """Whether standard output takes nothing more; that was said."""
        for stream in (stdout, stderr):
            if stream is not None and hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # LANG=C must not lose an answer

    def write(self, text: str) -> None:
        """Writes to standard output as it is, at once.

        Raises:
            BrokenPipeError: nobody reads any more.
            OutputError: standard output is closed or full; what is written later goes nowhere.
        """
        if text and not self._is_broken:
            self.end_progress()
            self._hand_over(text)

    def line(self, text: str = "", *, raw: bool = False) -> None:
        """Writes a line, cleaned unless `raw`."""
        self.write((Raw().whole(text) if raw else clean(text)) + "\n")

    def json(self, value: Json) -> None:
        """Writes a JSON value, indented on a terminal, on one line elsewhere."""
        import json

        self.json_text(json.dumps(value, ensure_ascii=False, indent=2 if self.is_terminal else None))

    def json_text(self, text: str) -> None:
        """Writes a line that holds JSON: what cleaning would change is escaped, so that nothing is lost."""
        self.write(escape_json(text) + "\n")

    def note(self, text: str) -> None:
        """Writes a line to standard error, cleaned; none where it is to be quiet."""
        if not self.is_quiet:
            self.explain(text)

    def problem(self, text: str) -> None:
        """Says on standard error what went wrong."""
        self.explain(f"chat-tui: {text}")

    def explain(self, text: str) -> None:
        """Writes a line that belongs to a problem or a question: like a note, but also where it is to be quiet."""
        self.end_progress()
        self._say(clean(text) + "\n")

    def question(self, text: str) -> None:
        """Writes a question to standard error; the answer is typed behind it."""
        self.end_progress()
        self._say(clean(text))

    def progress(self, progress: Progress) -> None:
        """Shows how far something has come: a bar on a terminal, elsewhere a line where its message changes."""
        if self.is_quiet:
            return
        message = clean(progress.message, multiline=False)
        if not self.notes_on_terminal:
            if message != self._progress:
                self.note(message)
                self._progress = message
            return
        bar = ""
        if progress.total:
            part = min(1.0, progress.done / progress.total)
            bar = f" [{'#' * round(part * 24):24}] {part:4.0%}"
        self._progress = message
        self._say(f"\r\x1b[K{message}{bar}")

    def end_progress(self) -> None:
        """Takes the bar away."""
        if self._progress and self.notes_on_terminal:
            self._progress = ""
            self._say("\r\x1b[K")

    def flush(self) -> None:
        """Hands over what is buffered.

        Raises:
            BrokenPipeError: nobody reads any more.
            OutputError: standard output is full.
        """
        self.end_progress()
        if self._stdout is not None and not self._is_broken:
            self._hand_over("")

    def stream(self, *, raw: bool = False, markdown: bool = False) -> Cleaner | Raw | MarkdownPrinter:
        """What an answer's pieces go through on their way out: as they are, cleaned, or drawn as Markdown."""
        if raw or not markdown:
            return Raw() if raw else Cleaner()
        import shutil

        from chat_tui.ui.transcript.printed import MarkdownPrinter

        width = min(shutil.get_terminal_size().columns, WIDEST)
        return MarkdownPrinter(width, colours=not os.environ.get("NO_COLOR"), styles=self.is_terminal)

    def _hand_over(self, text: str) -> None:
        if self._stdout is None:
            self._is_broken = True
            raise OutputError(tr("Could not write to standard output: it is closed."))
        try:
            self._stdout.write(text)
            self._stdout.flush()
        except (OSError, ValueError) as error:  # ValueError: it was closed within this process
            self._is_broken = True
            _discard(self._stdout)
            if isinstance(error, BrokenPipeError):
                raise
            why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else tr("it is closed")
            raise OutputError(tr("Could not write to standard output: {why}.", why=why[0].lower() + why[1:])) from error

    def _say(self, text: str) -> None:
        """Writes to standard error; one that is gone must not cost the answer."""
        if self._stderr is not None:
            try:
                self._stderr.write(text)
                self._stderr.flush()
            except (OSError, ValueError):
                _discard(self._stderr)


class Raw:
    """Passes pieces on as they are; only a surrogate pair that was cut in two is joined, as it has no bytes alone."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Takes the next piece and returns what can be written."""
        text, self._held = self._held + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def flush(self) -> str:
        """Returns what was held back."""
        text, self._held = self._held, ""
        return "\ufffd" if text else ""

    def whole(self, text: str) -> str:
        """A text that is in one piece, likewise."""
        return self.feed(text) + self.flush()


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _discard(stream: TextIO) -> None:
    """Points a broken stream at the null device: Python flushes once more at its end, and would fail again (code 120).

    See "Note on SIGPIPE" in the documentation of Python's `signal` module.
    """
    with suppress(OSError, ValueError):  # a stream without a descriptor has nothing to flush to
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, stream.fileno())
        finally:
            os.close(null)
