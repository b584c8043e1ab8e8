"""Parses characters from the terminal into keys, pastes and replies; a paste is one event, however it arrives."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.message import Message

from chat_tui.ui.compat.key_parser import KeyParser
from chat_tui.ui.terminal.replies import TerminalBackground, TerminalReplies

if TYPE_CHECKING:
    from chat_tui.ui.terminal.graphics import GraphicsReplies

PASTE_START = "\x1b[200~"
PASTE_END = "\x1b[201~"
ASK_BRACKETED_PASTE = "\x1b[?2004$p"
"""Asks whether the terminal knows bracketed paste (DECRQM of mode 2004)."""
_BRACKETED_PASTE_KNOWN = re.compile(r"\x1b\[\?2004;[123]\$y")

BURST_PAUSE = 0.05
"""Seconds without a character after which a burst of lines has ended."""
BURST_LENGTH = 64
"""Characters; so long a text with a line end inside is never typed within one read."""
BURST_LINE = 8
"""Characters that the lines of a shorter burst have on average, from three lines on."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class InputPiece(NamedTuple):
    """A part of the input: keys, or a paste."""

    text: str
    is_paste: bool = False


class PasteSplitter:
    """Splits bracketed pastes from keys, in whatever pieces they arrive.

    Textual's parser ends a paste at an escape character inside it and takes the rest for keys. Here only the closing
    sequence ends it.
    """

    def __init__(self) -> None:
        self._tail = ""
        """The last characters outside a paste: the opening sequence may be cut."""
        self._paste: list[str] | None = None
        self._held = ""
        """The end of the paste so far, where it may be the beginning of the closing sequence."""

    def split(self, data: str) -> Iterator[InputPiece]:
        """Yields the keys and the finished pastes in the next characters, in order."""
        while data:
            if self._paste is None:
                seen = self._tail + data
                start = seen.find(PASTE_START)
                if start < 0:
                    self._tail = seen[-(len(PASTE_START) - 1) :]
                    yield InputPiece(data)
                    return
                end = start + len(PASTE_START) - len(self._tail)
                # The parser may have had the first part of the sequence already: it gets an empty paste to close it.
                yield InputPiece(data[:end] + PASTE_END)
                data, self._tail, self._paste = data[end:], "", []
            else:
                data, self._held = self._held + data, ""
                text, closing, data = data.partition(PASTE_END)
                if not closing:
                    held = _beginning_of(PASTE_END, text)
                    self._paste.append(text[: len(text) - held])
                    self._held = text[len(text) - held :]
                    return
                paste, self._paste = "".join([*self._paste, text]), None
                yield InputPiece(paste, is_paste=True)


def _beginning_of(sequence: str, text: str) -> int:
    """How many characters at the end of a text may begin a sequence."""
    return next((size for size in range(len(sequence) - 1, 0, -1) if text.endswith(sequence[:size])), 0)


class LineBurst:
    """Detects pastes of several lines in terminals without bracketed paste (GNU screen, serial consoles).

    Such a terminal sends a paste as keys: each line end would send a message. A read that holds nothing but text, with
    a line end in the middle, is a paste if it is long, indented, or has several lines of some length. Short lines that
    arrive together (`yes`, enter, `go on`, enter) are taken for keys typed ahead.
    """

    def __init__(self, is_bracketed: bool = False) -> None:
        self.is_bracketed = is_bracketed
        """Whether the terminal is known to bracket its pastes: then every key is a key."""
        self._lines: list[str] = []
        self._last = 0.0

    def take(self, text: str, now: float) -> bool:
        """Keeps a read of input if it belongs to a burst of lines; whether it does."""
        if self.is_bracketed or _NOT_TEXT.search(text) or not (self._lines or _is_pasted(text)):
            return False
        self._lines.append(text)
        self._last = now
        return True

    def ended(self, now: float) -> str:
        """Returns the burst once nothing more of it arrives, with newlines for its line ends; else nothing."""
        if not self._lines or now - self._last < BURST_PAUSE:
            return ""
        return self.flush()

    def flush(self) -> str:
        """Returns what there is of the burst."""
        text = "".join(self._lines)
        self._lines.clear()
        return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_pasted(text: str) -> bool:
    lines = text.rstrip("\r").split("\r")
    if len(lines) < 2:
        return False
    size = sum(map(len, lines))
    is_indented = any(line.startswith((" ", "\t")) for line in lines[1:])
    return size >= BURST_LENGTH or is_indented or (len(lines) > 2 and size >= BURST_LINE * len(lines))


class TerminalInput:
    """Parses what is read from the terminal into messages for the app, in order."""

    def __init__(
        self,
        *,
        is_bracketed: bool = False,
        graphics: Callable[[], GraphicsReplies | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Creates a parser.

        Args:
            is_bracketed: whether the terminal is known to bracket its pastes.
            graphics: takes out what the terminal says of its graphics; None where it was not asked.
            clock: the time in seconds.
        """
        self._clock = clock
        self._parser = KeyParser()
        self._answers = TerminalReplies()
        self._graphics = graphics
        self._pastes = PasteSplitter()
        self._burst = LineBurst(is_bracketed)

    def feed(self, data: str) -> Iterator[Message]:
        """Yields what the next characters are; a sequence that is cut is kept for the next read."""
        if _BRACKETED_PASTE_KNOWN.search(data):
            self._burst.is_bracketed = True
        if self._burst.take(data, self._clock()):
            return
        if lines := self._burst.flush():
            yield events.Paste(lines)
        for piece in self._pastes.split(data):
            if piece.is_paste:
                self._burst.is_bracketed = True
                yield events.Paste(piece.text)
            else:
                yield from self._keys(piece.text)

    def tick(self) -> Iterator[Message]:
        """Yields what only time decides: a lone escape, the end of a burst of lines."""
        if lines := self._burst.ended(self._clock()):
            yield events.Paste(lines)
        replies = self._graphics()
        if late := (replies.overdue() if replies else "") + self._answers.overdue():
            yield from self._parsed(late)
        yield from self._parser.tick()

    def _keys(self, text: str) -> Iterator[Message]:
        if (replies := self._graphics()) is not None:
            text, found = replies.sift(text)
            yield from found
        text, grounds = self._answers.sift(text)
        for is_dark in grounds:
            yield TerminalBackground(is_dark)
        yield from self._parsed(text)

    def _parsed(self, text: str) -> Iterator[Message]:
        for event in self._parser.feed(text) if text else ():
            if not isinstance(event, events.Paste):  # the empty one that closes the parser's own
                yield event
