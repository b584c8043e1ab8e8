"""The pieces of formulas, and the spaces between them."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from chat_tui.ui.transcript.math.boxes import Box, beside, text_box


class UnknownFormula(Exception):
    """The formula cannot be drawn."""


class Atom(NamedTuple):
    """A piece of a formula, with its scripts."""

    kind: str
    """`ord`, `frac`, `op`, `bin`, `rel`, `open`, `close`, `punct` or `space`."""
    box: Box
    has_limits: bool = False
    is_integral: bool = False


_FACTOR = re.compile(r"√?(?:[0-9.]+|[^\W\d_])[\u2032\u2070-\u209f\u00b2\u00b3\u00b9\u1d2c-\u1d6a]*|\S")
_PLAIN = re.compile(r"[0-9.]+|[^\W\d_][\u2080-\u209f\u1d62-\u1d6a\u2c7c]*")


def as_factor(row: str, *, is_strict: bool = False) -> str:
    """A text that reads as one factor: in parentheses where it must be, with `is_strict` a product too."""
    row = row.strip()
    is_one = _FACTOR.fullmatch(row) or (not is_strict and row.replace("′", "").isalnum())
    return row if is_one else f"({row})"


def under_root(row: str) -> str:
    """A text behind the sign of a root: in parentheses where it is more than a number or a name."""
    return row if _PLAIN.fullmatch(row.strip()) else f"({row})"


def in_script(row: str, marks: dict[str, str]) -> str | None:
    """A text in the raised or lowered characters of Unicode; None where there are none for it."""
    row = row.strip()
    return "".join(marks[char] for char in row) if all(char in marks for char in row) else None


def accented(box: Box, mark: str) -> Box:
    """A box of one row with a combining character on each of its own."""
    if box.height > 1:
        raise UnknownFormula
    row = box.rows[0]
    return box._replace(rows=(unicodedata.normalize("NFC", "".join(char + mark for char in row)),))


def spaced(atoms: list[Atom], *, is_script: bool) -> Box:
    """Sets spaces between atoms, as their kinds demand."""
    space = text_box(" ")
    boxes: list[Box] = []
    before = ""
    for index, atom in enumerate(atoms):
        kind = atom.kind
        is_last = index == len(atoms) - 1
        if kind == "bin" and (is_last or before in ("", "bin", "rel", "open", "punct", "op")):
            kind = "sign" if atom.box.rows[0] != "mod" else kind
            boxes.append(atom.box)
        elif kind in ("rel", "bin") and not is_script:
            boxes += [*([space] if before and before != "space" else []), atom.box, *([] if is_last else [space])]
        elif kind == "punct" and not is_script:
            boxes += [atom.box, *([] if is_last else [space])]
        else:
            is_beside_operator = before == "op" and kind in ("ord", "frac", "op")
            is_beside_fraction = before == "frac" and kind in ("ord", "frac", "open", "op")
            is_before_tall = kind in ("op", "frac") and (
                before in ("ord", "close") or (before == "sign" and atom.box.height > 1)
            )
            is_behind_tall = before == "op" and kind == "open" and atoms[index - 1].box.height > 1
            if is_beside_operator or is_beside_fraction or is_before_tall or is_behind_tall:
                boxes.append(space)
            boxes.append(atom.box)
        before = kind
    return beside(boxes)
