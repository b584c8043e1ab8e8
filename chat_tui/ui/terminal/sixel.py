"""Sends pictures as sixels, row by row, in place of characters that stand for them.

A row of a picture is drawn as cells of one private character. Where a whole row of them is written, the driver writes
blanks and the sixels over them; where a dialog covers some, only blanks. So rows scroll and are covered like any text,
and what is written over them later leaves nothing of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FIRST, _LAST = 0x100000, 0x10EE00
"""The characters that stand for rows."""
KEPT = 2_000
"""Rows: those of all pictures that are kept drawn."""
_RUN = re.compile(f"([{chr(_FIRST)}-{chr(_LAST)}])\\1*")
_SIXELS = re.compile(r"\x1bP0;1;0q[0-9;#\"!$?-~-]*\x1b\\")


class SixelRows:
    """The rows of pictures that can be sent, and the characters that stand for them."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[int, str]] = {}
        """By character: the cells that a row takes, and its sixels."""
        self._next = _FIRST

    def add(self, columns: int, sixels: bytes) -> list[str]:
        """Takes the rows of a picture; returns the text that stands for each.

        Args:
            columns: cells of each.
            sixels: a sequence for each row. Whatever else is in it is left out.
        """
        return [self._add(columns, row) for row in _SIXELS.findall(sixels.decode("ascii", "replace"))]

    def _add(self, columns: int, row: str) -> str:
        character = chr(self._next)
        self._next = _FIRST if self._next == _LAST else self._next + 1
        self._rows[character] = columns, row
        if len(self._rows) > KEPT:
            del self._rows[next(iter(self._rows))]
        return character * columns

    def clear(self) -> None:
        """Forgets all rows."""
        self._rows.clear()

    def insert(self, data: str) -> str:
        """What is written to the terminal, with sixels for the rows in it."""
        if not self._rows or data.isascii():
            return data
        return _RUN.sub(lambda run: "".join(self._written(run[1], len(run[0]))), data)

    def _written(self, character: str, cells: int) -> Iterator[str]:
        columns, row = self._rows.get(character, (0, ""))
        yield " " * cells if columns else character * cells
        if columns == cells:  # the cursor is put back: terminals differ in where they leave it
            yield f"\x1b7\x1b[{cells}D{row}\x1b8"
