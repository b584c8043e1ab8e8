"""Standard output and standard error: answers to the one, everything else to the other, both safe on a terminal."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from chat_tui.domain.clean import Cleaner, clean

if TYPE_CHECKING:  # `chat-tui --version` needs none of it
    from chat_tui.domain.json import Json
    from chat_tui.domain.ports import Progress


class Output:
    """Writes. Text for a terminal is cleaned (SAFETY.md R2); text for a pipe or a file stays as it is."""

    def __init__(self, stdout: TextIO, stderr: TextIO) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self.is_terminal = _is_terminal(stdout)
        self._notes_on_terminal = _is_terminal(stderr)
        self._progress = ""
        for stream in (stdout, stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # LANG=C must not lose an answer

    def write(self, text: str) -> None:
        """Writes to standard output, at once.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        if text:
            self.end_progress()
            self._stdout.write(text)
            self._stdout.flush()

    def line(self, text: str = "") -> None:
        """Writes a line; cleaned for a terminal."""
        self.write((clean(text) if self.is_terminal else text) + "\n")

    def json(self, value: Json) -> None:
        """Writes a JSON value, readable on a terminal, on one line elsewhere."""
        import json

        text = json.dumps(value, ensure_ascii=False, indent=2 if self.is_terminal else None)
        self.line(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

    def note(self, text: str) -> None:
        """Writes a line to standard error, cleaned."""
        self.end_progress()
        with suppress(OSError, ValueError):  # a standard error that is gone must not cost the answer
            self._stderr.write(clean(text) + "\n")
            self._stderr.flush()

    def problem(self, text: str) -> None:
        """Says on standard error what went wrong."""
        self.note(f"chat-tui: {text}")

    def progress(self, progress: Progress) -> None:
        """Shows how far something has come: a bar on a terminal, elsewhere a line where its words change."""
        words = clean(progress.words, multiline=False)
        if not self._notes_on_terminal:
            if words != self._progress:
                self.note(words)
                self._progress = words
            return
        bar = ""
        if progress.total:
            part = min(1.0, progress.done / progress.total)
            bar = f" [{'#' * round(part * 24):24}] {part:4.0%}"
        self._progress = words
        with suppress(OSError, ValueError):
            self._stderr.write(f"\r\x1b[K{words}{bar}")
            self._stderr.flush()

    def end_progress(self) -> None:
        """Takes the bar away."""
        if self._progress and self._notes_on_terminal:
            self._progress = ""
            with suppress(OSError, ValueError):
                self._stderr.write("\r\x1b[K")
                self._stderr.flush()

    def flush(self) -> None:
        """Hands over what is buffered.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        self.end_progress()
        self._stdout.flush()

    def stream(self) -> Cleaner | Raw:
        """What an answer's pieces go through on their way out: cleaned for a terminal, else as they came."""
        return Cleaner() if self.is_terminal else Raw()


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


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (ValueError, AttributeError):  # closed
        return False
