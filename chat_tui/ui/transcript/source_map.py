"""Says of a message's rows which part of its source they show: blocks, and the text under every cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.text.clean import clean
from chat_tui.ui.transcript.body import THOUGHT_ROWS
from chat_tui.ui.transcript.markdown.citations import source_references
from chat_tui.ui.transcript.markdown.document import Lines, Painter
from chat_tui.ui.transcript.markdown.splitter import split_blocks
from chat_tui.ui.transcript.rows import Rows
from chat_tui.ui.transcript.tracing import (
    THOUGHT_RULE,
    Kind,
    Leaf,
    Reader,
    Row,
    trace_markdown,
    trace_plain,
    trace_text,
)
from chat_tui.ui.transcript.user_turn import shown_part

CURSOR = "▌"
"""Stands behind the last character of an answer that is coming."""


@dataclass(slots=True)
class Block:
    """A block of the source and the rows that show it."""

    part: int
    kind: str
    """As markdown-it names it: `paragraph_open`, `fence`, `table_open`."""
    language: str
    first: int
    """Its first line in the part's source."""
    end: int
    top: int
    """Its first row in the turn."""
    bottom: int
    """The row behind its last."""
    leaves: range


@dataclass(slots=True)
class SourceMap:
    """The sources of one message, and what of them its rows show."""

    parts: list[list[str]] = field(default_factory=list)
    """Lines of the reasoning, if there is any, and of the content."""
    blocks: list[Block] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    part_of: list[int] = field(default_factory=list)
    """For each leaf, the part it belongs to."""
    rows: dict[int, Row] = field(default_factory=dict)
    """The cells of the rows that show text, by row of the turn."""

    def block_at(self, row: int) -> Block | None:
        """The block that a row shows."""
        return next((each for each in self.blocks if each.top <= row < each.bottom), None)

    def source(self, blocks: Sequence[Block]) -> str:
        """The source of blocks that follow each other, as it was written."""
        first, last = blocks[0], blocks[-1]
        return "\n".join(self.parts[last.part][first.first : last.end]).strip("\n")


def map_message(painter: Painter, width: int, message: Message, rows: Rows) -> SourceMap:
    """Traces the blocks of a message and finds the rows that show them.

    What is drawn in another way than it is traced has no cells, and is copied only between others or as a whole.

    Args:
        painter: drew the rows.
        width: the cells they were drawn in.
        message: what they show.
        rows: all rows of its turn.
    """
    mapper = _Mapper(rows)
    content = clean(message.content)
    if message.role is not Role.ASSISTANT:
        return _map_plain(painter, width, message, rows)
    if reasoning := clean(message.reasoning).strip():
        mapper.plain(reasoning, *trace_plain(reasoning, width, THOUGHT_RULE), last=THOUGHT_ROWS)
    mapper.begin(content)
    references = painter.references(content) | source_references(message)
    starts = [*split_blocks(painter.parser, content), len(content)]
    for start, end in zip(starts, starts[1:], strict=False):
        source = content[start:end]
        lines, leaves, token = trace_markdown(painter, source, width, references)
        if token is not None and lines:
            language = (token.info or "").strip().partition(" ")[0] if token.type == "fence" else ""
            mapper.add(lines, leaves, token.type, language, content.count("\n", 0, start), source)
    return mapper.map


def _map_plain(painter: Painter, width: int, message: Message, rows: Rows) -> SourceMap:
    """Traces what is no Markdown: a prompt whole or folded, the text of another role."""
    whole, shown = clean(message.content).rstrip(), shown_part(message)
    ways: list[tuple[str, Callable[[], tuple[Lines, list[Leaf]]]]] = [
        (whole, partial(trace_text, painter, whole, width)),
        (whole, partial(trace_plain, whole, width)),
        (shown, partial(trace_text, painter, shown, width)),
    ]
    for source, trace in ways:
        mapper = _Mapper(rows)
        mapper.plain(source, *trace())
        if mapper.map.rows:
            break
    return mapper.map


class _Mapper:
    def __init__(self, rows: Rows) -> None:
        self.map = SourceMap()
        self._texts = [row.text.rstrip() for row in rows]
        self._at = 1  # below the head

    def begin(self, source: str) -> None:
        self.map.parts.append(source.split("\n"))

    def plain(self, source: str, lines: Lines, leaves: list[Leaf], *, last: int = 0) -> None:
        """Adds a part that is plain text; of one that is not found whole, so many of its last rows may be shown."""
        self.begin(source)
        self.add(lines, leaves, "paragraph_open", "", 0, source)
        if not self.map.blocks and last:
            self.map.leaves.clear()
            self.map.part_of.clear()
            self.add(lines[-last:], leaves, "paragraph_open", "", 0, source)

    def add(self, lines: Lines, leaves: list[Leaf], kind: str, language: str, first: int, source: str) -> None:
        found, offset, part = self.map, len(self.map.leaves), len(self.map.parts) - 1
        for leaf in leaves:
            leaf.first, leaf.end, leaf.table = leaf.first + first, leaf.end + first, leaf.table + first
        found.leaves += leaves
        found.part_of += [part] * len(leaves)
        top = self._find(["".join(segment.text for segment in line).rstrip() for line in lines])
        if top is None:
            return
        reader = Reader(leaves, offset)
        for index, line in enumerate(lines):
            found.rows[top + index] = reader.row(line)
        self._at = top + len(lines)
        end = first + source.rstrip("\n").count("\n") + 1
        indexes = range(offset, offset + len(leaves))
        found.blocks.append(Block(part, kind, language, first, end, top, self._at, indexes))

    def _find(self, texts: list[str]) -> int | None:
        """The first row that shows these lines, the cursor of a running answer aside."""
        for top in range(self._at, len(self._texts) - len(texts) + 1):
            shown = self._texts[top : top + len(texts)]
            if shown[:-1] == texts[:-1] and shown[-1].removesuffix(CURSOR).rstrip() == texts[-1]:
                return top
        return None


def is_code(found: SourceMap, blocks: Sequence[Block]) -> bool:
    """Whether what is marked is one block of code, which is copied without its fence."""
    return len(blocks) == 1 and [found.leaves[i].kind for i in blocks[0].leaves] == [Kind.CODE]
