"""Finds the headings of Markdown, also of a text that grows."""

from __future__ import annotations

import re

_MARKS = re.compile(r"^ {0,3}(?:(?P<mark>`{3,}|~{3,})|#{1,6}(?:[ \t]|$))", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"\*\*|__|~~|`")
_CLOSING = re.compile(r"(?:^|[ \t])#+[ \t]*$")
LONGEST = 300
"""Characters of a heading that are read."""


class HeadingScanner:
    """Finds where headings begin, those in blocks of code left out. Reads a text that grows only once."""

    def __init__(self) -> None:
        self.found = list[int]()
        """The places of the headings so far."""
        self.scanned = 0
        """Characters that have been read."""
        self._inside = ""
        """The mark of the block of code that is open."""

    def scan(self, source: str, *, is_whole: bool) -> None:
        """Reads what has been added to a text.

        Args:
            source: it begins with what it was before.
            is_whole: whether nothing more comes; else its last line is left for later.
        """
        end = len(source) if is_whole else source.rfind("\n", self.scanned) + 1
        if end <= self.scanned:
            return
        for match in _MARKS.finditer(source, self.scanned, end):
            mark = match["mark"]
            if mark is None:
                self.found += [] if self._inside else [match.start()]
            elif not self._inside:
                self._inside = mark
            elif mark.startswith(self._inside):
                self._inside = ""
        self.scanned = end


def headings(source: str) -> list[int]:
    """Where the headings of a source begin, those in blocks of code left out."""
    scanner = HeadingScanner()
    scanner.scan(source, is_whole=True)
    return scanner.found


def read_heading(source: str, begin: int) -> tuple[int, str]:
    """The level of the heading at a place, from 1 to 6, and its text without marks."""
    line = source[begin : begin + LONGEST].partition("\n")[0].strip()
    text = line.lstrip("#")
    words = _LINK.sub(r"\1", _CLOSING.sub("", text))
    return len(line) - len(text), _EMPHASIS.sub("", words).strip()
