"""Lays out code blocks: a rule at the left, the language, colours for the pieces that are seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.theme.palette import Palette
from chat_tui.ui.transcript.leaf import Leaf, Spots
from chat_tui.ui.transcript.plain import CHUNK, PlainRows, TextStyle
from chat_tui.ui.transcript.rows import Rows, SourceRows

MOST_LINES = 2_000
"""Lines of code beyond which it is shown plain."""
MOST_CODE = 100_000
"""Characters, too: lexers are slow on hostile text."""
MOST_LINE = 1_000
"""And characters of one line: what makes a lexer slow is a long one."""
NUMBERED = 20
"""Lines of code from which they are numbered."""
NARROW = 40
"""Cells below which they are not."""
MOST_NUMBERED = 9
"""Blocks of a message that a digit copies."""
PATIENCE = 0.1
"""Seconds; once a piece has taken longer, all the others stay plain."""
LEXERS = frozenset(
    """
    bash c c++ cpp console cs csharp css csv diff dockerfile docker elixir erlang fish go golang graphql haskell html
    http ini java javascript js json jsx julia kotlin latex less lua make makefile markdown md matlab nginx nix ocaml
    objective-c perl php powershell ps1 protobuf py python python3 r rb ruby rs rust scala scss sh shell sql swift tex
    toml ts tsx typescript vim xml yaml yml zig zsh
    """.split()  # noqa: SIM905 - forty words, not forty lines
)


class CodeStyles:
    """Code colours from a palette."""

    def __init__(self, palette: Palette) -> None:
        ground = palette.raised
        self.shift: int | None = None
        """The first cell that is seen of lines of code; None where they are wrapped."""
        self.ground = Style(bgcolor=ground)
        self.text = Style(color=palette.text, bgcolor=ground)
        self.rule = Segment("┃ ", Style(color=palette.faint, bgcolor=ground))
        self.again = Segment("↪ ", Style(color=palette.muted, bgcolor=ground))
        self.hint = Style(color=palette.muted, bgcolor=ground)
        self.label = Style(color=palette.muted, bgcolor=ground, italic=True)
        self._styles: dict[tuple[str, ...], Style] = {
            Comment: Style(color=palette.comment, bgcolor=ground, italic=True),
            Keyword: Style(color=palette.keyword, bgcolor=ground),
            Operator.Word: Style(color=palette.keyword, bgcolor=ground),
            String: Style(color=palette.string, bgcolor=ground),
            Number: Style(color=palette.number, bgcolor=ground),
            Name.Function: Style(color=palette.function, bgcolor=ground),
            Name.Class: Style(color=palette.function, bgcolor=ground),
            Name.Decorator: Style(color=palette.function, bgcolor=ground),
            Name.Tag: Style(color=palette.keyword, bgcolor=ground),
            Generic.Deleted: Style(color=palette.error, bgcolor=ground),
            Generic.Inserted: Style(color=palette.success, bgcolor=ground),
        }

    def of(self, token: tuple[str, ...]) -> Style:
        """The style of a token type, or of its nearest parent."""
        kind = token
        while kind:
            if style := self._styles.get(kind):
                return style
            kind = kind[:-1]
        return self.text


class _Painter:
    """Highlights the pieces of one block of code; stops where that takes long."""

    def __init__(self, language: str, styles: CodeStyles) -> None:
        self._language = language
        self._styles = styles
        self._is_slow = False

    def __call__(self, text: str, begin: int, end: int) -> list[list[Segment]] | None:
        if self._is_slow or len(text) > MOST_CODE or text.count("\n") >= MOST_LINES:
            return None
        # What stands above says whether a piece begins within a string: the last piece of it is enough, mostly.
        start = text.rfind("\n", 0, max(0, begin - CHUNK)) + 1
        piece = text[start:end]
        if max(map(len, piece.split("\n"))) > MOST_LINE:
            return None
        lines: list[list[Segment]] = [[]]
        started = time.monotonic()
        for kind, value in _lexer(self._language).get_tokens(piece):
            style = self._styles.of(kind)
            first, *others = value.split("\n")
            lines[-1].append(Segment(first, style))
            lines += [[Segment(each, style)] for each in others]
        self._is_slow = time.monotonic() - started > PATIENCE
        return lines[text.count("\n", start, begin) :]


class CodeRows(SourceRows):
    """A block of code: mostly a row with its language, and its lines."""

    __slots__ = ("_begin", "head", "language", "text")

    def __init__(self, head: Sequence[Strip], text: PlainRows, begin: int, language: str) -> None:
        """Creates the rows.

        Args:
            head: the rows above the code.
            text: the code.
            begin: where the block begins in the source; its text stands behind that.
            language: as the fence names it.
        """
        self.language = language
        self.text = text
        self.head = head
        self._begin = begin

    def __len__(self) -> int:
        return len(self.head) + len(self.text)

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The code."""
        return self.text.leaves

    def row(self, index: int) -> Strip:
        """One row."""
        inside = index - len(self.head)
        return self.head[index] if inside < 0 else self.text.row(inside)

    def offset_at(self, index: int) -> int:
        """Where in the source a row begins."""
        return self.text.offset_at(index - len(self.head)) if index else self._begin

    def spots(self, index: int) -> Spots:
        """What the cells of a row show."""
        inside = index - len(self.head)
        return [] if inside < 0 else self.text.spots(inside)

    def row_at(self, offset: int) -> int:
        """The row of a character of the source."""
        if offset < self.text.leaf.source(0) or not len(self.text):
            return 0
        return len(self.head) + self.text.row_at(offset)


