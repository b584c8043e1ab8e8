"""Splits Markdown into its top-level blocks, whole or while it grows; markdown-it says where a block ends."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt


def new_parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; HTML is text."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def split_blocks(parser: MarkdownIt, source: str) -> list[int]:
    """Finds where each top-level block of `source` begins.

    Returns:
        Offsets in characters, ascending, the first one 0: block i is `source[starts[i]:starts[i + 1]]`. Nothing is
        left out: what belongs to no block stands at the end of the one before.
    """
    lines = [token.map[0] for token in parser.parse(source) if token.level == 0 and token.map and token.nesting >= 0]
    offsets = [0]
    line = 0
    position = 0
    for start in lines[1:]:
        while line < start:
            position = source.index("\n", position) + 1
            line += 1
        if position > offsets[-1]:
            offsets.append(position)
    return offsets


class GrowingMarkdown:
    """Splits a source that grows at its end into blocks that no later text can change, and the rest.

    Only whole lines can settle a block, and the last block of them never is: more may belong to it.
    """

    def __init__(self, parser: MarkdownIt) -> None:
        self._parser = parser
        self._source = ""
        self._settled = 0

    def update(self, source: str) -> tuple[list[str], str]:
        """Takes the whole source as it is now, which begins with what it was before.

        Returns:
            The blocks that have been settled since the last call, and the rest, which is still growing.
        """
        self._source = source
        whole = source[self._settled : source.rfind("\n") + 1]
        if not whole:
            return [], source[self._settled :]
        starts = split_blocks(self._parser, whole)
        blocks = [whole[start:end] for start, end in zip(starts, starts[1:], strict=False)]
        self._settled += starts[-1]
        return blocks, source[self._settled :]

    def finish(self) -> list[str]:
        """Returns the blocks of the rest: nothing more comes."""
        rest, self._settled = self._source[self._settled :], len(self._source)
        starts = [*split_blocks(self._parser, rest), len(rest)] if rest else [0]
        return [rest[start:end] for start, end in zip(starts, starts[1:], strict=False)]


def is_heading(source: str) -> bool:
    """Whether a block is a heading: the text that it heads follows without a gap."""
    return bool(re.match(r" {0,3}#{1,6}(\s|$)", source)) or bool(re.search(r"\n {0,3}(=+|-+) *\n*\Z", source))
