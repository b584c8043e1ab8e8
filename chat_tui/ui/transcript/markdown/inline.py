"""Reads the inline tokens of a paragraph into a text with styles and places in the source."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from urllib.parse import urlsplit

from markdown_it.token import Token
from rich.style import Style

from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.text.links import SAFE_LINK
from chat_tui.ui.transcript.leaf import Replaced, Run
from chat_tui.ui.transcript.lines import without_tabs
from chat_tui.ui.transcript.markdown.formulas import FORMULA, tex_of
from chat_tui.ui.transcript.markdown.inline_html import draw_tags
from chat_tui.ui.transcript.markdown.places import PLACE

Inline = tuple[str, Sequence[Run], Sequence[Replaced]]
"""A text, what its characters stand for, and which of them stand for others: see `Leaf`."""


class SourceLines:
    """Maps a text to the source, where its lines have prefixes."""

    def __init__(self, begins: Sequence[int], sources: Sequence[int]) -> None:
        """Takes the places of the lines.

        Args:
            begins: where each line begins in the text, from 0 on.
            sources: where each line begins in the source.
        """
        self._begins = begins
        self._sources = sources

    def source(self, at: int) -> int:
        """The place in the source."""
        index = bisect_right(self._begins, at) - 1
        return self._sources[index] + at - self._begins[index]

    def pieces(self, at: int, length: int) -> list[tuple[int, int]]:
        """A part of the text, split at line breaks: the place of each piece in the source, and its length."""
        pieces = []
        index = bisect_right(self._begins, at) - 1
        end = at + length
        while at < end:
            stop = min(end, self._begins[index + 1]) if index + 1 < len(self._begins) else end
            pieces.append((self._sources[index] + at - self._begins[index], stop - at))
            at, index = stop, index + 1
        return pieces


def read_inline(token: Token, lines: SourceLines, styles: dict[str, Style], base: Style) -> Inline:
    """Reads a text.

    Args:
        token: the inline token.
        lines: where its lines stand.
        styles: of its elements, by their tags.
        base: the style of plain text.
    """
    reader = _Reader(token.content, lines)
    stack = [base]
    for child in _drawable(token.children or ()):
        style = stack[-1]
        if child.nesting > 0:
            link = Style(link=str(child.attrs["href"])) if child.type == "link_open" else Style()
            stack.append(style + styles.get(child.tag, _NONE) + link)
        elif child.nesting < 0:
            if len(stack) > 1:
                stack.pop()
        elif child.type in ("softbreak", "hardbreak"):  # models write verse and addresses with single ones
            reader.add("\n", child.meta[PLACE], style)
        elif child.type == "code_inline":
            reader.add_code(child, style + styles["code"])
        elif child.type == FORMULA and (drawn := _formula(child.content)) is not None and "\t" not in token.content:
            reader.add_formula(drawn, child, style)
        elif child.content:
            reader.add(child.content, child.meta[PLACE], style)
    text, runs, tabs = without_tabs("".join(reader.text), tuple(reader.runs))
    return text, runs, reader.replaced or tabs


_NONE = Style()


def _formula(written: str) -> str | None:
    from chat_tui.ui.transcript.math.formula import in_line, is_price  # few answers hold formulas

    tex, _ = tex_of(written)
    return None if is_price(tex) else in_line(tex)


class _Reader:
    def __init__(self, content: str, lines: SourceLines) -> None:
        self.text: list[str] = []
        self.runs: list[Run] = []
        self.replaced: list[Replaced] = []
        self._length = 0
        self._content = content
        self._lines = lines

    def add(self, text: str, at: int, style: Style) -> None:
        """Adds a text for a part of the content that begins at a place: the same, or other characters."""
        content = self._content
        if content.startswith(text, at):
            self._add_exact(text, at, style)
        elif content.startswith(text, at + 1):  # behind a backslash, or between angle brackets
            self._add_exact(text, at + 1, style)
        else:
            self._add(text, self._lines.source(at), style, is_exact=False)

    def add_code(self, token: Token, style: Style) -> None:
        """Adds code: its line breaks are spaces, and of a space at both its ends one is not drawn."""
        code, at = token.content, token.meta[PLACE] + len(token.markup)
        written = self._content[at : at + len(code)]
        if code and written.replace("\n", " ") != code:
            at += 1
        self._add_exact(code, at, style)

    def add_formula(self, drawn: str, token: Token, style: Style) -> None:
        """Adds a formula as it is drawn."""
        at = token.meta[PLACE]
        self.replaced.append((self._length, self._length + len(drawn), token.content))
        self._add(drawn, self._lines.source(at), style, is_exact=False)

    def _add_exact(self, text: str, at: int, style: Style) -> None:
        done = 0
        for source, length in self._lines.pieces(at, len(text)):
            self._add(text[done : done + length], source, style, is_exact=True)
            done += length

    def _add(self, text: str, source: int, style: Style, *, is_exact: bool) -> None:
        if not text:
            return
        last = self.runs[-1] if self.runs else None
        follows = last and last.is_exact and is_exact and source - last.source == self._length - last.begin
        if not (follows and last and last.style == style):
            self.runs.append(Run(self._length, source, is_exact, style))
        self.text.append(text)
        self._length += len(text)


def _drawable(tokens: Sequence[Token]) -> list[Token]:
    """Removes unsafe links, shows the targets of misleading ones, names images, reads tags."""
    children: list[Token] = []
    opened: list[tuple[str, int] | None] = []
    for child in tokens:
        if child.type == "image":
            text = tr("[image: {description}]", description=child.content or tr("no description"))
            text = f"{text} {child.attrs.get('src', '')}".rstrip()
            children.append(_text(text, child))
        elif child.type == "text_special":
            children.append(_text(clean(child.content), child))
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
            label = "".join(part.content for part in children[begin:])
            children.append(child)
            if _misleads(label, href):
                children.append(_text(f" ({urlsplit(href).netloc})", child))
        else:
            children.append(child)
    return draw_tags(children)


def _text(content: str, source: Token) -> Token:
    return Token("text", "", 0, content=content, meta=source.meta)


def _misleads(label: str, href: str) -> bool:
    """Whether a link's text looks like an address of another host than the link has."""
    shown = re.search(r"(?:https?://|www\.)([^\s/?#]+)|^([\w-]+(?:\.[\w-]+)+)(?:/|$)", label.strip())
    host = (urlsplit(href).hostname or "").removeprefix("www.")
    claimed = (shown.group(1) or shown.group(2)).lower().removeprefix("www.") if shown else host
    return claimed.split(":")[0] != host or "@" in urlsplit(href).netloc
