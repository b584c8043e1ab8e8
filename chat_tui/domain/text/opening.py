"""Finds the lines before a part of Markdown that it can't be read without: a fence, the head of a table."""

from __future__ import annotations

import re
from itertools import takewhile

_FENCE = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)$", re.MULTILINE)
_DELIMITERS = re.compile(r"[ \t|:]*-[-\t |:]*")
MOST_TABLE = 20_000
"""Characters above a row of a table in which its head is looked for."""


def opening(text: str, at: int) -> str:
    """The line of the open fence, or the head of the table, that a place in a text lies below; empty for neither.

    Args:
        text: Markdown.
        at: the place; of a table's row, its beginning.
    """
    return _fence(text, at) or _table_head(text, at)


def _fence(text: str, at: int) -> str:
    mark = line = ""
    if "```" in text or "~~~" in text:
        for match in _FENCE.finditer(text, 0, max(0, at - 1)):
            if not mark:
                mark, line = match["mark"], match["mark"] + match["info"]
            elif match["mark"].startswith(mark) and not match["info"].strip():
                mark = line = ""
    return line


def _table_head(text: str, at: int) -> str:
    row = text[at : at + MOST_TABLE].partition("\n")[0]
    if "|" not in row or (at and text[at - 1] != "\n"):
        return ""
    above = reversed(text[max(0, at - MOST_TABLE) : at].split("\n")[:-1])
    lines = list(takewhile(lambda line: "|" in line, above))[::-1]
    if len(lines) > 1:
        return "\n".join(lines[:2]) if _DELIMITERS.fullmatch(lines[1]) else ""
    return lines[0] if lines and _DELIMITERS.fullmatch(row) else ""
