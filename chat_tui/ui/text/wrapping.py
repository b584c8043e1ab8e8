"""Wraps a line to a width: at spaces, beside Chinese characters, or anywhere where there is neither."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, pairwise

from rich.cells import get_character_cell_size

InputPiece = tuple[int, int]
"""Where a row begins in its line, and where it ends."""
_WIDE_RANGES = (
    "\u1100-\u115f\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\u2e80-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe6f"
    "\uff00-\uffe6\ufe0f\U00010000-\U0010ffff"
)
_WIDE = re.compile(f"[{_WIDE_RANGES}]")
"""What takes two cells, and a little that takes one: a row may be short, never long."""
_JOINED = "\u0300-\u036f\u200d\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef"
"""What is drawn with the character before it."""
_NEVER_FIRST = (
    _JOINED + r"\u3001-\u3003\u3005\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u301b\u301e\u301f\u30fb\u30fc"
    r"！％），．：；？］｝～" + r"!%),.:;?\]}”’…·—"
)
"""What no row begins with beside wide characters: closing brackets, full stops."""
_NEVER_LAST = (
    r"\u200d\U0001f1e6-\U0001f1ff\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u3018\u301a\u301d（［｛＃＄＠￥"
    + r"(\[{“‘#$@"
)
"""What no row ends with there: opening brackets, half a flag."""
LONG = 1_000
"""Characters of a line that is cut anywhere, if it has wide ones and no space: to look for better places is slow."""
LEAST = 4
"""Cells of a row, at the least."""
MARK = 2
"""Cells of the mark before the further rows of a line whose rows hang."""


def wrap(line: str, width: int) -> list[InputPiece]:
    """Cuts a line into rows of at most `width` cells; spaces where it is cut belong to no row."""
    if len(line) <= width // 2:
        return [(0, len(line))]
    is_wide = not line.isascii() and _WIDE.search(line) is not None
    if not is_wide:
        if len(line) <= width:
            return [(0, len(line))]
        return [match.span(1) if match[1] else match.span() for match in _rows(width).finditer(line)]
    if len(line) > LONG and " " not in line:
        step = width // 2
        return [(begin, min(begin + step, len(line))) for begin in range(0, len(line), step)]
    # Each wide character is made two, so that characters can be counted in place of cells.
    doubled = _WIDE.sub("\0\\g<0>", line)
    matches = list(_wide_rows(width).finditer(doubled))
    ends = [match.end(1) if match[1] else match.end() for match in matches]
    begins = [match.start() for match in matches]
    added = list(accumulate(doubled.count("\0", *pair) for pair in pairwise([0, *begins])))
    return [
        (begin - before, end - before - doubled.count("\0", begin, end))
        for begin, end, before in zip(begins, ends, added, strict=True)
    ]


def indent_of(line: str, width: int) -> int:
    """The cells that the further rows of a line are set in: as its text is, but leaving most of the width."""
    return max(0, min(len(line) - len(line.lstrip(" ")), width // 2, width - MARK - LEAST))


def wrap_hanging(line: str, width: int, indent: int | None = None) -> list[InputPiece]:
    """The same for a line whose further rows hang: they begin at its indent, behind a mark of `MARK` cells.

    Args:
        line: the line.
        width: cells of a row, indent and mark among them.
        indent: of a piece of a line that has begun before: its indent.
    """
    if indent is None and len(line) <= width // 2:
        return [(0, len(line))]
    begin = 0
    pieces: list[InputPiece] = []
    if indent is None:
        indent = indent_of(line, width)
        # The indent is no place to cut: a row would be empty.
        first, *rest = wrap(line[indent:], width - indent)
        pieces = [(0, indent + first[1])]
        if not rest:
            return pieces
        begin = indent + rest[0][0]
    return [*pieces, *((begin + a, begin + b) for a, b in wrap(line[begin:], max(LEAST, width - indent - MARK)))]


def window(line: str, first: int, width: int) -> tuple[int, int, int]:
    """What shows of a line in `width` cells from its cell `first` on.

    Returns:
        Where that begins and ends, and the cells to leave empty before it: a wide character is not cut in two.
    """
    if line.isascii():
        return min(first, len(line)), min(first + width, len(line)), 0
    begin = end = len(line)
    blank = cells = 0
    for at, char in enumerate(line):
        if cells >= first and begin == len(line):
            begin, blank = at, cells - first
        cells += get_character_cell_size(char)
        if cells > first + width:
            end = at
            break
    return begin, max(begin, end), blank


@lru_cache(64)
def _rows(width: int) -> re.Pattern[str]:
    return re.compile(rf"(.{{1,{width}}})(?: +|$)|.{{1,{width}}}", re.DOTALL)


@lru_cache(64)
def _wide_rows(width: int) -> re.Pattern[str]:
    r"""The same for a line with a `\0` before each wide character; a row may end before and behind these, too."""
    before = rf"(?=\0[^{_NEVER_FIRST}])(?<![{_NEVER_LAST}])"
    behind = rf"(?<=\0[^{_NEVER_LAST}])(?=[^\0{_NEVER_FIRST}])"
    return re.compile(rf"(.{{1,{width}}})(?: +|$|{before}|{behind})|.{{1,{width}}}(?<!\0)", re.DOTALL)
