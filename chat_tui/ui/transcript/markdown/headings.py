"""Finds the headings of Markdown, also of a text that grows."""

from __future__ import annotations

import re

from chat_tui.ui.transcript.markdown.formulas import display_end

_MARKS = re.compile(
    r"^ {0,3}(?:(?P<mark>`{3,}|~{3,})|#{1,6}(?:[ \t]|$)|(?P<line>=+|-+)[ \t]*$|(?P<display>\$\$|\\\[))",
    re.MULTILINE,
)
_CODE = re.compile(r"(?: {4}| {0,3}\t)[^\n]*\n")
_CONTAINER = re.compile(r" {0,3}(?:>|[-+*](?:\s|$)|\d{1,9}[.)](?:\s|$))")
"""What a line of a quote or of a list begins with."""
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
_UNDERLINE = re.compile(r"\n {0,3}(?P<line>=+|-+)[ \t]*(?:\n|$)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"\*\*|__|~~|`")
_CLOSING = re.compile(r"(?:^|[ \t])#+[ \t]*$")
LONGEST = 300
"""Characters of a heading that are read."""


class HeadingScanner:
    """Finds where headings begin, those in blocks of code and formulas left out. Reads a text that grows only once."""

    def __init__(self) -> None:
        self.found = list[int]()
        """The places of the headings so far."""
        self.scanned = 0
        """Characters that have been read."""
        self._above = 0
        """Where the last heading or block of code ends."""
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
        position = self.scanned
        while (match := _MARKS.search(source, position, end)) is not None:
            mark, position = match["mark"], match.end()
            if match["display"]:
                behind = 0 if self._inside else display_end(source, match.start("display"), end, is_whole=is_whole)
                if behind is None:  # its end decides whether there are headings in it
                    end = match.start()
                    break
                if behind > 0:
                    self._above = behind
                position = abs(behind) or position
                continue
            if mark is None:
                begin = _underlined(source, match.start(), self._above) if match["line"] else match.start()
                if self._inside or begin is None:
                    continue
                self.found.append(begin)
            elif not self._inside:
                self._inside = mark
            elif mark.startswith(self._inside):
                self._inside = ""
            self._above = source.find("\n", match.end()) + 1 or len(source)
        self.scanned = end


def _underlined(source: str, at: int, above: int) -> int | None:
    """Where the text begins that the line at a place underlines; None where the line is a rule, or text.

    Args:
        source: the text.
        at: where the line begins.
        above: what is before this belongs to something else.
    """
    begin = at
    while begin > above and at - begin < LONGEST:
        start = source.rfind("\n", 0, begin - 1) + 1
        line = source[start : begin - 1]
        mark = _MARKS.match(line)
        mark = None if mark and mark["display"] else mark
        if not line.strip() or _RULE.match(line) or (mark and not (mark["line"] or "").startswith("=")):
            break
        if _CONTAINER.match(line):
            return None
        begin = start
    if _CODE.match(source, begin, at) and _is_in_list(source, begin, above):
        return None
    while code := _CODE.match(source, begin, at):
        begin = code.end()
    return begin if begin < at else None


def _is_in_list(source: str, at: int, above: int) -> bool:
    """Whether an indented line belongs to an item of a list above it."""
    end = at
    while end > above and at - end < LONGEST:
        start = source.rfind("\n", 0, end - 1) + 1
        line, end = source[start : end - 1], start
        if _CONTAINER.match(line) and not _RULE.match(line):
            return line.lstrip()[0] != ">"
        if line.strip() and line[0] not in " \t":
            return False
    return False


def headings(source: str) -> list[int]:
    """Where the headings of a source begin, those in blocks of code left out."""
    scanner = HeadingScanner()
    scanner.scan(source, is_whole=True)
    return scanner.found


def read_heading(source: str, begin: int) -> tuple[int, str]:
    """The level of the heading at a place, from 1 to 6, and its text without marks."""
    part = source[begin : begin + LONGEST]
    line = part.partition("\n")[0].strip()
    level = len(line) - len(line.lstrip("#"))
    if not level and (underline := _UNDERLINE.search(part)):
        line, level = " ".join(part[: underline.start()].split()), 1 if underline["line"][0] == "=" else 2
    words = _LINK.sub(r"\1", _CLOSING.sub("", line.lstrip("#") if level and line[0] == "#" else line))
    return level or 1, _EMPHASIS.sub("", words).strip()
