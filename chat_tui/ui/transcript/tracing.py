"""Draws a block once more with every cell marked by the text that it shows, so that what is selected can be found.

Only what is copied is traced: a conversation is drawn without any of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from markdown_it.token import Token
from rich import markdown as rich_markdown
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from chat_tui.domain.text.clean import clean
from chat_tui.ui.text.prose import TAB, WrappedText
from chat_tui.ui.transcript.code import CodeStyles, code_rows
from chat_tui.ui.transcript.markdown.document import Document, Heading, Lines, Painter, Paragraph, trim
from chat_tui.ui.transcript.plain import PlainRows, TextStyle

THOUGHT_RULE = "▏ "


class Kind(Enum):
    """What a leaf is copied as."""

    TEXT = auto()
    CODE = auto()
    CELL = auto()
    """Of a table: several are copied as rows."""


@dataclass(slots=True)
class Leaf:
    """A text in which wraps are the only thing that drawing adds: a paragraph, a fence's code, a table's cell."""

    kind: Kind
    first: int
    """Its first line in the source."""
    end: int
    """The line behind its last."""
    table: int = 0
    """Of a cell: the line of its table's head."""
    text: str = ""
    """As it reads: no marks of Markdown, the line breaks of the source."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What a cell shows: characters of a leaf."""

    leaf: int
    """The leaf's place among those of its message."""
    start: int
    end: int


Row = list[Spot | None]
"""A spot for each cell; None for rules, bullets, padding."""


class TracedDocument(Document):
    """A block whose texts carry, as meta data of their style, which leaf they are."""

    def __init__(self, tokens: list[Token], code_styles: CodeStyles) -> None:
        super().__init__(tokens, code_styles)
        self.leaves: list[Leaf] = []
        """In the order of the source."""
        self.table: Token | None = None
        """The head of the table that is being read."""
        self.row: Token | None = None
        """The row of it that is being read."""

    def note(self, kind: Kind, token: Token) -> _Trace:
        """Makes the leaf of a token that is about to be drawn."""
        first, end = token.map or (0, 0)
        self.leaves.append(Leaf(kind, first, end))
        return _Trace(self.leaves[-1], len(self.leaves) - 1)


class _Trace:
    """Marks the text of one leaf."""

    def __init__(self, leaf: Leaf, index: int) -> None:
        self.leaf = leaf
        self._index = index

    def mark(self, text: Text) -> None:
        """Marks a text that is the whole leaf."""
        self.leaf.text = text.plain
        text.stylize(self._style(0))

    def lines(self) -> list[WrappedText]:
        """The leaf's lines, each marked with where it begins."""
        lines, begin = [], 0
        for line in self.leaf.text.split("\n"):
            lines.append(WrappedText(line.expandtabs(TAB), style=self._style(begin)))
            begin += len(line) + 1
        return lines

    def spans(self, rows: PlainRows) -> Iterator[list[Segment]]:
        """The rows of the leaf's text as they are drawn, the text marked with where it begins."""
        for span in rows.spans():
            yield [Segment(span.rule), Segment(span.text, self._style(span.begin)), Segment(span.mark)]

    def _style(self, begin: int) -> Style:
        return Style(meta={"leaf": self._index, "begin": begin})


class _Paragraph(Paragraph):
    trace: _Trace

    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> _Paragraph:
        element = cls(justify=markdown.justify or "left")
        element.trace = _traced(markdown).note(Kind.TEXT, token)
        return element

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.trace.mark(self.text)
        yield from super().__rich_console__(console, options)


class _Heading(Heading):
    trace: _Trace

    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> _Heading:
        element = cls(token.tag)
        element.trace = _traced(markdown).note(Kind.TEXT, token)
        return element

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.trace.mark(self.text)
        yield from super().__rich_console__(console, options)


class _Code(rich_markdown.TextElement):
    style_name = "markdown.code_block"

    def __init__(self, language: str, trace: _Trace, styles: CodeStyles) -> None:
        self.language = language
        self.trace = trace
        self.styles = styles

    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> _Code:
        document = _traced(markdown)
        language = (token.info or "").strip().partition(" ")[0]
        return cls(language, document.note(Kind.CODE, token), document.code_styles)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = self.trace.leaf.text = str(self.text).removesuffix("\n")
        for _, _, rows in code_rows(code, self.language, max(8, options.max_width), self.styles).parts:
            if isinstance(rows, PlainRows):
                yield from (each for line in self.trace.spans(rows) for each in (*line, Segment.line()))
            else:
                yield from (each for row in rows for each in (Segment(row.text), Segment.line()))


