"""Makes text that nobody has vetted safe to show: no control, bidi or invisible character survives (SAFETY.md R1)."""

from __future__ import annotations

import struct
import unicodedata

_DROPPED = (
    0x061C,
    0x200B,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2065),
    *range(0x2066, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
)
_TABLE: dict[int, str | None] = {
    **{c: chr(0x2400 + c) for c in range(0x20) if chr(c) not in "\n\t"},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    **dict.fromkeys(_DROPPED, None),
}
_HIDDEN = frozenset(map(chr, _TABLE))
_JSON_ESCAPES = {
    each: "".join(f"\\u{unit:04x}" for unit in struct.unpack(f"<{len(pair) // 2}H", pair))
    for each in _TABLE
    if each >= 0x7F
    for pair in [chr(each).encode("utf-16-le")]
}
MAX_COMBINING = 8
"""Combining marks kept on one character; more only stack into the lines above (SAFETY.md R5)."""


def join_surrogates(text: str) -> str:
    """Joins surrogate pairs that a server split over two deltas; a lone one becomes U+FFFD (SAFETY.md 1.1)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _limit_combining(text: str) -> str:
    if text.isascii():
        return text
    out: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= MAX_COMBINING:
            out.append(char)
    return "".join(out)


def clean(text: str, *, multiline: bool = True) -> str:
    r"""Returns `text` without anything that could steer a terminal or mislead its reader.

    Line ends become `\n`; other control characters become their visible pictures (U+2400 and following), C1 controls
    U+FFFD; bidi controls and invisible characters go. ZWJ, ZWNJ and variation selectors stay: emoji and Persian need
    them. One character is judged at a time, so that no stray escape can swallow the text behind it.

    Args:
        text: anything at all.
        multiline: whether line breaks are kept; otherwise they, and tabs, become single spaces.
    """
    text = join_surrogates(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _limit_combining(text.translate(_TABLE))
    if not multiline:
        text = text.replace("\n", " ").replace("\t", " ")
    return text


def escape_json(text: str) -> str:
    """A JSON text in which every character that `clean` would change is written as an escape: it means the same.

    Control characters are escaped by any JSON writer already; line feeds between values stay. Combining marks stay too:
    they are data here, and only ugly.
    """
    return join_surrogates(text).translate(_JSON_ESCAPES)


def count_hidden(text: str) -> int:
    r"""Counts the characters of `text` that `clean` takes out or makes visible (a `\r` of a line end is none)."""
    if text.isascii() and text.isprintable():
        return 0
    return sum(char in _HIDDEN for char in text.replace("\r", ""))


class Cleaner:
    """Cleans a text that comes in pieces, so that the result is the same however it was cut.

    A piece's last character is held back where the next piece can change it: a high surrogate, a carriage return.
    """

    def __init__(self) -> None:
        self._held = ""
        self._marks = 0
        self.hidden = 0
        """Hidden characters taken out or made visible so far."""

    def feed(self, text: str) -> str:
        """Takes the next piece and returns the clean text that is certain by now."""
        text = self._held + text
        self._held = ""
        if text and (text[-1] == "\r" or "\ud800" <= text[-1] <= "\udbff"):
            text, self._held = text[:-1], text[-1]
        return self._finish(text)

    def flush(self) -> str:
        """Returns what was held back, at the end of the text."""
        text, self._held = self._held, ""
        return self._finish(text)

    def _finish(self, text: str) -> str:
        if not text:
            return text
        if text.isascii() and "\x1b" not in text and "\r" not in text and text.replace("\n", "").isprintable():
            self._marks = 0
            return text
        self.hidden += count_hidden(text)
        return self._across_pieces(clean(text))

    def _across_pieces(self, text: str) -> str:
        """Goes on counting combining marks where the piece before ended."""
        lead = 0
        while lead < len(text) and unicodedata.combining(text[lead]):
            lead += 1
        kept = max(0, min(lead, MAX_COMBINING - self._marks))
        trailing = 0
        while trailing < len(text) - lead and unicodedata.combining(text[len(text) - 1 - trailing]):
            trailing += 1
        self._marks = trailing if lead < len(text) else self._marks + lead
        return text[:kept] + text[lead:]
