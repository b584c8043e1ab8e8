"""Lays out the blocks of Markdown as lines, with their prefixes and their places in the source."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

from markdown_it.token import Token
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from chat_tui.ui.text.wrapping import LEAST
from chat_tui.ui.transcript.code import CodeStyles, code_rows
from chat_tui.ui.transcript.leaf import Kind, Leaf, Run, Table
from chat_tui.ui.transcript.lines import Before, FixedLine, InnerLine, LaidOutRows, Line, TextLine, lines_of, wrapped
from chat_tui.ui.transcript.markdown.formulas import DISPLAY, FORMULA, split_displays, tex_of
from chat_tui.ui.transcript.markdown.inline import SourceLines, read_inline
from chat_tui.ui.transcript.markdown.lists import ListMarks
from chat_tui.ui.transcript.markdown.places import PLACE
from chat_tui.ui.transcript.markdown.tables import TableLayout, cells_of

_CONTAINERS = re.compile(r"(?:[ \t>]|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))*")
"""What may stand before a table's head: marks of quotes and lists."""
_QUOTES = re.compile(r"[ \t>]*")
"""And before its other rows."""
_SPACES = " \t"
_PARAGRAPHS = ("paragraph_open",)
_RULE = 24
"""Cells of a thematic break."""


class BlockLayout:
    """Lays out the tokens of one source."""

    def __init__(
        self,
        tokens: Sequence[Token],
        source: str,
        width: int,
        styles: dict[str, Style],
        code_styles: CodeStyles,
        *,
        code_number: int = 0,
    ) -> None:
        """Lays nothing out until `rows` is called.

        Args:
            tokens: the parser's.
            source: what it parsed.
            width: cells.
            styles: of the elements, by name; `base` is the one of plain text.
            code_styles: the colours of code.
            code_number: which block of code of its message the first one is, from 1; 0 where digits copy none.
        """
        self._tokens = tokens
        self._width = width
        self._styles = styles
        self._code_styles = code_styles
        self._code_number = code_number
        self._at = 0
        self._source = source.split("\n")
        self._begins = [0, *accumulate(len(line) + 1 for line in self._source)]
        self._lines: list[Line] = []
        self._leaves: list[Leaf] = []
        self._style = styles["base"]
        self._first: list[Before] = []
        """For each container what stands before its next line."""
        self._further: list[Before] = []
        """And before the lines below that."""
        self._before: Before = ()
        """All of `_further`, one after the other."""
        self._layouts: dict[str, Callable[[Token], None]] = {
            "paragraph_open": self._paragraph,
            "heading_open": self._heading,
            "fence": self._code,
            "code_block": self._code,
            DISPLAY: self._formula_block,
            "blockquote_open": self._quote,
            "bullet_list_open": self._list,
            "ordered_list_open": self._list,
            "hr": self._hairline,
            "table_open": self._table,
        }

    def rows(self) -> LaidOutRows:
        """The rows, without blank ones at both ends."""
        kind = self._tokens[0].type if self._tokens else ""
        before = ""
        while self._at < len(self._tokens):
            end = len(self._lines)
            token = self._next()
            if before and before != "heading_open":
                self._lines.append(FixedLine((), [], self._begin(token)))
            self._layouts[token.type](token)
            before = token.type if len(self._lines) > end else before
        lines = self._lines
        first, last = 0, len(lines)
        while last > first and _is_blank(lines[last - 1]):
            last -= 1
        while first < last and _is_blank(lines[first]):
            first += 1
        return LaidOutRows(tuple(lines[first:last]), tuple(self._leaves), self._width, kind)

    # Walking

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _children(self, apart: Collection[str]) -> None:
        """Lays out the blocks up to the end of the enclosing one.

        Args:
            apart: the types of blocks that a blank row sets apart from such a block, or a heading, below.
        """
        before = ""
        while (token := self._next()).nesting >= 0:
            end = len(self._lines)
            if before in apart and token.type in (*apart, "heading_open"):
                self._lines.append(FixedLine(next(self._befores()), [], self._begin(token)))
            gap = len(self._lines)
            self._layouts[token.type](token)
            if len(self._lines) == gap:  # nothing is drawn of it
                del self._lines[end:]
            else:
                before = token.type

    @contextmanager
    def _inside(self, first: Sequence[Segment], further: Sequence[Segment], style: Style) -> Iterator[None]:
        """Adds prefixes to the lines laid out in the context, if the width allows."""
        room = max(0, self._width - LEAST)
        cells = min(room, sum(segment.cell_length for segment in first))
        width, outer = self._width, self._style
        self._width, self._style = width - cells, style
        self._first.append(_cropped(first, cells))
        self._further.append(_cropped(further, cells))
        before, self._before = self._before, self._before + self._further[-1]
        yield
        self._first.pop()
        self._further.pop()
        self._width, self._style, self._before = width, outer, before

    def _befores(self) -> Iterator[Before]:
        """The prefixes of the next lines."""
        while True:
            if self._first == self._further:
                yield self._before
            else:
                first = tuple(segment for part in self._first for segment in part)
                self._first = list(self._further)
                yield first

    def _begin(self, token: Token) -> int:
        return self._begins[token.map[0]] if token.map else 0

    def _end(self, token: Token) -> int:
        """Where a token's last line ends."""
        return self._begins[token.map[1]] - 1 if token.map else 0

    # Texts

    def _paragraph(self, token: Token) -> None:
        self._text(token, self._style + self._styles["paragraph"])

    def _heading(self, token: Token) -> None:
        self._text(token, self._style + self._styles[token.tag])

    def _text(self, token: Token, style: Style) -> None:
        inline = self._next()
        self._next()
        lines = self._places(inline, token)
        if token.type == "paragraph_open" and (pieces := split_displays(inline)):
            self._pieces(pieces, inline, lines, token, style)
            return
        text, runs, replaced = read_inline(inline, lines, self._styles, style)
        self._add(Leaf(Kind.TEXT, text, runs, self._begin(token), self._end(token), replaced=replaced))

    def _pieces(self, pieces: Sequence[Token], inline: Token, lines: SourceLines, token: Token, style: Style) -> None:
        """Lays out a paragraph with formulas that stand by themselves."""
        begin = self._begin(token)
        for at, piece in enumerate(pieces):
            end = lines.source(pieces[at + 1].meta[PLACE]) if at + 1 < len(pieces) else self._end(token)
            leaf = self._display(piece, lines, end, style) if piece.type == FORMULA else None
            if leaf is None:
                if piece.type == FORMULA:
                    piece = Token("inline", "", 0, content=inline.content, children=[piece])
                text, runs, replaced = read_inline(piece, lines, self._styles, style)
                leaf = Leaf(Kind.TEXT, text, runs, begin, end, replaced=replaced)
            self._add(leaf)
            begin = end

    def _display(self, formula: Token, lines: SourceLines, end: int, style: Style) -> Leaf | None:
        """A formula in two dimensions on its own ground; None where it can't be drawn."""
        return self._drawn_formula(tex_of(formula.content)[0], lines.source(formula.meta[PLACE]), end, style)

    def _formula_block(self, token: Token) -> None:
        """A formula with blank lines; where it can't be drawn, its source line by line."""
        style, begin, end = self._style + self._styles["paragraph"], self._begin(token), self._end(token)
        leaf = self._drawn_formula(token.content, begin, end, style)
        if leaf is None:
            number = token.map[0] if token.map else 0
            runs: list[Run] = []
            lines: list[str] = []
            position = 0
            for line, place in enumerate(token.meta[PLACE], number):
                lines.append(self._source[line][place - self._begins[line] :])
                runs.append(Run(position, place, True, style))
                position += len(lines[-1]) + 1
            leaf = Leaf(Kind.TEXT, "\n".join(lines), runs, begin, end)
        self._add(leaf)

    def _drawn_formula(self, tex: str, source: int, end: int, style: Style) -> Leaf | None:
        from chat_tui.ui.transcript.math.formula import displayed  # few answers hold formulas

        margin = " " * min(2, self._width // 16)
        rows = displayed(tex, self._width - 2 * len(margin))
        if rows is None:
            return None
        text = "\n".join(f"{margin}{row}{' ' * (self._width - len(margin) - cell_len(row))}" for row in rows)
        return Leaf(Kind.SOURCE, text, [Run(0, source, False, style + self._code_styles.ground)], source, end)

    def _add(self, leaf: Leaf) -> None:
        self._leaves.append(leaf)
        befores = self._befores()
        pieces = wrapped(leaf, self._width) if leaf.kind is Kind.TEXT else lines_of(leaf)
        self._lines += [TextLine(next(befores), leaf, *piece) for piece in pieces]

    def _places(self, inline: Token, block: Token) -> SourceLines:
        """The places of the lines of a text in the source, after the marks of enclosing blocks."""
        begins: list[int] = []
        sources: list[int] = []
        position, number = 0, inline.map[0] if inline.map else 0
        lines = inline.content.split("\n")
        for line in lines:
            source = self._source[number] if number < len(self._source) else ""
            text = line.lstrip(_SPACES)
            if block.type == "heading_open" and block.markup[0] == "#":
                begin = source.index("#") + len(block.markup)
                begin += len(source[begin:]) - len(source[begin:].lstrip())
            else:
                trimmed = source.rstrip() if len(begins) == len(lines) - 1 else source
                begin = max(0, len(trimmed) - len(text))
            begins.append(position)
            sources.append(self._begins[min(number, len(self._source))] + begin - (len(line) - len(text)))
            position, number = position + len(line) + 1, number + 1
        return SourceLines(begins, sources)

    # Other blocks

    def _code(self, token: Token) -> None:
        code = token.content.removesuffix("\n")
        number = (token.map[0] if token.map else 0) + (token.type == "fence")
        runs: list[Run] = []
        position = 0
        for line in code.split("\n"):
            source = self._source[number] if number < len(self._source) else ""
            begin = self._begins[min(number, len(self._source))] + max(0, len(source) - len(line))
            if not runs or begin - runs[-1].source != position - runs[-1].begin:
                runs.append(Run(position, begin, True, self._style))
            position, number = position + len(line) + 1, number + 1
        leaf = Leaf(Kind.CODE, code, runs, self._begin(token), self._end(token))
        self._leaves.append(leaf)
        rows = code_rows(leaf, language_of(token.info), self._width, self._code_styles, number=self._code_number)
        self._code_number += self._code_number > 0
        befores = self._befores()
        self._lines += [InnerLine(next(befores), rows, index) for index in range(len(rows))]

    def _quote(self, token: Token) -> None:
        rule = [Segment("▎ ", self._style + self._styles["rule"])]
        with self._inside(rule, rule, self._style + self._styles["quote"]):
            self._children(self._layouts.keys() - {"heading_open"})

    def _list(self, token: Token) -> None:
        level = token.level + 1
        items = 0
        for following in self._tokens[self._at :]:
            if following.level < level:
                break
            items += following.type == "list_item_open" and following.level == level
        marks = ListMarks(token, items)
        while (item := self._next()).nesting > 0:
            first = marks.next(item, self._styles, self._style)
            blank = [Segment(" " * sum(segment.cell_length for segment in first), self._style)]
            with self._inside(first, blank, self._style):
                self._children(_PARAGRAPHS)

    def _hairline(self, token: Token) -> None:
        segment = Segment("─" * min(_RULE, self._width), self._style + self._styles["rule"])
        self._lines.append(FixedLine(next(self._befores()), [segment], self._begin(token)))

    def _table(self, token: Token) -> None:
        assert token.map is not None
        table = Table(self._begin(token), self._begins[min(token.map[0] + 2, len(self._source))])
        rows: list[list[Leaf]] = []
        aligned: list[str] = []
        while (inner := self._next()).type != "table_close":
            if inner.type == "tr_open":
                row, aligns = self._table_row(inner, table, is_head=not rows)
                rows.append(row)
                aligned = aligned or aligns
        layout = TableLayout(rows[0], rows[1:], aligned, self._style, self._styles["rule"])
        self._lines += layout.lines(self._befores(), self._width)

    def _table_row(self, token: Token, table: Table, *, is_head: bool) -> tuple[list[Leaf], list[str]]:
        begin, end = self._begin(token), self._end(token)
        line = self._source[token.map[0]] if token.map else ""
        prefix = (_CONTAINERS if is_head else _QUOTES).match(line)
        inner = prefix.end() if prefix else 0
        places = cells_of(line[inner:], begin + inner)
        style = self._style + self._styles["head"] if is_head else self._style
        row: list[Leaf] = []
        aligned: list[str] = []
        while (cell := self._next()).type != "tr_close":
            if cell.type in ("th_open", "td_open"):
                aligned.append(str(cell.attrs.get("style", "")).removeprefix("text-align:"))
            elif cell.type == "inline":
                text, *at = places[len(row)] if len(row) < len(places) else ("", [0], [end])
                lines = SourceLines(*(at if text == cell.content else ([0], [begin])))
                drawn, runs, replaced = read_inline(cell, lines, self._styles, style)
                row.append(Leaf(Kind.CELL, drawn, runs, begin, end, replaced=replaced, table=table))
        self._leaves += row
        return row, aligned


def language_of(info: str) -> str:
    """The language that a fence names."""
    return info.strip().partition(" ")[0]


def _is_blank(line: Line) -> bool:
    return not any(segment.text.strip() for segment in (*line.before, *line.segments()))


def _cropped(segments: Sequence[Segment], cells: int) -> Before:
    return tuple(Segment.adjust_line_length(list(segments), cells, pad=False))
