"""Makes text that nobody has vetted safe to show: no control, bidi or invisible character survives."""

from __future__ import annotations

import re
import struct
import unicodedata

_DROPPED = (
    0x00AD,
    0x034F,
    0x061C,
    0x115F,
    0x17B4,
    0x17B5,
    0x180E,
    0x200B,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0x3164,
    0xFEFF,
    0xFFA0,
    *range(0xFFF0, 0xFFFC),
    *range(0x1BCA0, 0x1BCA4),
    0x1D159,
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE0080),
)
_TABLE: dict[int, str | None] = {
    **{c: chr(0x2400 + c) for c in range(0x20) if chr(c) not in "\n\t"},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    0x2800: " ",  # the blank of Braille looks like one
    **dict.fromkeys(_DROPPED, None),
}
_HIDDEN = frozenset(map(chr, _TABLE))
_HAN = re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ATTACHES = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u1dff\u200c\u200d\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302d"
    "\u3099\u309a\ua66f-\uabff\ufb1e\ufe00-\ufe2f\U00010000-\U0001f2ff\U000e0000-\U000e0fff]"
)
"""All that attaches to other characters, and scripts that have such."""
_JSON_ESCAPES = {
    each: "".join(f"\\u{unit:04x}" for unit in struct.unpack(f"<{len(pair) // 2}H", pair))
    for each in _TABLE
    if each >= 0x7F
    for pair in [chr(each).encode("utf-16-le")]
}
MAX_COMBINING = 8
"""Combining marks kept on one character; more only stack into the lines above."""


def join_surrogates(text: str) -> str:
    """Joins surrogate pairs that a server split over two deltas; a lone one becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class _Attached:
    """Drops what only attaches to other characters where it has nothing to do there: whole texts hide in it.

    Each character keeps `MAX_COMBINING` combining marks, one variation selector and one joiner, if it can have them:
    emoji, keycaps, Arabic and Indic scripts, variants of Han characters need no more.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._base = " "
        """The last character that stands by itself."""
        self._marks = 0
        self._has_selector = self._has_joiner = False

    def filter(self, text: str) -> str:
        """Takes the next piece of a text, and returns what stays of it."""
        if not _ATTACHES.search(text):
            self._stand(text[-1:])
            return text
        kept = [char for char in text if self._stays(char)]
        self.dropped += len(text) - len(kept)
        return "".join(kept)

    def _stand(self, char: str) -> None:
        if char:
            self._base, self._marks, self._has_selector, self._has_joiner = char, 0, False, False

    def _stays(self, char: str) -> bool:
        if char < "\u0300":
            self._stand(char)
            return True
        if "\ufe00" <= char <= "\ufe0f":
            stays = not self._has_selector and (self._base >= "\xa9" or self._base in "#*0123456789")
            self._has_selector = self._has_selector or stays
            return stays
        if "\U000e0080" <= char <= "\U000e0fff":
            stays = not self._has_selector and "\U000e0100" <= char <= "\U000e01ef" and bool(_HAN.match(self._base))
            self._has_selector = self._has_selector or stays
            return stays
        if char in "\u200c\u200d":
            stays = not self._has_joiner and self._base >= "\xa9"
            self._has_joiner = self._has_joiner or stays
            return stays
        if char == "\u1160":  # of old Korean, behind a consonant
            return "\u1100" <= self._base <= "\u115e"
        if unicodedata.category(char) in ("Mn", "Me"):
            self._marks += 1
            return self._marks <= MAX_COMBINING
        self._stand(char)
        return True


def clean(text: str, *, multiline: bool = True) -> str:
    r"""Returns `text` without anything that could steer a terminal or mislead its reader.

    Line ends become `\n`; other control characters become their visible pictures (U+2400 and following), C1 controls
    U+FFFD; bidi controls and invisible characters go. ZWJ, ZWNJ and variation selectors stay where emoji and scripts
    need them. One character is judged at a time, so that no stray escape can swallow the text behind it.

    Args:
        text: anything at all.
        multiline: whether line breaks are kept; otherwise they, and tabs, become single spaces.
    """
    text = _Attached().filter(_translated(text))
    if not multiline:
        text = text.replace("\n", " ").replace("\t", " ")
    return text


def _translated(text: str) -> str:
    text = join_surrogates(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_TABLE)


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
    attached = _Attached()
    attached.filter(_translated(text))
    return _count_known(text) + attached.dropped


def _count_known(text: str) -> int:
    return sum(char in _HIDDEN for char in text.replace("\r", ""))


class Cleaner:
    """Cleans a text that comes in pieces, so that the result is the same however it was cut.

    A piece's last character is held back where the next piece can change it: a high surrogate, a carriage return.
    """

    def __init__(self) -> None:
        self._held = ""
        self._attached = _Attached()
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
        if text.isascii() and "\r" not in text and text.replace("\n", "").isprintable():
            return self._attached.filter(text)
        before = self._attached.dropped
        kept = self._attached.filter(_translated(text))
        self.hidden += _count_known(text) + self._attached.dropped - before
        return kept