class _TableHead(rich_markdown.TableHeaderElement):
    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> _TableHead:
        _traced(markdown).table = token
        return cls()


class _TableRow(rich_markdown.TableRowElement):
    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> _TableRow:
        _traced(markdown).row = token
        return cls()


class _Cell(rich_markdown.TableDataElement):
    trace: _Trace

    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> rich_markdown.MarkdownElement:
        document = _traced(markdown)
        made = super().create(markdown, token)
        assert isinstance(made, cls)
        made.trace = document.note(Kind.CELL, document.row or token)
        made.trace.leaf.table = document.table.map[0] if document.table and document.table.map else 0
        return made

    def on_leave(self, context: rich_markdown.MarkdownContext) -> None:
        self.trace.mark(self.content)


def _traced(markdown: rich_markdown.Markdown) -> TracedDocument:
    assert isinstance(markdown, TracedDocument)
    return markdown


TracedDocument.elements = {
    **Document.elements,
    "paragraph_open": _Paragraph,
    "heading_open": _Heading,
    "fence": _Code,
    "code_block": _Code,
    "thead_open": _TableHead,
    "tr_open": _TableRow,
    "th_open": _Cell,
    "td_open": _Cell,
}


def trace_markdown(
    painter: Painter, source: str, width: int, references: dict[str, object]
) -> tuple[Lines, list[Leaf], Token | None]:
    """Draws a block as `Painter.markdown` does, traced; the block's first token says what it is."""
    document = painter.document(TracedDocument, source, references)
    lines = trim(painter.lines(document, width))
    return lines, document.leaves, document.parsed[0] if document.parsed else None


def trace_text(painter: Painter, text: str, width: int) -> tuple[Lines, list[Leaf]]:
    """Draws plain text as `Painter.text` does, traced."""
    leaf = Leaf(Kind.TEXT, 0, text.count("\n") + 1, text=clean(text))
    return [line for each in _Trace(leaf, 0).lines() for line in painter.lines(each, width)], [leaf]


def trace_plain(text: str, width: int, rule: str = "") -> tuple[Lines, list[Leaf]]:
    """Draws plain text as `PlainRows` does, traced, with a rule at its left."""
    leaf = Leaf(Kind.TEXT, 0, text.count("\n") + 1, text=clean(text))
    rows = PlainRows(leaf.text, width, TextStyle(Style(), Segment(rule) if rule else None))
    return list(_Trace(leaf, 0).spans(rows)), [leaf]


class Reader:
    """Reads which characters the cells of traced lines show. Lines come from top to bottom."""

    def __init__(self, leaves: Sequence[Leaf], offset: int) -> None:
        """Begins at the top.

        Args:
            leaves: those that are drawn.
            offset: the place of the first of them among those of the message.
        """
        self._leaves = leaves
        self._offset = offset
        self._at = [(0, 0)] * len(leaves)
        """For each leaf: where its line begins, and what comes next."""

    def row(self, line: Sequence[Segment]) -> Row:
        """The spots of a line's cells."""
        row: Row = []
        for segment in line:
            meta = segment.style.meta if segment.style else {}
            if "leaf" in meta:
                self._read(row, segment.text, meta["leaf"], meta["begin"])
            else:
                row += [None] * segment.cell_length
        return row

    def _read(self, row: Row, text: str, leaf: int, begin: int) -> None:
        if self._at[leaf][0] != begin:
            self._at[leaf] = (begin, begin)
        before = 0
        for index, char in enumerate(text):
            cells = cell_len(text[: index + 1])
            spot = self._take(leaf, char)
            if cells > before:
                row += [spot] * (cells - before)
            elif spot is not None:  # it is drawn with the one before
                _widen(row, spot)
            before = max(before, cells)

    def _take(self, index: int, char: str) -> Spot | None:
        text, (begin, at) = self._leaves[index].text, self._at[index]
        while at < len(text) and text[at] != char and text[at].isspace() and not char.isspace():
            at += 1
        if at == len(text) or (text[at] != char and text[at] != "\t"):
            return None
        # A tab is drawn as spaces; what is no space comes after it.
        self._at[index] = (begin, at + 1 if text[at] == char else at)
        return Spot(self._offset + index, at, at + 1)


def _widen(row: Row, spot: Spot) -> None:
    for index in range(len(row) - 1, -1, -1):
        last = row[index]
        if last is None or last.leaf != spot.leaf or last.end != spot.start:
            break
        row[index] = Spot(last.leaf, last.start, spot.end)
