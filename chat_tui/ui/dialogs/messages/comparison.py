"""Compares two texts block by block, and where most is common word by word; draws them beside or below each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.search import with_marks

MOST_WORDS = 6_000
"""Words of a text that are compared one by one; of longer ones, lines are."""
MOST_TEXT = 40_000
"""Characters of a version that are compared."""
MOST_BLOCKS = 300
MOST_WORK = 200_000
"""Pairs of words of two blocks that are looked at, at the most; so many times four of two versions."""
COMMON = 0.5
"""The share of words in common from which on the others are marked."""
GUTTER = 2
BETWEEN = " │ "
Piece = tuple[str, str]
"""`=`, `-` (only in the first) or `+` (only in the second), and the text."""
Ranges = list[tuple[int, int]]
"""Parts of a text, in order."""
_WORD = re.compile(r"\s+|[^\W_]+|[^\s]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


class Pair(NamedTuple):
    """Blocks that correspond; one is empty where the other text has none."""

    one: str
    other: str
    only_one: Ranges
    """The words that only the first has; empty where too little is common, or nothing differs."""
    only_other: Ranges

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return self.one == self.other


class Drawn(NamedTuple):
    """Two texts as rows."""

    rows: list[Strip]
    changes: list[int]
    """The rows at which the changes begin."""


def differences(one: str, other: str) -> Iterator[Piece]:
    """The differences of two texts, in order: all pieces but `+` make the first, all but `-` the second."""
    tokens = _WORD.findall(one), _WORD.findall(other)
    if max(map(len, tokens)) > MOST_WORDS:
        tokens = one.splitlines(keepends=True), other.splitlines(keepends=True)
    if max(map(len, tokens)) > MOST_WORDS:
        yield from (("-", one), ("+", other)) if one != other else (("=", one),)
        return
    for kind, a, b, c, d in SequenceMatcher(None, *tokens, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "=", "".join(tokens[0][a:b])
            continue
        if b > a:
            yield "-", "".join(tokens[0][a:b])
        if d > c:
            yield "+", "".join(tokens[1][c:d])


def blocks(text: str) -> list[str]:
    """Splits Markdown at blank lines outside code; what is indented stays with what is above it."""
    found: list[list[str]] = []
    fence, is_new, has_gap = "", True, False
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if not fence and not line.strip():
            is_new = has_gap = True
            continue
        is_inner = is_new and line[0] in " \t" and bool(found)
        if found and (not is_new or is_inner or len(found) >= MOST_BLOCKS):
            found[-1] += ["", line] if has_gap else [line]
        else:
            found.append([line])
        is_new = has_gap = False
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
            is_new = not fence
    return ["\n".join(lines) for lines in found]


def pairs(one: str, other: str) -> list[Pair]:
    """The blocks of two texts, side by side; takes tenths of a second at the most."""
    left, right = blocks(one[:MOST_TEXT]), blocks(other[:MOST_TEXT])
    found: list[Pair] = []
    work = 4 * MOST_WORK
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [Pair(each, each, [], []) for each in left[a:b]]
            continue
        for first, second in zip_longest(left[a:b], right[c:d], fillvalue=""):
            words = _WORD.findall(first), _WORD.findall(second)
            size = len(words[0]) * len(words[1])
            if size <= min(work, MOST_WORK) and _common(*words) >= COMMON:
                work -= size
                found.append(Pair(first, second, *_only(first, second)))
            else:
                found.append(Pair(first, second, [], []))
    return found


def _common(one: Sequence[str], other: Sequence[str]) -> float:
    counts = [Counter(each for each in words if not each.isspace()) for words in (one, other)]
    total = counts[0].total() + counts[1].total()
    return 2 * (counts[0] & counts[1]).total() / total if total else 0.0


def _only(one: str, other: str) -> tuple[Ranges, Ranges]:
    ranges: dict[str, Ranges] = {"-": [], "+": []}
    ends = {"-": 0, "+": 0}
    for kind, text in differences(one, other):
        for side in ("-", "+") if kind == "=" else (kind,):
            if kind != "=":
                ranges[side].append((ends[side], ends[side] + len(text)))
            ends[side] += len(text)
    return ranges["-"], ranges["+"]


class ComparisonPainter:
    """Draws pairs of blocks in the colours of a theme."""

    def __init__(self, painter: Painter, width: int, *, beside: bool) -> None:
        """Draws nothing yet.

        Args:
            painter: draws Markdown.
            width: cells of the rows.
            beside: whether both texts are drawn beside each other, else the first above the second.
        """
        palette = painter.palette
        self._painter = painter
        self._width = width
        self._beside = beside
        self._column = (width - len(BETWEEN)) // 2 if beside else width
        self._styles = {
            "-": Style(color=palette.error, strike=True),
            "+": Style(color=palette.accent, bold=True),
        }
        self._marks = {"-": painter.style(palette.error), "+": painter.style(palette.accent), " ": painter.base}
        self._rule = painter.style(palette.faint)

    def draw(self, found: Sequence[Pair]) -> Drawn:
        """Draws pairs of blocks."""
        rows: list[Strip] = []
        changes: list[int] = []
        was_equal = True
        for pair in found:
            if rows:
                rows += self._side_by_side([], []) if self._beside else [Strip.blank(self._width, self._painter.base)]
            if was_equal and not pair.is_equal:
                changes.append(len(rows))
            was_equal = pair.is_equal
            rows += self._pair(pair)
        return Drawn(rows, changes)

    def _pair(self, pair: Pair) -> list[Strip]:
        mark = (" ", " ") if pair.is_equal else ("-", "+")
        left = self._block(pair.one, pair.only_one, mark[0])
        if not self._beside:
            return left if pair.is_equal else left + self._block(pair.other, pair.only_other, mark[1])
        return self._side_by_side(left, left if pair.is_equal else self._block(pair.other, pair.only_other, mark[1]))

    def _side_by_side(self, left: list[Strip], right: list[Strip]) -> list[Strip]:
        blank = Strip.blank(self._column, self._painter.base)
        rule = Strip([Segment(BETWEEN, self._rule)])
        high = max(1, len(left), len(right))
        left, right = ([*each, *[blank] * (high - len(each))] for each in (left, right))
        return [Strip.join([one, rule, other]) for one, other in zip(left, right, strict=True)]

    def _block(self, text: str, only: Ranges, mark: str) -> list[Strip]:
        if not text:
            return []
        rows = self._painter.markdown(text, self._column - GUTTER)
        gutter = Strip([Segment(f"{mark} ", self._marks[mark])])
        style = self._styles.get(mark, self._painter.base)
        strips = (Strip.join([gutter, with_marks(rows, index, only, style)]) for index in range(len(rows)))
        return [each.adjust_cell_length(self._column, self._painter.base) for each in strips]
