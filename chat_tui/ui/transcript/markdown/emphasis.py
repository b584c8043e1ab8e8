"""Lets emphasis end beside Chinese, Japanese and Korean punctuation, and beside an amount of money.

In CommonMark `**注意：**中文` is no emphasis: a run of stars behind punctuation closes only before a space or more
punctuation, and these languages write no spaces. The rules here are those of the amendment that is proposed for it
(commonmark/commonmark-spec#650, specification.md of tats-u/markdown-cjk-friendly): their punctuation counts as a
letter, and beside one of their characters any punctuation may stand inside the stars.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

_HANGUL = (range(0x1100, 0x1200), range(0xD7B0, 0xD800))
"""Letters of Hangul that are not all wide."""
_EMOJI = (range(0x231A, 0x2329), range(0x232B, 0x2B56), range(0x1F000, 0x1FC00))
"""Wide characters that are no letters of a language."""
_VARIATIONS = range(0xFE00, 0xFE0F)
"""Change how the character before them looks."""
_IDEOGRAPHIC_VARIATIONS = range(0xE0100, 0xE01F0)
_FULL_WIDTH = 0xFE01
"""Behind a quotation mark: its form in Chinese."""
_QUOTES = "‘’“”"


class AmendedState(StateInline):
    """Decides by amended rules where emphasis and strikethrough begin and end."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the library's names
        """Whether the run of stars, underscores or tildes at `start` can open or close, and how long it is."""
        source = self.src
        end = start
        while end < self.posMax and source[end] == source[start]:
            end += 1
        before = _before(source, start)
        after = source[end] if end < self.posMax else " "
        is_punctuation_before, is_punctuation_after = _is_punctuation(before[0]), _is_punctuation(after)
        is_space_before, is_space_after = isWhiteSpace(ord(before[0])), isWhiteSpace(ord(after))
        is_cjk_before, is_cjk_after = _is_cjk_sequence(before), _is_cjk(after)

        opens = not is_space_after and (
            not _keeps_outside(after) or is_space_before or is_punctuation_before or is_cjk_before
        )
        closes = not is_space_before and (
            is_cjk_before or not _keeps_outside(before[0]) or is_space_after or is_punctuation_after or is_cjk_after
        )
        return Scanned(
            opens and (canSplitWord or not closes or is_punctuation_before),
            closes and (canSplitWord or not opens or is_punctuation_after),
            end - start,
        )


def _before(source: str, start: int) -> str:
    """The character before a run, with the one that varies it; a space at the beginning of the text."""
    if start == 0:
        return " "
    varied = start >= 2 and ord(source[start - 1]) in _VARIATIONS
    return source[start - 2 : start] if varied else source[start - 1]


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


def _keeps_outside(char: str) -> bool:
    """Whether a character inside the marks keeps a word that touches them outside from being their neighbour."""
    return _is_punctuation(char) and not _is_cjk(char) and unicodedata.category(char) != "Sc"


def _is_cjk_sequence(text: str) -> bool:
    code = ord(text[0])
    if len(text) == 2 and text[0] in _QUOTES:
        return ord(text[1]) == _FULL_WIDTH
    return code in _IDEOGRAPHIC_VARIATIONS or _is_cjk(text[0])


def _is_cjk(char: str) -> bool:
    """Whether a character is one of Chinese, Japanese or Korean, their punctuation included."""
    code = ord(char)
    if code < 0x1100:
        return False
    if _is_any_of(code, _HANGUL):
        return True
    return unicodedata.east_asian_width(char) in "WFH" and not _is_any_of(code, _EMOJI)


def _is_any_of(code: int, ranges: Sequence[range]) -> bool:
    return any(code in each for each in ranges)
