"""Draws labels over the rows, by which what is in view can be selected."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.ui.view.jump_targets import MARGIN, JumpTarget
from chat_tui.ui.view.viewport import RowPosition

_HOME = "asdfghjkl"
_ALL = "asdfghjklqwertyuiopzxcvbnm"


def labels_for(count: int) -> list[str]:
    """Labels for targets from top to bottom, none of which begins another; the last ones have one letter.

    Letters of the home row as long as those are enough; an empty text for each target beyond two letters.
    """
    letters = _HOME if count <= len(_HOME) ** 2 else _ALL
    size = len(letters)
    named = min(count, size * size)
    single = (size * size - named) // (size - 1) if named > size else named
    names = [*letters[:single], *(one + other for one in letters[single:] for other in letters)][:named]
    return [""] * (count - named) + names[::-1]


class JumpLabels:
    """The labels to draw, by the row that each is in."""

    def __init__(self, targets: Mapping[str, JumpTarget], typed: str = "") -> None:
        """Sorts the labels by rows.

        Args:
            targets: by label.
            typed: the letter that was typed already; labels that don't begin with it are not drawn.
        """
        self._typed = typed
        self._rows: dict[RowPosition, list[tuple[int, str]]] = {}
        for label, target in targets.items():
            if label.startswith(typed):
                self._rows.setdefault((target.turn, target.row), []).append((target.cell, label))

    def draw(self, strip: Strip, position: RowPosition, margin: int, styles: tuple[Style, Style]) -> Strip:
        """A row of the view with its labels over it; nothing moves.

        Args:
            strip: the row.
            position: the turn, and its row there.
            margin: cells before the text.
            styles: of what is to be typed, and of what was typed.
        """
        style, done = styles
        behind = 0
        for cell, label in sorted(self._rows.get(position, ())):
            start = max(behind, margin - 2 if cell == MARGIN else margin + cell)
            if (end := start + len(label)) > strip.cell_length:
                break
            typed = len(self._typed)
            drawn = [Segment(label[:typed], done), Segment(label[typed:], style)] if typed else [Segment(label, style)]
            strip = _over(strip, start, end, drawn)
            behind = end
        return strip


def _over(strip: Strip, start: int, end: int, drawn: list[Segment]) -> Strip:
    """A row with some of its cells replaced; a wide character that is cut leaves blanks."""
    text = strip.text
    edges = range(len(text) + 1) if text.isascii() else [cell_len(text[:index]) for index in range(len(text) + 1)]
    # No character is cut from what is drawn with it: of places with the same edge, the last.
    first = bisect_right(edges, start) - 1
    last = bisect_right(edges, edges[min(bisect_left(edges, end), len(edges) - 1)]) - 1
    ground = next((each.style for each in _cut(strip, first, last)), None)
    before = [Segment(" " * (start - edges[first]), ground)] if start > edges[first] else []
    after = [Segment(" " * (edges[last] - end), ground)] if edges[last] > end else []
    segments = [*_cut(strip, 0, first), *before, *drawn, *after, *_cut(strip, last, len(text))]
    return Strip(segments, strip.cell_length)


def _cut(strip: Strip, begin: int, end: int) -> Iterator[Segment]:
    """Some characters of a row."""
    at = 0
    for segment in strip:
        if piece := segment.text[max(0, begin - at) : max(0, end - at)]:
            yield Segment(piece, segment.style)
        at += len(segment.text)
