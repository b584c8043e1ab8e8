"""Extracts pieces of a message: blocks, links, tables, and names for their files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pygments.lexers import get_lexer_by_name

from chat_tui.i18n import tr
from chat_tui.ui.text.links import SAFE_LINK
from chat_tui.ui.text.paths import path_of_code
from chat_tui.ui.transcript.code import LEXERS
from chat_tui.ui.transcript.leaf import Kind, Leaf
from chat_tui.ui.transcript.markdown.splitter import new_parser
from chat_tui.ui.transcript.selection import Block, SourceMap

BARE_LINK = re.compile(r"https?://[!-~]+", re.IGNORECASE)
"""An address in plain text; `without_punctuation` cuts what the sentence adds."""
ExcerptKind = Literal["code", "table", "text", "link", "path", "picture"]


@dataclass(frozen=True, slots=True)
class TableExcerpt:
    """A table of a message."""

    source: str
    cells: tuple[Leaf, ...] = ()
    """Where it is drawn as a table."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a message that the user has selected."""

    kind: ExcerptKind
    text: str
    """What is copied: its source; of code, the code; of a link, its address."""
    language: str = ""
    """Of code."""
    address: str = ""
    """Of a link or a picture; of a path, the file."""
    path: str = ""
    """The file that it is a version of, as far as the message says."""
    tables: tuple[TableExcerpt, ...] = ()
    """The tables in it."""
    blocks: int = 1
    """The number of blocks it consists of."""

    @property
    def name(self) -> str:
        """What it is, for a notice."""
        return tr("{blocks} blocks", blocks=self.blocks) if self.blocks > 1 else _NAMES[self.kind]

    @property
    def file_name(self) -> str:
        """A file name for it: that of the file it is a version of, else by the language of code."""
        if self.path:
            return self.path.rpartition("/")[2]
        return _file_name(self.language) if self.kind == "code" else "snippet.md"


_NAMES = {
    "code": tr("Code"),
    "table": tr("Table"),
    "text": tr("Block"),
    "link": tr("Link"),
    "path": tr("Path"),
    "picture": tr("Picture"),
}


def excerpt_of(source: SourceMap, blocks: Sequence[Block]) -> Excerpt:
    """The excerpt of consecutive blocks of a message."""
    written = source.written(blocks)
    tables = tuple(TableExcerpt(source.written([each]), each.cells) for each in blocks if each.kind == "table_open")
    if len(blocks) > 1:
        return Excerpt("text", written, tables=tables, blocks=len(blocks))
    block = blocks[0]
    if block.code is not None:
        at = source.blocks.index(block)
        above = source.blocks[at - 1] if at and source.blocks[at - 1].part == block.part else None
        before = source.written([above]) if above is not None and above.code is None else ""
        opening = written.partition("\n")[0].strip()
        info = opening.lstrip("`~") if opening.startswith(("```", "~~~")) else ""
        path = path_of_code(info, block.code, before)
        return Excerpt("code", block.code, block.language, path=path)
    return Excerpt("table" if tables else "text", written, tables=tables)


def table_tsv(table: TableExcerpt) -> str:
    """A table as tab-separated values: a line for each row, a tab or a line break in a cell becoming a space."""
    if not table.cells:
        return _plain_tsv(table.source)
    rows: dict[int, list[str]] = {}
    for leaf in table.cells:
        rows.setdefault(leaf.begin, []).append(" ".join(leaf.text.split()))
    return "\n".join("\t".join(cells) for cells in rows.values())


def _plain_tsv(source: str) -> str:
    """The same for a table that is too long to be drawn as one."""
    rows: list[list[str]] = []
    for token in new_parser().parse(source):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            text = "".join(" " if child.tag == "br" else child.content for child in token.children or ())
            rows[-1].append(" ".join(text.split()))
    return "\n".join("\t".join(cells) for cells in rows)


def links(source: SourceMap) -> list[str]:
    """The addresses of all links in a message, without duplicates, in order."""
    urls: dict[str, None] = {}
    for leaf in source.leaves:
        if leaf.kind is not Kind.CODE:
            urls |= dict.fromkeys(url for _, _, url in leaf.linked(0, len(leaf.text)))
            urls |= dict.fromkeys(map(without_punctuation, BARE_LINK.findall(leaf.text)))
    return [url for url in urls if SAFE_LINK.fullmatch(url)]


def without_punctuation(url: str) -> str:
    """An address without the marks of the sentence behind it."""
    return url.rstrip(".,;:!?)]}'\"")


def last_block(source: SourceMap, kind: str) -> Block | None:
    """The last block of a kind: `table_open`; with `code`, of code."""
    blocks = reversed(source.blocks)
    return next((each for each in blocks if each.kind == kind or (kind == "code" and each.code is not None)), None)


def _file_name(language: str) -> str:
    """A file name with the suffix of a language."""
    patterns = get_lexer_by_name(language.lower()).filenames if language.lower() in LEXERS else []
    name = patterns[0] if patterns else "*.txt"
    return name.replace("*", "snippet") if re.fullmatch(r"\*?[\w.+-]+", name) else "snippet.txt"
