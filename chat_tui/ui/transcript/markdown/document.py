"""Draws Markdown block by block: markdown-it says where a block ends, Rich draws it, this module says how it looks.

A conversation is drawn while it grows, so what is drawn is a list of blocks: a paragraph, a fence, a list, a table.
A finished block is drawn once for a width and kept. HTML is shown as the text it is, but for a few tags within a line;
images are named, never fetched, and only http, https and mailto links are links.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import TypeVar
from urllib.parse import urlsplit

from markdown_it.token import Token
from rich import markdown as rich_markdown
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from chat_tui.domain.text.clean import clean
from chat_tui.ui.text.prose import WrappedText
from chat_tui.ui.text.sanitizer import SAFE_LINK
from chat_tui.ui.theme.palette import Palette
from chat_tui.ui.transcript.code import CodeStyles, code_rows
from chat_tui.ui.transcript.markdown.inline_html import QUIET, draw_tags
from chat_tui.ui.transcript.markdown.lists import List, ListItem, mark_tasks
from chat_tui.ui.transcript.markdown.splitter import new_parser, new_splitter
from chat_tui.ui.transcript.markdown.tables import table_lines

MOST_DEFINITIONS = 500
"""Link definitions of an answer that count."""
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]{1,200}\]:[^\n]+$", re.MULTILINE)
Lines = list[list[Segment]]
AnyDocument = TypeVar("AnyDocument", bound="Document")


class Painter:
    """Draws blocks in the colours of one palette. Costs a few milliseconds to make; keep it for the theme's life.

    What it draws is cleaned first: an answer is clean when it comes, a thread file holds what somebody put there.
    """

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self.parser = new_parser()
        self.splitter = new_splitter()
        self.code_styles = CodeStyles(palette)
        self._console = Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            legacy_windows=False,
            no_color=False,
            highlight=False,
            theme=_rich_theme(palette),
            _environ={},
        )
        self.base = Style(color=palette.text, bgcolor=palette.background)
        """The style of plain text."""

    def style(self, colour: str, *, bold: bool = False, italic: bool = False) -> Style:
        """A style on the conversation's ground."""
        return Style(color=colour, bgcolor=self.palette.background, bold=bold or None, italic=italic or None)

    def markdown(self, source: str, width: int, references: dict[str, object] | None = None) -> Lines:
        """Draws a block of Markdown into lines of at most `width` cells."""
        document = self.document(Document, source, references)
        if any(token.level >= self.parser.options["maxNesting"] - 1 for token in document.parsed):
            return self.text(clean(source).strip("\n"), width)  # the parser leaves out what is nested deeper
        return trim(self.lines(document, width))

    def document(
        self, kind: type[AnyDocument], source: str, references: dict[str, object] | None = None
    ) -> AnyDocument:
        """A block of Markdown as something that Rich draws."""
        env: dict[str, object] = {"references": dict(references)} if references else {}
        return kind(self.parser.parse(clean(source), env), self.code_styles)

    def text(self, text: str, width: int, style: Style | None = None) -> Lines:
        """Draws plain text, wrapped, its line breaks kept."""
        return self.lines(WrappedText(clean(text), style=style or ""), width)

    def lines(self, renderable: RenderableType, width: int) -> Lines:
        """Draws any renderable."""
        options = self._console.options.update(width=max(8, width), height=None)
        return self._console.render_lines(renderable, options, style=self.base, pad=False)

    def references(self, source: str) -> dict[str, object]:
        """The link definitions of a whole source (`[1]: https://…`): a block alone can't see those below it."""
        if "]:" not in source:
            return {}
        found = [match[0] for _, match in zip(range(MOST_DEFINITIONS), _DEFINITION.finditer(source), strict=False)]
        env: dict[str, dict[str, object]] = {}
        self.splitter.parse("\n".join(found), env)
        return env.get("references", {})


def trim(lines: Lines) -> Lines:
    """Leaves out blank lines at both ends: the gaps between blocks are the conversation's matter."""
    while lines and not any(segment.text.strip() for segment in lines[-1]):
        lines.pop()
    while lines and not any(segment.text.strip() for segment in lines[0]):
        lines.pop(0)
    return lines


def _rich_theme(palette: Palette) -> Theme:
    strong = Style(color=palette.text, bold=True)
    return Theme(
        {
            "markdown.paragraph": Style(color=palette.text),
            "markdown.text": Style(color=palette.text),
            "markdown.em": Style(italic=True),
            "markdown.emph": Style(italic=True),
            "markdown.strong": Style(bold=True),
            "markdown.s": Style(strike=True),
            "markdown.kbd": Style(color=palette.text, bgcolor=palette.raised, bold=True),
            "markdown.u": Style(underline=True),
            f"markdown.{QUIET}": Style(color=palette.muted),
            "markdown.task": Style(color=palette.muted),
            "markdown.task.done": Style(color=palette.success),
            "markdown.code": Style(color=palette.string, bgcolor=palette.raised),
            "markdown.code_block": Style(color=palette.text),
            "markdown.block_quote": Style(color=palette.muted),
            "markdown.item": Style(),
            "markdown.list": Style(),
            "markdown.item.bullet": Style(color=palette.muted),
            "markdown.item.number": Style(color=palette.muted),
            "markdown.hr": Style(color=palette.faint),
            "markdown.h1": Style(color=palette.accent, bold=True),
            "markdown.h2": Style(color=palette.accent, bold=True),
            "markdown.h3": strong,
            "markdown.h4": strong,
            "markdown.h5": strong,
            "markdown.h6": strong,
            "markdown.link": Style(color=palette.accent, underline=True),
            "markdown.link_url": Style(color=palette.accent, underline=True),
            "markdown.table.border": Style(color=palette.faint),
            "markdown.table.header": Style(bold=True),
        },
    )


