"""Finds words in the shown branch, by its texts alone, and marks them in rows that are drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.conversation.message import Message
from chat_tui.ui.transcript.body import reasoning_begins
from chat_tui.ui.transcript.rows import LazyRows, StackedRows

MOST_MATCHES = 10_000


@dataclass(frozen=True, slots=True)
class TextMatch:
    """One place: which message of the branch, and where in its text."""

    index: int
    offset: int
    """Into the content, or behind it into the reasoning: see `body.reasoning_begins`."""


def matches(messages: Iterable[tuple[Message, bool]], query: str) -> list[TextMatch]:
    """All places, the first `MOST_MATCHES` of them, whatever the case.

    Args:
        messages: the branch, and of each whether its reasoning is shown.
        query: what is looked for; nothing is found by an empty one.
    """
    found: list[TextMatch] = []
    for index, (message, with_reasoning) in enumerate(messages):
        if with_reasoning:
            begin = reasoning_begins(message)
            found += (TextMatch(index, begin + at) for at in places(message.reasoning.strip(), query))
        found += (TextMatch(index, at) for at in places(message.content, query))
        if len(found) >= MOST_MATCHES:
            break
    return found[:MOST_MATCHES]


def places(text: str, query: str) -> Iterator[int]:
    """Where a query stands in a text, whatever the case; none lies in another."""
    if not query:
        return
    low, wanted = text.lower(), query.lower()
    if len(low) != len(text) or len(wanted) != len(query):  # a letter that is longer in the other case
        yield from (match.start() for match in re.finditer(re.escape(query), text, re.IGNORECASE))
        return
    at = low.find(wanted)
    while at >= 0:
        yield at
        at = low.find(wanted, at + len(wanted))


def row_of(match: TextMatch, text: str, query: str, rows: StackedRows) -> int:
    """The row that shows a match: exact where the row has the words, near where they are not drawn as such."""
    first, last, begin, end = rows.span(match.offset)
    near = rows.row_at(match.offset)
    if isinstance(rows.part_at(match.offset), LazyRows):
        return near
    before = sum(1 for _ in places(text[begin : match.offset], query))
    for row in range(first, last):
        before -= sum(1 for _ in places(rows[row].text, query))
        if before < 0:
            return row
    return near


def marked(segments: Sequence[Segment], query: str, style: Style) -> Strip:
    """A row with its matches in another style."""
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
