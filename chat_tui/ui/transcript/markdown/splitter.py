"""Splits Markdown into its top-level blocks, whole or while it grows; markdown-it says where a block ends."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from chat_tui.ui.transcript.markdown.citations import link_citations
from chat_tui.ui.transcript.markdown.formulas import has_open_display, keep_formulas
from chat_tui.ui.transcript.markdown.inline_html import read_tags
from chat_tui.ui.transcript.markdown.places import note_places

WINDOW = 8_000
"""Characters that are parsed at once, to find where blocks begin."""
LONGEST = 32_000
"""Characters of a block other than code; a longer one is cut at the next blank line."""
MOST_TABLE_ROWS = 300
MOST_BARS = 2_400
"""The bars between the cells of a table, which may be long or wide, not both."""
FENCE = re.compile(r"(?:[ \t]*\n){0,100}(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)\n")
"""The line that opens a block of code, and blank ones before it."""
_BLANKS = re.compile(r"(?:[ \t]*\n){0,100}")
_GAP = re.compile(r"\n[ \t]*\n")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_WHOLE_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t][^\n]*)?\n(?:[ \t]*\n){0,100}(?=[ \t]*[^ \t\n])")
"""A heading and the blank lines below it, once text follows; without the next line's end no other block is certain."""
_LINE_END = re.compile(r"\r\n?|\n")
"""As markdown-it counts lines: a file that was not written here may hold any of them."""
_UNDERLINED = re.compile(r"\n {0,3}(?:=+|-+) *\n*\Z")


def new_parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; formulas are text, and so is HTML but for a few tags within a line."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    note_places(parser)
    keep_formulas(parser)
    link_citations(parser)
    read_tags(parser)
    return parser


def new_splitter() -> MarkdownIt:
    """The same for blocks only."""
    return new_parser().disable("inline")


def split_blocks(parser: MarkdownIt, source: str) -> list[int]:
    """Finds where each top-level block of `source` begins.

    Returns:
        Offsets in characters, ascending, the first one 0: block i is `source[starts[i]:starts[i + 1]]`. Nothing is
        left out: what belongs to no block stands at the end of the one before.
    """
    lines = [token.map[0] for token in parser.parse(source) if token.level == 0 and token.map and token.nesting >= 0]
    line_ends = [each.end() for each in _LINE_END.finditer(source)]
    offsets = [0]
    for start in lines[1:]:
        if (position := line_ends[start - 1]) > offsets[-1]:
            offsets.append(position)
    return offsets


class MarkdownSplitter:
    """Takes block after block off the front of a source, which may grow at its end.

    Only whole lines can settle a block, and the last block of them never is: more may belong to it. However long the
    source is, only a little is parsed at once.
    """

    def __init__(self, splitter: MarkdownIt) -> None:
        self._splitter = splitter
        self._known: list[int] = []
        """Where the next blocks end, the nearest last."""
        self.settled = 0
        """Characters in the blocks that have been taken."""

    def take(self, source: str, *, is_whole: bool = False) -> str | None:
        """The next settled block, which no later text can change; None if there is none yet.

        Args:
            source: as it is now; it begins with what it was before.
            is_whole: whether nothing more comes: then the last block is one, too.
        """
        begin = self.settled
        if not self._known and begin < len(source):
            self._known = self._ends(source, begin, is_whole=is_whole)[::-1]
        if not self._known:
            return None
        self.settled = self._known.pop()
        return source[begin : self.settled]

    def _ends(self, source: str, begin: int, *, is_whole: bool) -> list[int]:
        if fence := FENCE.match(source, begin):
            if (code := end_of_fence(source, fence, is_whole=is_whole)) is not None:
                return [code[1]]
            return [len(source)] if is_whole else []
        if heading := _WHOLE_HEADING.match(source, begin):
            return [heading.end()]
        if is_table(source[begin : begin + WINDOW]):
            gap = _GAP.search(source, begin)
            end = gap.end() if gap else len(source) if is_whole else 0
            if is_long_table(source[begin:end]):
                return [end]
        window = WINDOW
        while True:
            is_all = begin + window >= len(source)
            end = len(source) if is_all and is_whole else source.rfind("\n", begin, begin + window) + 1
            if end > begin:
                starts = [begin + start for start in split_blocks(self._splitter, source[begin:end])]
                ends = [*starts[1:], *([end] if is_all and is_whole else [])]
                if not (is_all and is_whole):
                    whole, spans = source[:end], zip(starts, [*ends, end], strict=True)
                    ends = ends[: next((at for at, span in enumerate(spans) if has_open_display(whole, *span)), None)]
                if ends:
                    return ends
            if is_all:
                return []
            if window >= LONGEST:
                gap = _GAP.search(source, begin + window)
                return [gap.end()] if gap else [len(source)] if is_whole else []
            window *= 2


def end_of_fence(source: str, fence: re.Match[str], *, is_whole: bool) -> tuple[int, int] | None:
    """Where the code of a fence ends, and where its block ends, with the blank lines below; None if it is open."""
    mark = fence["mark"]
    ends = r"(?:\n|\Z)" if is_whole else r"\n"
    closing = re.compile(rf"^ {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*{ends}", re.MULTILINE)
    match = closing.search(source, fence.end())
    if match is None:
        return None
    blanks = _BLANKS.match(source, match.end())
    return match.start(), blanks.end() if blanks else match.end()


def is_heading(source: str) -> bool:
    """Whether a block is a heading, which is followed by no gap."""
    return bool(_HEADING.match(source.lstrip("\n"))) or bool(_UNDERLINED.search(source[-200:]))


def is_table(source: str) -> bool:
    """Whether a block looks like a table."""
    first, _, rest = source.lstrip("\n").partition("\n")
    second = rest.partition("\n")[0]
    return "|" in first and "-" in second and not second.strip(" \t|:-")


def is_long_table(source: str) -> bool:
    """Whether a block is a table that is too long to be drawn as one."""
    is_long = source.count("\n") > MOST_TABLE_ROWS + 2 or source.count("|") > MOST_BARS
    return is_long and is_table(source)
