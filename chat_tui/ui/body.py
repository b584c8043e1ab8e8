"""The body of an answer, growing or whole: its reasoning, live or folded, and its text in blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rich.segment import Segment
from textual.strip import Strip

from chat_tui.domain.message import Message
from chat_tui.ui import words
from chat_tui.ui.blocks import GrowingMarkdown, is_heading
from chat_tui.ui.markdown import Lines, Painter

Rows = list[Strip]
BLANK = Strip([])
FENCE_PIECE = 8
"""Lines of a running fence that are drawn once for all; the whole is drawn again when the fence is closed."""
OPEN_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)\n")


@dataclass(slots=True)
class _Fence:
    """A fence that is not closed yet: where it begins in the message, its settled rows, and where those end in it."""

    begin: int = -1
    end: int = 0
    rows: Rows = field(default_factory=list)


class Body:
    """An answer's rows between its head and its foot.

    While it grows, `rows` is asked again and again: what is settled is kept, only the rest is drawn again. `finish`
    draws the whole, once.
    """

    def __init__(self, painter: Painter, width: int, message: Message) -> None:
        self.unfolded = False
        """Whether finished reasoning is shown whole."""
        self._painter = painter
        self._width = width
        self._message = message
        self._fence = _Fence()
        self._begin()
        self._thought_rows: Rows = []
        self._thought_settled = 0

    def _begin(self) -> None:
        self._content = GrowingMarkdown(self._painter.parser)
        self._settled: Rows = []
        self._last_block = ""
        self._length = 0

    def rows(self) -> Rows:
        """The rows as the message stands now."""
        content = self._message.content
        if len(content) < self._length:  # it turned out to be reasoning (WIRE.md C10)
            self._begin()
        self._length = len(content)
        if not content:
            return self._thinking()
        blocks, rest = self._content.update(content)
        for block in blocks:
            self._settle(block)
        tail = self._tail(rest)
        gap = [BLANK] if tail and self._settled and not is_heading(self._last_block) else []
        return [*self._thought(), *self._settled, *gap, *self._with_cursor(tail)]

    def _tail(self, rest: str) -> Rows:
        """Draws what is not settled. Of a long fence, lines are settled as well, by the piece."""
        opening = OPEN_FENCE.match(rest)
        if not opening or opening["mark"] in rest[opening.end() :]:
            return strips(self._painter.markdown(rest, self._width)) if rest.strip() else []
        begin = self._length - len(rest)
        if self._fence.begin != begin:
            self._fence = _Fence(begin, opening.end())
        fence, language = self._fence, opening["info"].strip().partition(" ")[0]
        while (piece := _piece(rest, fence.end)) is not None:
            fence.rows += strips(self._painter.code(piece, language, self._width, label=not fence.rows))
            fence.end += len(piece) + 1
        growing = self._painter.code(rest[fence.end :], language, self._width, label=not fence.rows)
        return [*fence.rows, *strips(growing)]

    def finish(self) -> Rows:
        """The rows of the whole message: nothing more comes."""
        content = self._message.content
        references = self._painter.references(content)
        if references or len(content) < self._length:
            # A definition may stand below the blocks that use it: those are drawn again.
            self._begin()
        blocks, _ = self._content.update(content)
        for block in [*blocks, *self._content.finish()]:
            self._settle(block, references)
        return [*self._thought(), *self._settled]

    def _settle(self, block: str, references: dict[str, object] | None = None) -> None:
        rows = strips(self._painter.markdown(block, self._width, references))
        if not rows:
            return
        if self._settled and not is_heading(self._last_block):
            self._settled.append(BLANK)
        self._settled += rows
        self._last_block = block

    def _with_cursor(self, rows: Rows) -> Rows:
        painter = self._painter
        if not rows:
            return rows
        *before, last = rows
        segments = list(last)
        while segments and not segments[-1].text.strip():
            segments.pop()
        if segments:
            segments[-1] = Segment(segments[-1].text.rstrip(), segments[-1].style)
        return [*before, Strip([*segments, Segment("▌", painter.style(painter.palette.muted))])]

    def _thought(self) -> Rows:
        """Finished reasoning: one line, or all of it."""
        message, painter = self._message, self._painter
        if not message.reasoning.strip():
            return []
        mark = "▾" if self.unfolded else "▸"
        style = painter.style(painter.palette.muted, italic=True)
        fold = Strip([Segment(f"{mark} {words.thought(message)}", style)])
        if not self.unfolded:
            return [fold]
        return [fold, *self._quote(message.reasoning.strip()), BLANK]

    def _thinking(self) -> Rows:
        """Reasoning while it comes: whole lines are drawn once."""
        reasoning = self._message.reasoning.lstrip("\n")
        if not reasoning.strip():
            return []
        end = reasoning.rfind("\n") + 1
        if end > self._thought_settled:
            self._thought_rows += self._quote(reasoning[self._thought_settled : end].rstrip("\n"))
            self._thought_settled = end
        return [*self._thought_rows, *self._with_cursor(self._quote(reasoning[end:]))]

    def _quote(self, text: str) -> Rows:
        painter = self._painter
        rule = Segment("▏ ", painter.style(painter.palette.faint))
        style = painter.style(painter.palette.muted, italic=True)
        return [Strip([rule, *line]) for line in painter.text(text, self._width - 2, style)]


def _piece(text: str, start: int) -> str | None:
    """The next FENCE_PIECE whole lines from `start`, without the last one's line break; None if there are fewer."""
    end = start - 1
    for _ in range(FENCE_PIECE):
        end = text.find("\n", end + 1)
        if end < 0:
            return None
    return text[start:end]


def strips(lines: Lines) -> Rows:
    """Lines of segments as strips."""
    return [Strip(line).simplify() for line in lines]
