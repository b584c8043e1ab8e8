"""The pieces of a message that are taken out by themselves: its links, a block's file name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments.lexers import get_lexer_by_name

from chat_tui.ui.text.sanitizer import SAFE_LINK
from chat_tui.ui.transcript.code import LEXERS
from chat_tui.ui.transcript.source_map import Block, SourceMap, is_code

_BARE = re.compile(r"https?://[!-~]+", re.IGNORECASE)


def links(parser: MarkdownIt, source: str) -> list[str]:
    """The addresses in a message, each once, in order: those that are links, marked as such or not."""
    found: dict[str, None] = {}
    for token in _leaves(parser.parse(source)):
        if token.type == "link_open":
            found[str(token.attrs.get("href", ""))] = None
        elif token.type == "text":
            found |= dict.fromkeys(each.rstrip(".,;:!?)]}'\"") for each in _BARE.findall(token.content))
    return [each for each in found if SAFE_LINK.fullmatch(each)]


def _leaves(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def last_block(found: SourceMap, kind: str) -> Block | None:
    """The last block of a kind: `table_open`; with `code`, of code."""
    wanted = (
        each for each in reversed(found.blocks) if each.kind == kind or (kind == "code" and is_code(found, [each]))
    )
    return next(wanted, None)


def file_name(found: SourceMap, blocks: list[Block]) -> str:
    """A name for a file with these blocks: Markdown, or what the code's language is kept in."""
    if not is_code(found, blocks):
        return "snippet.md"
    language = blocks[0].language.lower()
    patterns = get_lexer_by_name(language).filenames if language in LEXERS else []
    name = patterns[0] if patterns else "*.txt"
    return name.replace("*", "snippet") if re.fullmatch(r"\*?[\w.+-]+", name) else "snippet.txt"
