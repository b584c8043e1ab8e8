"""Draws Markdown block by block: markdown-it finds the blocks, this package lays them out and styles them.

A conversation is drawn while it grows, so what is drawn is a list of blocks: a paragraph, a fence, a list, a table.
A finished block is laid out once for a width and kept. HTML is shown as the text it is, but for a few tags within a
line; images are named, never fetched, and only http, https and mailto links are links.
"""

from __future__ import annotations

import re

from rich.style import Style
from textual.strip import Strip

from chat_tui.domain.text.clean import clean
from chat_tui.ui.theme.palette import Palette
from chat_tui.ui.transcript.code import CodeStyles
from chat_tui.ui.transcript.lines import LaidOutRows, plain_leaf, text_rows
from chat_tui.ui.transcript.markdown.blocks import BlockLayout
from chat_tui.ui.transcript.markdown.inline_html import QUIET
from chat_tui.ui.transcript.markdown.lists import mark_tasks
from chat_tui.ui.transcript.markdown.splitter import new_parser, new_splitter

MOST_DEFINITIONS = 500
"""Link definitions of an answer that count."""
NARROWEST = 8
"""Cells of a row, at the least."""
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]{1,200}\]:[^\n]+$", re.MULTILINE)


class Painter:
    """Draws Markdown and text in the colours of one palette. Creating it takes milliseconds: keep one for each theme.

    What it draws is cleaned first: an answer is clean when it comes, a thread file holds what somebody put there.
    """

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self.parser = new_parser()
        self.splitter = new_splitter()
        self.code_styles = CodeStyles(palette)
        self.base = Style(color=palette.text, bgcolor=palette.background)
        """The style of plain text."""
        self._styles = _styles(palette, self.base)

    def style(self, colour: str, *, bold: bool = False, italic: bool = False) -> Style:
        """A style on the conversation's background."""
        return Style(color=colour, bgcolor=self.palette.background, bold=bold or None, italic=italic or None)

    def markdown(
        self, source: str, width: int, references: dict[str, object] | None = None, *, code_number: int = 0
    ) -> LaidOutRows:
        """Lays out Markdown.

        Args:
            source: one block.
            width: cells of the widest row.
            references: where its links lead that are defined in other blocks.
            code_number: which block of code of its message the first one in it is, from 1; 0 where digits copy none.
        """
        source, width = clean(source), max(NARROWEST, width)
        env: dict[str, object] = {"references": dict(references)} if references else {}
        tokens = self.parser.parse(source, env)
        if any(token.level >= self.parser.options["maxNesting"] - 1 for token in tokens):
            text = source.strip("\n")  # the parser leaves out what is nested deeper
            begin = len(source) - len(source.lstrip("\n")) if text else 0
            return text_rows(plain_leaf(text, self.base, begin), width)
        styles = self.code_styles
        return BlockLayout(mark_tasks(tokens), source, width, self._styles, styles, code_number=code_number).rows()

    def text(self, text: str, width: int, style: Style | None = None) -> list[Strip]:
        """Draws plain text, wrapped, with its line breaks."""
        leaf = plain_leaf(clean(text), self.base + style if style else self.base)
        return list(text_rows(leaf, max(NARROWEST, width)))

    def references(self, source: str) -> dict[str, object]:
        """The link definitions of a whole source (`[1]: https://…`): a block alone can't see those below it."""
        if "]:" not in source:
            return {}
        definitions = [
            match[0] for _, match in zip(range(MOST_DEFINITIONS), _DEFINITION.finditer(source), strict=False)
        ]
        env: dict[str, dict[str, object]] = {}
        self.splitter.parse("\n".join(definitions), env)
        return env.get("references", {})


def _styles(palette: Palette, base: Style) -> dict[str, Style]:
    """The styles of elements, by the tags that markdown-it gives them or by what they are."""
    strong = Style(color=palette.text, bold=True)
    heading = Style(color=palette.accent, bold=True)
    return {
        "base": base,
        "paragraph": Style(color=palette.text),
        "em": Style(italic=True),
        "strong": Style(bold=True),
        "s": Style(strike=True),
        "u": Style(underline=True),
        "kbd": Style(color=palette.text, bgcolor=palette.raised, bold=True),
        QUIET: Style(color=palette.muted),
        "code": Style(color=palette.string, bgcolor=palette.raised),
        "a": Style(color=palette.accent, underline=True),
        "quote": Style(color=palette.muted),
        "bullet": Style(color=palette.muted),
        "number": Style(color=palette.muted),
        "task": Style(color=palette.muted),
        "done": Style(color=palette.success),
        "rule": Style(color=palette.faint),
        "head": Style(bold=True),
        **dict.fromkeys(("h1", "h2"), heading),
        **dict.fromkeys(("h3", "h4", "h5", "h6"), strong),
    }