def code_rows(
    leaf: Leaf,
    language: str,
    width: int,
    styles: CodeStyles,
    *,
    number: int = 0,
    note: str = "",
    is_growing: bool = False,
    before: Rows | None = None,
) -> CodeRows:
    """Draws a block of code of any size.

    Args:
        leaf: its text; the block begins where it does.
        language: as the fence names it; plain where it is none of `LEXERS`.
        width: cells.
        styles: the colours.
        number: which block of its message it is, from 1; 0 for none that a digit copies.
        note: what is said of it beside its language.
        is_growing: whether more lines come: they would move to the right once they are numbered.
        before: its rows before it grew.
    """
    if isinstance(before, CodeRows):
        text = before.text.grown(leaf.text, leaf)
    else:
        name = language.lower()
        paint = _Painter(name, styles) if name in LEXERS else None
        lines = leaf.text.count("\n") + 1
        gutter = len(str(lines)) + 1 if lines >= NUMBERED and width >= NARROW and not is_growing else 0
        style = TextStyle(styles.text, styles.rule, styles.again, styles.shift, styles.ground, paint, gutter)
        text = PlainRows(leaf.text, width, style, leaf=leaf)
    head = _head(f"{language} · {note}" if note else language, number, width, styles)
    empty = [] if len(text) or head else [Strip([styles.rule]).crop_extend(0, width, styles.ground)]
    return CodeRows(head or empty, text, leaf.begin, language)


def _head(language: str, number: int, width: int, styles: CodeStyles) -> list[Strip]:
    """The row above code, if there is something to say: its language, and the key that copies it."""
    copy = tr("{key} copy ", key=number) if 0 < number <= MOST_NUMBERED else ""
    label = cut(clean(language, multiline=False), width - 3)
    if not label and not copy:
        return []
    left = Strip([styles.rule, Segment(label, styles.label)])
    gap = width - left.cell_length - len(copy)
    if not copy or gap < 1:
        return [left.crop_extend(0, width, styles.ground)]
    return [Strip([*left, Segment(" " * gap, styles.ground), Segment(copy, styles.hint)])]


def warm() -> None:
    """Loads the lexers that most answers need. Takes about 0.1 s, for which keys would wait; meant for a thread."""
    for name in ("python", "bash", "json", "javascript"):
        _lexer(name)


@lru_cache(len(LEXERS) + 1)
def _lexer(name: str) -> Lexer:
    """A lexer by name, cached: finding one is slow."""
    return get_lexer_by_name(name, stripnl=False, ensurenl=True, tabsize=4)
