"""Rows of a diagram: drawn, as its source until it is, or as its source with a line that says why it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from chat_tui.i18n import tr
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript.code import CodeRows, CodeStyles
from chat_tui.ui.transcript.leaf import Kind, Leaf, Run, Spots
from chat_tui.ui.transcript.lines import LaidOutRows, TextLine, lines_of
from chat_tui.ui.transcript.rows import Part, SourceRows, StackedRows

if TYPE_CHECKING:
    from chat_tui.domain.ports.diagrams import Diagram

LANGUAGE = "mermaid"
_DRAWING = re.compile("[\u2500-\u25ff]+")
"""Lines, blocks and arrows of a diagram."""


class DiagramSource(Protocol):
    """Draws diagrams."""

    def diagram(self, source: str, width: int) -> Diagram | None:
        """A diagram; None while it is not drawn.

        Args:
            source: Mermaid.
            width: cells of its widest row.
        """

    def want(self, source: str, width: int) -> None:
        """Notes that a diagram is in view, so that it is drawn."""

    def is_hidden(self, source: str) -> bool:
        """Whether the reader wants to see the source."""

    def hide(self, source: str, is_hidden: bool) -> None:
        """Shows the source of a diagram, or the diagram again."""


class DiagramRows(SourceRows):
    """A row with the language, and the diagram or its source. All of it is copied as it was written."""

    __slots__ = ("_body", "_head", "_see", "code", "state")

    def __init__(
        self,
        code: CodeRows,
        state: tuple[bool, Diagram | None],
        head: Sequence[Strip],
        body: SourceRows,
        see: Callable[[], None] | None = None,
    ) -> None:
        """Takes the rows.

        Args:
            code: the block as code.
            state: whether the reader wants the source, and the diagram, as far as it is drawn.
            head: the rows above the body.
            body: the diagram, or its source.
            see: called when a row is drawn, which means that it is seen.
        """
        self.code = code
        self.state = state
        self._head = head
        self._body = body
        self._see = see

    @property
    def is_drawn(self) -> bool:
        """Whether the diagram is shown, not its source."""
        is_hidden, diagram = self.state
        return diagram is not None and bool(diagram.text) and not is_hidden

    @property
    def can_be_drawn(self) -> bool:
        """Whether there is a diagram to show, or may be: it is not drawn yet."""
        diagram = self.state[1]
        return diagram is None or bool(diagram.text)

    def __len__(self) -> int:
        return len(self._head) + len(self._body)

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The diagram, or the code."""
        return self._body.leaves

    def row(self, index: int) -> Strip:
        """One row."""
        if self._see is not None:
            self._see()
        inside = index - len(self._head)
        return self._head[index] if inside < 0 else self._body[inside]

    def offset_at(self, index: int) -> int:
        """Where in the source a row begins; that of the block for all rows of a diagram."""
        inside = index - len(self._head)
        return self._body.offset_at(inside) if inside >= 0 and not self.is_drawn else self.leaves[0].begin

    def row_at(self, offset: int) -> int:
        """The row of a character of the source; in a diagram, which hides it, the first one."""
        leaf = self.leaves[0]
        return 0 if self.is_drawn or offset < leaf.source(0) else len(self._head) + self._body.row_at(offset)

    def spots(self, index: int) -> Spots:
        """What the cells of a row show."""
        inside = index - len(self._head)
        return self._body.spots(inside) if inside >= 0 else []


def with_diagrams(parts: Sequence[Part], width: int, styles: CodeStyles, source: DiagramSource) -> list[Part]:
    """The parts of a finished message with its diagrams as they are now; what has not changed is the same part."""
    return [_with_diagram(part, width, styles, source) if is_diagram(part) else part for part in parts]


def is_diagram(part: Part) -> bool:
    """Whether a part is a block of Mermaid."""
    return part.kind == "fence" and part.language.lower() == LANGUAGE and isinstance(part.rows, CodeRows | DiagramRows)


def toggle_diagrams(rows: StackedRows, source: DiagramSource, row: int | None = None) -> bool:
    """Shows the diagrams in some rows as source, or drawn again.

    Args:
        rows: those of a message.
        source: draws them.
        row: the first row of the only one that is meant; None for all of them.

    Returns:
        Whether there was one.
    """
    found = [
        part.rows
        for number, part in enumerate(rows.parts)
        if isinstance(part.rows, DiagramRows) and part.rows.can_be_drawn and row in (None, rows.top(number))
    ]
    is_hidden = any(not each.state[0] for each in found)
    for each in found:
        source.hide(each.code.text.text, is_hidden)
    return bool(found)


def _with_diagram(part: Part, width: int, styles: CodeStyles, source: DiagramSource) -> Part:
    before = part.rows
    code = before.code if isinstance(before, DiagramRows) else before
    assert isinstance(code, CodeRows)
    text, inner = code.text.text, width - styles.rule.cell_length
    state = source.is_hidden(text), source.diagram(text, inner)
    if isinstance(before, DiagramRows) and before.state == state:
        return part
    is_hidden, diagram = state
    head, body, see = code.head, code.text, None
    rows: SourceRows = body
    if diagram is None:
        see = None if is_hidden else partial(source.want, text, inner)
    elif diagram.text and not is_hidden:
        rows = _drawn(diagram.text, code.text.leaf, width, styles)
    elif diagram.problem:
        why = Segment(cut(tr("Diagram not drawn: {problem}", problem=diagram.problem), inner), styles.hint)
        head = [*head, Strip([styles.rule, why]).crop_extend(0, width, styles.ground)]
    return part._replace(rows=DiagramRows(code, state, head, rows, see))


def _drawn(diagram: str, code: Leaf, width: int, styles: CodeStyles) -> LaidOutRows:
    inner = width - styles.rule.cell_length
    lines = [line + " " * (inner - cell_len(line)) for line in diagram.split("\n")]
    text = "\n".join(lines)
    edges = [0, *(at for match in _DRAWING.finditer(text) for at in match.span()), len(text)]
    runs = [
        Run(begin, code.begin, False, styles.hint if number % 2 else styles.text)
        for number, (begin, end) in enumerate(pairwise(edges))
        if begin < end
    ]
    leaf = Leaf(Kind.SOURCE, text, runs, code.begin, code.end)
    return LaidOutRows([TextLine((styles.rule,), leaf, *piece) for piece in lines_of(leaf)], [leaf], width)
