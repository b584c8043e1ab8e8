"""The body of an answer, growing or whole: its reasoning, live or folded, and its text in blocks.

Nothing here takes long at once, however an answer is shaped: blocks are drawn a slice at a time, what
waits for its turn is plain text meanwhile, and what is very long stays plain and is drawn only where it is seen.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.strip import Strip

from chat_tui.domain.conversation.message import Message
from chat_tui.ui.text import wording
from chat_tui.ui.transcript.code import code_rows
from chat_tui.ui.transcript.json_answer import pretty_json
from chat_tui.ui.transcript.markdown.citations import source_references
from chat_tui.ui.transcript.markdown.document import Lines, Painter
from chat_tui.ui.transcript.markdown.splitter import FENCE, MarkdownSplitter, end_of_fence, is_heading, is_long_table
from chat_tui.ui.transcript.plain import PlainRows, TextStyle
from chat_tui.ui.transcript.rows import BLANK, NOWHERE, DrawnLines, LazyRows, Rows, StackedRows

MOST_TEXT = 200_000
"""Characters of an answer that are Markdown; what follows is plain."""
MOST_BLOCKS = 400
FIRST = 12_000
"""What is drawn at first, as `_cost` counts: all of a usual answer, in some hundredths of a second."""
SLICE = 5_000
"""What is drawn at once from then on."""
COUNTED = 150_000
"""Characters of plain text whose rows are counted at once."""
MOST_TAIL = 20_000
"""What is drawn again in each frame of what still grows."""
DEAREST = 30_000
"""The dearest block that is drawn as Markdown."""
THOUGHT_ROWS = 3
"""Rows of a running thought: folded, with the first row of the answer and what is said below it, it takes as many."""
Part = tuple[int, int, Rows]
_GAP: Part = (NOWHERE, NOWHERE, [BLANK])


class Body:
    """An answer's rows between its head and its foot.

    While it grows, `parts` is asked again and again: what is settled is kept, only the rest is drawn again. Once
    nothing more comes `finish` draws the whole; where `is_behind`, it is to be asked again.
    """

    def __init__(self, painter: Painter, width: int, message: Message) -> None:
        self.unfolded = False
        """Whether finished reasoning is shown whole."""
        self.is_behind = False
        """Whether some of the text still waits to be drawn as what it is."""
        self._painter = painter
        self._width = width
        self._message = message
        self._references: dict[str, object] = {}
        self._is_whole = False
        self._thoughts: PlainRows | None = None
        self._thought_rows = 0
        """Rows that the running thought takes: when it folds, those below it stay in place."""
        self._begin()

    def _begin(self) -> None:
        self._content = MarkdownSplitter(self._painter.splitter)
        self._settled: list[Part] = []
        self._blocks = 0
        self._gap_is_due = False
        self._length = 0
        self._tail_begin = -1
        self._tail_rows: Rows | None = None
        """The code or plain text at the end as it was drawn last, and where it begins."""

    def parts(self) -> list[Part]:
        """The rows as the message stands now, each part with where its text begins and ends in the content."""
        content = self._message.content
        if len(content) < self._length:  # it turned out to be reasoning
            self._begin()
        self._length = len(content)
        if not content:
            return self._thinking()
        self._settle(content)
        tail = self._tail(content)
        gap = [_GAP] if tail and self._gap_is_due else []
        parts = [*self._thought(), *self._settled, *gap, *self._with_cursor(tail)]
        missing = self._thought_rows - sum(len(rows) for _, _, rows in parts) if self._thought_rows else 0
        if missing <= 0:
            self._thought_rows = 0
            return parts
        return [*parts, (NOWHERE, NOWHERE, [BLANK] * missing)]

    def finish(self) -> list[Part]:
        """The rows of the whole message: nothing more comes."""
        content = self._message.content
        if not self._is_whole:
            self._is_whole = True
            self._references = self._painter.references(content) | source_references(self._message)
            # A definition may stand below the blocks that use it: those are drawn again.
            if self._references or len(content) < self._length:
                self._begin()
        if (pretty := pretty_json(self._message)) is not None:
            return [*self._thought(), (0, len(content), self._code(pretty, "json"))]
        self._settle(content)
        rest = self._plain_rest(content) if self.is_behind or self._is_capped else []
        gap = [_GAP] if rest and self._gap_is_due else []
        return [*self._thought(), *self._settled, *gap, *rest]

    # What is settled

    @property
    def _is_capped(self) -> bool:
        return self._blocks >= MOST_BLOCKS or self._content.settled >= MOST_TEXT

    def _settle(self, content: str) -> None:
        """Draws the blocks that no later text can change, as many as a slice has room for."""
        room = SLICE if self._settled else FIRST
        while room > 0 and not self._is_capped:
            begin = self._content.settled
            if (block := self._content.take(content, is_whole=self._is_whole)) is None:
                break
            self._blocks += 1
            room -= min(DEAREST, _cost(block))
            if len(rows := self._draw(block)):
                self._settled += [_GAP] if self._gap_is_due else []
                self._settled.append((begin, begin + len(block), rows))
                self._gap_is_due = not is_heading(block)
        self.is_behind = room <= 0 and not self._is_capped

    def _draw(self, block: str) -> Rows:
        if fence := FENCE.match(block):
            return self._fence(block, fence)
        if _cost(block) > DEAREST or is_long_table(block):
            return self._plain(block.strip("\n"))
        return DrawnLines(self._painter.markdown(block, self._width, self._references))

    def _fence(self, block: str, fence: re.Match[str]) -> Rows:
        found = end_of_fence(block, fence, is_whole=True)
        code = block[fence.end() : found[0] if found else None]
        return self._code(code.removesuffix("\n"), fence["info"], begin=fence.end())

    def _code(self, code: str, info: str, *, begin: int = 0, before: Rows | None = None) -> StackedRows:
        language = info.strip().partition(" ")[0]
        styles = self._painter.code_styles
        return code_rows(code, language, self._width, styles, before=before, begin=begin)

    def _plain(self, text: str) -> PlainRows:
        return PlainRows(text, self._width, TextStyle(self._painter.base))

    # What is not

    def _tail(self, content: str) -> list[Part]:
        """What still grows: code as code, a little text as Markdown, much of it plain."""
        begin = self._content.settled
        if self.is_behind or self._is_capped:
            return self._plain_rest(content)
        if fence := FENCE.match(content, begin):
            kept = self._tail_rows if self._tail_begin == begin else None
            rows: Rows = self._code(content[fence.end() :], fence["info"], begin=fence.end() - begin, before=kept)
            self._tail_begin, self._tail_rows = begin, rows
            return [(begin, len(content), rows)]
        rest = content[begin:]
        if not rest.strip():
            return []
        if _cost(rest) > MOST_TAIL:
            return self._plain_rest(content)
        return [(begin, len(content), DrawnLines(self._painter.markdown(rest, self._width)))]

    def _plain_rest(self, content: str) -> list[Part]:
        """Plain text from where nothing is settled; its far part is counted once, however often this is asked."""
        begin = self._content.settled
        border = max(begin, content.find("\n", MOST_TEXT, MOST_TEXT + 4_000) + 1 or MOST_TEXT)
        kept = self._tail_rows if self._tail_begin == border else None
        counted = len(kept.text) if isinstance(kept, PlainRows) else 0
        near, far = content[begin:border], content[border : border + counted + COUNTED]
        self.is_behind = self.is_behind or border + len(far) < len(content)
        parts: list[Part] = [(begin, begin + len(near), self._plain(near.strip("\n")))] if near.strip() else []
        if far:
            self._tail_rows = kept.grown(far) if isinstance(kept, PlainRows) else self._plain(far)
            self._tail_begin = border
            parts.append((border, border + len(far), self._tail_rows))
        if parts and self._is_capped:
            painter = self._painter
            style = painter.style(painter.palette.muted, italic=True)
            mark = Strip([Segment("Very long: plain text from here on.", style)])
            parts.insert(0, (NOWHERE, NOWHERE, [mark]))
        return parts

    def _with_cursor(self, parts: list[Part]) -> list[Part]:
        if not parts or not len(parts[-1][2]):
            return parts
        *before, (begin, end, rows) = parts
        segments = list(rows[len(rows) - 1])
        while segments and not segments[-1].text.strip():
            segments.pop()
        if segments:
            segments[-1] = Segment(segments[-1].text.rstrip(), segments[-1].style)
        painter = self._painter
        last = Strip([*segments, Segment("▌", painter.style(painter.palette.muted))])
        return [*before, (begin, end, _WithLast(rows, last))]

    # The reasoning

    def _thought(self) -> list[Part]:
        """Finished reasoning: one line, or all of it."""
        message, painter = self._message, self._painter
        if not message.reasoning.strip():
            return []
        mark = "▾" if self.unfolded else "▸"
        style = painter.style(painter.palette.muted, italic=True)
        fold: Part = (NOWHERE, NOWHERE, [Strip([Segment(f"{mark} {wording.thought(message)}", style)])])
        if not self.unfolded:
            return [fold]
        text = message.reasoning.strip()
        begin = reasoning_begins(message)
        return [fold, (begin, begin + len(text), self._quote(text)), _GAP]

    def _thinking(self) -> list[Part]:
        """Reasoning while it comes: its last rows, or all of it."""
        reasoning = self._message.reasoning.lstrip("\n")
        if not reasoning.strip():
            return []
        self._thoughts = self._thoughts.grown(reasoning) if self._thoughts else self._quote(reasoning)
        is_long = len(self._thoughts) > THOUGHT_ROWS and not self.unfolded
        rows: Rows = _Last(self._thoughts, THOUGHT_ROWS) if is_long else self._thoughts
        self._thought_rows = 0 if self.unfolded else len(rows)
        return self._with_cursor([(NOWHERE, NOWHERE, rows)])

    def _quote(self, text: str) -> PlainRows:
        painter = self._painter
        rule = Segment("▏ ", painter.style(painter.palette.faint))
        style = painter.style(painter.palette.muted, italic=True)
        return PlainRows(text, self._width, TextStyle(style, rule))


class _Last(LazyRows):
    """The last of some rows."""

    def __init__(self, rows: LazyRows, number: int) -> None:
        self._rows = rows
        self._number = number

    def __len__(self) -> int:
        return self._number

    def row(self, index: int) -> Strip:
        return self._rows[len(self._rows) - self._number + index]

    def row_at(self, offset: int) -> int:
        return max(0, self._rows.row_at(offset) - len(self._rows) + self._number)

    def offset_at(self, row: int) -> int:
        return self._rows.offset_at(len(self._rows) - self._number + row)


class _WithLast(LazyRows):
    """Rows, the last of them another."""

    def __init__(self, rows: Rows, last: Strip) -> None:
        self._rows = rows
        self._last = last

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Strip:
        return self._last if index == len(self._rows) - 1 else self._rows[index]

    def row_at(self, offset: int) -> int:
        return self._rows.row_at(offset) if isinstance(self._rows, LazyRows) else 0

    def offset_at(self, row: int) -> int:
        return self._rows.offset_at(row) if isinstance(self._rows, LazyRows) else 0


def reasoning_begins(message: Message) -> int:
    """Where the reasoning that is shown begins in the source of an answer's rows: behind the content."""
    return len(message.content) + 1


def _cost(block: str) -> int:
    """About how long Markdown takes to draw, in characters of plain prose."""
    marks = sum(block.count(mark) for mark in "[*_`~")
    return 300 + len(block) + 40 * block.count("\n") + 12 * marks + 15 * block.count("|")


def strips(lines: Lines) -> list[Strip]:
    """Lines of segments as strips."""
    return [Strip(Segment.simplify(line)) for line in lines]
