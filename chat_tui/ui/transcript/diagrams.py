"""Rows of a diagram: drawn, as its source until it is, or as its source with a line that says why it is not.

It may be a block of a message, or be within a list or a quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
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
from chat_tui.ui.transcript.lines import InnerLine, LaidOutRows, Line, TextLine, lines_of
from chat_tui.ui.transcript.rows import Part, SourceRows, StackedRows

if TYPE_CHECKING:
    from chat_tui.domain.ports.diagrams import Diagram

LANGUAGE = "mermaid"
_CONTAINERS = ("blockquote_open", "bullet_list_open", "ordered_list_open")
"""What may hold blocks of code, as markdown-it names it."""
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
        self.see()
        inside = index - len(self._head)
        return self._head[index] if inside < 0 else self._body[inside]

    def see(self) -> None:
        """Notes that a row is seen."""
        if self._see is not None:
            self._see()

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


class NestedDiagrams(LaidOutRows):
    """A list or a quote with diagrams in it."""

    __slots__ = ("diagrams", "plain", "tops")

    def __init__(self, plain: LaidOutRows, diagrams: Sequence[tuple[int, DiagramRows]]) -> None:
        """Puts the diagrams in the places of their code.

        Args:
            plain: the same rows with the diagrams as code.
            diagrams: the line of it at which each begins, and its rows.
        """
        self.plain = plain
        self.diagrams = diagrams
        self.tops: list[int] = []
        """The first row of each."""
        lines: list[Line] = []
        end = 0
        for begin, rows in diagrams:
            lines += plain.lines[end:begin]
            end = begin + len(rows.code)
            befores = [line.before for line in plain.lines[begin:end]]
            self.tops.append(len(lines))
            lines += [InnerLine(befores[min(at, len(befores) - 1)], rows, at) for at in range(len(rows))]
        shown = {id(rows.code.text.leaf): rows.leaves[0] for _, rows in diagrams}
        leaves = [shown.get(id(leaf), leaf) for leaf in plain.leaves]
        super().__init__([*lines, *plain.lines[end:]], leaves, plain.width, plain.kind)

    def row(self, index: int) -> Strip:
        """One row."""
        for top, (_, rows) in zip(self.tops, self.diagrams, strict=True):
            if top <= index < top + len(rows):
                rows.see()
        return super().row(index)


def with_diagrams(parts: Sequence[Part], width: int, styles: CodeStyles, source: DiagramSource) -> list[Part]:
    """The parts of a finished message with its diagrams as they are now; what has not changed is the same part."""
    return [_with_diagram(part, width, styles, source) for part in parts]


def toggle_diagrams(rows: StackedRows, source: DiagramSource, row: int | None = None) -> bool:
    """Shows the diagrams in some rows as source, or drawn again.

    Args:
        rows: those of a message.
        source: draws them.
        row: the first row of the only one that is meant; None for all of them.

    Returns:
        Whether there was one.
    """
    found = [each for top, each in _diagrams(rows) if each.can_be_drawn and row in (None, top)]
    is_hidden = any(not each.state[0] for each in found)
    for each in found:
        source.hide(each.code.text.text, is_hidden)
    return bool(found)


def _diagrams(rows: StackedRows) -> Iterator[tuple[int, DiagramRows]]:
    """All diagrams of a message, each with its first row."""
    for number, part in enumerate(rows.parts):
        if isinstance(part.rows, DiagramRows):
            yield rows.top(number), part.rows
        elif isinstance(part.rows, NestedDiagrams):
            for top, (_, each) in zip(part.rows.tops, part.rows.diagrams, strict=True):
                yield rows.top(number) + top, each


def _with_diagram(part: Part, width: int, styles: CodeStyles, source: DiagramSource) -> Part:
    before = part.rows
    after: SourceRows
    if isinstance(before, DiagramRows) or (part.kind == "fence" and _is_mermaid(before)):
        assert isinstance(before, CodeRows | DiagramRows)
        after = _as_it_is_now(before, width, styles, source)
    elif part.kind in _CONTAINERS and isinstance(before, LaidOutRows):
        after = _with_nested(before, styles, source)
    else:
        return part
    return part if after is before else part._replace(rows=after)


def _is_mermaid(rows: object) -> bool:
    return isinstance(rows, CodeRows) and rows.language.lower() == LANGUAGE


def _with_nested(before: LaidOutRows, styles: CodeStyles, source: DiagramSource) -> LaidOutRows:
    """A list or a quote with its diagrams as they are now."""
    if isinstance(before, NestedDiagrams):
        plain, known = before.plain, before.diagrams
    else:
        plain, known = before, []
    nested: list[tuple[int, CodeRows | DiagramRows]] = [*known] or [
        (at, line.rows)
        for at, line in enumerate(plain.lines)
        if isinstance(line, InnerLine) and not line.index and isinstance(line.rows, CodeRows) and _is_mermaid(line.rows)
    ]
    now: list[tuple[int, DiagramRows]] = []
    for at, rows in nested:
        inner = plain.width - sum(segment.cell_length for segment in plain.lines[at].before)
        now.append((at, _as_it_is_now(rows, inner, styles, source)))
    is_same = all(new is old for (_, new), (_, old) in zip(now, nested, strict=True))
    return before if is_same else NestedDiagrams(plain, now)


def _as_it_is_now(before: CodeRows | DiagramRows, width: int, styles: CodeStyles, source: DiagramSource) -> DiagramRows:
    """The rows of a diagram, the same if nothing has changed."""
    code = before.code if isinstance(before, DiagramRows) else before
    text, inner = code.text.text, width - styles.rule.cell_length
    state = source.is_hidden(text), source.diagram(text, inner)
    if isinstance(before, DiagramRows) and before.state == state:
        return before
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
    return DiagramRows(code, state, head, rows, see)


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
    leaf = Leaf(Kind.SOURCE, text, runs, code.begin, code.end, replaced=[(0, len(text), code.text)])
    return LaidOutRows([TextLine((styles.rule,), leaf, *piece) for piece in lines_of(leaf)], [leaf], width)
