"""Extracts parts of a message: blocks, links, tables, the name of a file for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments.lexers import get_lexer_by_name

from chat_tui.ui.text.sanitizer import SAFE_LINK
from chat_tui.ui.transcript.code import LEXERS
from chat_tui.ui.transcript.markdown.splitter import new_parser
from chat_tui.ui.transcript.selection import Block, SourceMap

_BARE = re.compile(r"https?://[!-~]+", re.IGNORECASE)


def block_text(source: SourceMap, blocks: Sequence[Block]) -> str:
    """The text to copy for blocks: their Markdown; for one block of code, the code."""
    code = blocks[0].code if len(blocks) == 1 else None
    return code if code is not None else source.written(blocks)


def is_code(blocks: Sequence[Block]) -> bool:
    """Whether the blocks are one block of code, which is copied without its fence."""
    return len(blocks) == 1 and blocks[0].code is not None


def table_tsv(source: SourceMap, block: Block) -> str:
    """A table as tab-separated values: a line for each row, a tab or a line break in a cell becoming a space."""
    if not block.cells:
        return _plain_tsv(source.written([block]))
    rows: dict[int, list[str]] = {}
    for leaf in block.cells:
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


def links(parser: MarkdownIt, source: str) -> list[str]:
    """The addresses of all links in a message, without duplicates, in order."""
    urls: dict[str, None] = {}
    text = ""
    for token in _leaves(parser.parse(source)):
        if token.type in ("text", "text_special"):
            text += token.content
            continue
        urls |= dict.fromkeys(url.rstrip(".,;:!?)]}'\"") for url in _BARE.findall(text))
        text = ""
        if token.type == "link_open":
            urls[str(token.attrs.get("href", ""))] = None
    return [url for url in urls if SAFE_LINK.fullmatch(url)]


def _leaves(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def last_block(source: SourceMap, kind: str) -> Block | None:
    """The last block of a kind: `table_open`; with `code`, of code."""
    blocks = (block for block in reversed(source.blocks) if block.kind == kind or (kind == "code" and is_code([block])))
    return next(blocks, None)


def file_name(blocks: Sequence[Block]) -> str:
    """A file name for these blocks: `.md`, or with the suffix of the code's language."""
    if not is_code(blocks):
        return "snippet.md"
    language = blocks[0].language.lower()
    patterns = get_lexer_by_name(language).filenames if language in LEXERS else []
    name = patterns[0] if patterns else "*.txt"
    return name.replace("*", "snippet") if re.fullmatch(r"\*?[\w.+-]+", name) else "snippet.txt"
