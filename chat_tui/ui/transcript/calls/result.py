"""The result of a tool call as what it is: JSON, a table, Markdown or text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.json import Json
from chat_tui.ui.transcript.code import CodeStyles, code_rows
from chat_tui.ui.transcript.json_answer import MOST_JSON, indented_json
from chat_tui.ui.transcript.leaf import Kind, Leaf, Run, Spot, Spots
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.rows import Part, Rows, SourceRows

MOST_ROWS = 200
"""Rows of a table that are drawn as one; a longer one is shown as JSON."""
MOST_COLUMNS = 8
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$&:^=])")
_MARKDOWN = re.compile(
    r"^ {0,3}(?:```|~~~)|^ {0,3}\|?(?: *:?-{3,}:? *\|)+|^#{1,6} .*\n(?:.*\n)*?.*(?:\*\*|\]\()", re.MULTILINE
)
"""A fence, a table, or a heading with marks below it: signs that no program's output has by chance."""
_LOOKED_AT = 20_000
"""Characters in which they are looked for."""


class _WholeRows(SourceRows):
    """Rows that show a source in another form: what is selected of them is the whole of it."""

    __slots__ = ("_leaf", "_rows")

    def __init__(self, rows: Rows, leaf: Leaf) -> None:
        self._rows = rows
        self._leaf = leaf

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def leaves(self) -> Sequence[Leaf]:
        """The source."""
        return [self._leaf]

    def row(self, index: int) -> Strip:
        """One row."""
        return self._rows[index]

    def offset_at(self, index: int) -> int:
        """The beginning of the source, for all rows."""
        return 0

    def spots(self, index: int) -> Spots:
        """The whole source, in every cell."""
        return [Spot(self._leaf, 0, len(self._leaf.text))] * self._rows[index].cell_length


def is_markdown(text: str) -> bool:
    """Whether a result is written in Markdown, as far as its signs tell."""
    return bool(_MARKDOWN.search(text[:_LOOKED_AT]))


def json_part(text: str, begin: int, painter: Painter, width: int, *, number: int = 0) -> Part | None:
    """The rows of a text that is JSON; None where it is none.

    Args:
        text: the text.
        begin: where it begins in the source of the turn.
        painter: draws.
        width: cells.
        number: of the block among those of its turn that a digit copies; 0 for none.
    """
    if text[:1] not in ("{", "[") or len(text) > MOST_JSON or (pretty := indented_json(text)) is None:
        return None
    styles: CodeStyles = painter.code_styles
    runs, replaced = [Run(*place, styles.text) for place in pretty[1]], [(0, len(pretty[0]), text)]
    leaf = Leaf(Kind.SOURCE, pretty[0], runs, 0, len(text), replaced=replaced)
    return Part(begin, begin + len(text), code_rows(leaf, "json", width, styles, number=number), "fence", "json")


def table_part(text: str, painter: Painter, width: int) -> Part | None:
    """The rows of a list of flat JSON objects with the same names, as a table; None where it is none."""
    if text[:1] != "[" or len(text) > MOST_JSON or (rows := _flat(text)) is None:
        return None
    names = list(rows[0])
    lines = [names, *([_cell(row[name]) for name in names] for row in rows)]
    cells = [" | ".join(map(_escaped, line)) for line in lines]
    cells.insert(1, " | ".join(["---"] * len(names)))
    drawn = painter.markdown("\n".join(f"| {line} |" for line in cells), width)
    leaf = Leaf(Kind.SOURCE, text, [Run(0, 0, False, Style())], 0, len(text), replaced=[(0, len(text), text)])
    return Part(0, len(text), _WholeRows(drawn, leaf), "fence", "json")


def _flat(text: str) -> list[dict[str, Json]] | None:
    try:
        value = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    if not 0 < len(value) <= MOST_ROWS or not all(isinstance(each, dict) for each in value):
        return None
    names = list(value[0])
    if not 0 < len(names) <= MOST_COLUMNS or any(list(each) != names for each in value):
        return None
    return None if any(isinstance(each, (dict, list)) for row in value for each in row.values()) else value


def _cell(value: Json) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _escaped(text: str) -> str:
    """A text that is no markup."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