class Document(rich_markdown.Markdown):
    """Rich's Markdown over tokens of our own parser, with our own code, lists, quotes, tables and rules."""

    inlines = {*rich_markdown.Markdown.inlines, "kbd", "u", QUIET}  # noqa: RUF012 - as Rich declares it

    def __init__(self, tokens: list[Token], code_styles: CodeStyles) -> None:
        # Not super().__init__: it makes a parser, a millisecond for each block. What it sets is set here.
        self.markup, self.style, self.justify, self.code_theme = "", "none", None, ""
        self.hyperlinks, self.inline_code_lexer, self.inline_code_theme = True, None, ""
        self.parsed = mark_tasks([_safe(token) for token in tokens])
        self.code_styles = code_styles

    def _flatten_tokens(self, tokens: Iterable[Token]) -> Iterator[Token]:
        for token in super()._flatten_tokens(tokens):
            # A single line break is meant: models write verse, addresses and lists with them.
            yield Token("hardbreak", "br", 0) if token.type == "softbreak" else token


def _safe(token: Token) -> Token:
    """Takes links that must not be followed out of an inline token, and shows where a misleading one leads."""
    if token.type != "inline" or not token.children:
        return token
    children: list[Token] = []
    opened: list[tuple[str, int] | None] = []
    for child in token.children:
        if child.type == "image":
            children += _text(f"[image: {child.content or 'no description'}] {child.attrs.get('src', '')}".rstrip())
        elif child.type == "link_open":
            href = str(child.attrs.get("href", ""))
            good = SAFE_LINK.fullmatch(href) is not None
            opened.append((href, len(children) + 1) if good else None)
            children += [child] if good else []
        elif child.type == "link_close":
            target = opened.pop() if opened else None
            if target is None:
                continue
            href, begin = target
            words = "".join(each.content for each in children[begin:])
            children.append(child)
            if _misleads(words, href):
                children += _text(f" ({urlsplit(href).netloc})")
        else:
            children.append(child)
    token.children = draw_tags(children)
    return token


def _text(content: str) -> list[Token]:
    return [Token("text", "", 0, content=content)]


def _misleads(words: str, href: str) -> bool:
    """Whether a link's text looks like an address of another host than the link has."""
    shown = re.search(r"(?:https?://|www\.)([^\s/?#]+)|^([\w-]+(?:\.[\w-]+)+)(?:/|$)", words.strip())
    host = (urlsplit(href).hostname or "").removeprefix("www.")
    claimed = (shown.group(1) or shown.group(2)).lower().removeprefix("www.") if shown else host
    return claimed.split(":")[0] != host or "@" in urlsplit(href).netloc


class _Code(rich_markdown.TextElement):
    """A code block: a rule at its left, its language named, on a ground of its own."""

    style_name = "markdown.code_block"

    def __init__(self, language: str, styles: CodeStyles) -> None:
        self.language = language
        self.styles = styles

    @classmethod
    def create(cls, markdown: rich_markdown.Markdown, token: Token) -> _Code:
        assert isinstance(markdown, Document)
        return cls((token.info or "").strip().partition(" ")[0], markdown.code_styles)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).removesuffix("\n")
        for row in code_rows(code, self.language, max(8, options.max_width), self.styles):
            yield from row
            yield Segment.line()


class _Quote(rich_markdown.BlockQuote):
    """A quotation: a rule at its left."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update(width=max(8, options.max_width - 2))
        for line in console.render_lines(self.elements, inner, style=self.style, pad=False):
            yield Segment("▎ ", console.get_style("markdown.hr"))
            yield from line
            yield Segment.line()


class _Rule(rich_markdown.HorizontalRule):
    """A thematic break: a short hairline."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment("─" * min(24, options.max_width), console.get_style("markdown.hr"))
        yield Segment.line()


class Paragraph(rich_markdown.Paragraph):
    """A paragraph."""

    def on_enter(self, context: rich_markdown.MarkdownContext) -> None:
        """Begins with an empty text."""
        super().on_enter(context)
        self.text = WrappedText()


class Heading(rich_markdown.Heading):
    """A heading, at the left like all text."""

    def on_enter(self, context: rich_markdown.MarkdownContext) -> None:
        """Begins with an empty text."""
        super().on_enter(context)
        self.text = WrappedText()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text


class _Table(rich_markdown.TableElement):
    """A table: hairlines only under the head."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        header = []
        for cell in self.header.row.cells if self.header and self.header.row else ():
            header.append(heading := _cell(cell))
            heading.stylize("markdown.table.header")
        rows = [[_cell(cell) for cell in row.cells] for row in (self.body.rows if self.body else ())]
        style = console.get_style("markdown.table.border")
        for line in table_lines(console, header, rows, options.max_width, style):
            yield from line
            yield Segment.line()


def _cell(cell: rich_markdown.TableDataElement) -> Text:
    text = cell.content.copy()
    text.justify, text.end = cell.justify, ""
    return text


Document.elements = {
    **rich_markdown.Markdown.elements,
    "fence": _Code,
    "code_block": _Code,
    "blockquote_open": _Quote,
    "hr": _Rule,
    "bullet_list_open": List,
    "ordered_list_open": List,
    "list_item_open": ListItem,
    "heading_open": Heading,
    "paragraph_open": Paragraph,
    "table_open": _Table,
}
