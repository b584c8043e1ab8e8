"""Searches the messages of the shown branch, and marks the matches in drawn rows."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.text.clean import clean
from chat_tui.ui.transcript.body import reasoning_begins
from chat_tui.ui.transcript.rows import SourceRows, StackedRows

MOST_MATCHES = 10_000
MOST_LINES = 100
"""Lines of a table's row that are looked at."""


@dataclass(frozen=True, slots=True)
class FindMatch:
    """A match: the index of the message in the branch, and the place in its text."""

    index: int
    offset: int
    """Into the content, or behind it into the reasoning: see `body.reasoning_begins`."""


def matches(messages: Iterable[tuple[Message, bool]], query: str) -> list[FindMatch]:
    """The matches in the branch, ignoring case, at most `MOST_MATCHES`.

    Args:
        messages: the branch, and of each whether its reasoning is shown.
        query: what is looked for; nothing is found by an empty one.
    """
    result: list[FindMatch] = []
    for index, (message, with_reasoning) in enumerate(messages):
        if with_reasoning:
            begin = reasoning_begins(message)
            result += (FindMatch(index, begin + at) for at in places(message.reasoning.strip(), query))
        result += (FindMatch(index, at) for at in places(message.content, query))
        if len(result) >= MOST_MATCHES:
            break
    return result[:MOST_MATCHES]


def places(text: str, query: str) -> Iterator[int]:
    """The places of a query in a text, ignoring case, without overlaps."""
    if not query:
        return
    low, needle = text.lower(), query.lower()
    if len(low) != len(text) or len(needle) != len(query):  # a letter that is longer in the other case
        yield from (match.start() for match in re.finditer(re.escape(query), text, re.IGNORECASE))
        return
    at = low.find(needle)
    while at >= 0:
        yield at
        at = low.find(needle, at + len(needle))


def row_of(match: FindMatch, text: str, query: str, rows: StackedRows) -> int:
    """The row that shows a match; in a table, the line of the cell with the text."""
    offset = match.offset if text.isascii() and "\r" not in text else _cleaned(text, match.offset)
    first = rows.row_at(offset)
    span = rows.span(first)
    same = [row for row in range(first, min(first + MOST_LINES, len(rows))) if rows.span(row) == span]
    return next((row for row in same if any(places(rows[row].text, query))), first)


def _cleaned(text: str, offset: int) -> int:
    """The place of a character in the cleaned text."""
    if offset <= len(text):
        return len(clean(text[:offset]))
    return offset


def with_marks(rows: SourceRows, index: int, ranges: Sequence[tuple[int, int]], style: Style) -> Strip:
    """A row with what it shows of some ranges of the source in another style.

    Args:
        rows: has the row.
        index: which it is.
        ranges: in order, without overlaps.
        style: is put over the text's own.
    """
    strip = rows[index]
    if not ranges:
        return strip
    spots = rows.spots(index)

    def is_marked(cell: int) -> bool:
        if cell >= len(spots) or (spot := spots[cell]) is None:
            return False
        place = spot.leaf.source(spot.start)
        at = bisect_right(ranges, place, key=itemgetter(0)) - 1
        return at >= 0 and place < ranges[at][1]

    pieces, at = [], 0
    for is_in, cells in groupby(range(strip.cell_length), is_marked):
        end = at + len(list(cells))
        piece = strip.crop(at, end)
        # `Strip.apply_style` would put the style under that of the text.
        pieces.append(Strip(Segment.apply_style(piece, post_style=style), end - at) if is_in else piece)
        at = end
    return Strip.join(pieces)


def marked(segments: Sequence[Segment], query: str, style: Style) -> Strip:
    """A row with its matches highlighted."""
    text = "".join(segment.text for segment in segments)
    spans = [(at, at + len(query)) for at in places(text, query)]
    if not spans:
        return Strip(segments)
    out: list[Segment] = []
    position = 0
    for piece, own, control in segments:
        if control:
            out.append(Segment(piece, own, control))
            continue
        cuts = sorted(
            {0, len(piece), *(edge - position for span in spans for edge in span)} & set(range(len(piece) + 1))
        )
        for begin, end in zip(cuts, cuts[1:], strict=False):
            inside = any(a <= position + begin < b for a, b in spans)
            out.append(Segment(piece[begin:end], (own or Style()) + style if inside else own))
        position += len(piece)
    return Strip(out)
