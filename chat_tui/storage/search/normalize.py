"""Text as the search index compares it: without case and accents, in pairs of characters where no space parts words.

Folding keeps every character in its place, so that a match in the folded text is one in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from chat_tui.domain.search.query import Term

TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'"
"""Of FTS5; what it gets is folded and paired before."""
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\uac00-\ud7af"  # kana, Hangul
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_RUN = re.compile(f"[{_UNSPACED}]+")
_LETTER = rf"[^\W_{_UNSPACED}]"
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\s{_UNSPACED}]+")
_ACCENTED = 0x2000
"""Below it a character with an accent is its letter; above it only full-width and half-width forms are folded."""
_SHORTEST_PREFIX = 3
"""Letters: a shorter beginning is that of nearly every message, and slow to find."""


class _Folds(dict[int, str]):
    """One character for each, found when it is first asked for."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if code < _ACCENTED or 0xFF00 <= code <= 0xFFEF:
            char = unicodedata.normalize("NFKD", char)[0]
        lower = char.lower()
        self[code] = found = lower if len(lower) == 1 else char
        return found


_FOLDS = _Folds()


def fold(text: str) -> str:
    """The text without case and accents, of the same length. Give it composed text (NFC)."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)


def paired(text: str) -> str:
    """Folded text for the index: `北京大学` becomes `北京 京大 大学 学`, a token for every two characters."""
    folded = fold(text)
    return folded if folded.isascii() else _RUN.sub(_pairs, folded)


def _pairs(match: re.Match[str]) -> str:
    run = match[0]
    return f" {' '.join(run[at : at + 2] for at in range(len(run)))} "


def expression(term: Term) -> str:
    """The term as FTS5 looks for it: one phrase in quotes, in which nothing is syntax; empty where it has no letter."""
    words = _words(fold(unicodedata.normalize("NFC", term.text)))
    if not words:
        return ""
    last, is_prefix = words[-1], term.is_prefix
    tokens = paired(" ".join(words)).split()
    if _RUN.fullmatch(last):
        is_prefix = len(last) == 1  # a pair begins with it
        if not is_prefix:
            tokens.pop()  # the text may go on where the term ends
    elif len(last) < _SHORTEST_PREFIX:
        is_prefix = False
    return f'"{" ".join(tokens)}"' + "*" * is_prefix


def _words(folded: str) -> list[str]:
    """What the tokenizer takes for words, and runs of what no space parts."""
    kept = ("Co", "Mn", "Mc")
    categories = ((char, unicodedata.category(char)) for char in folded)
    return _WORD.findall("".join(char if kind[0] in "LN" or kind in kept else " " for char, kind in categories))


def pattern(terms: Sequence[Term]) -> re.Pattern[str] | None:
    """Finds in folded text what the index found; a term is the group with its number, counted from 1."""
    parts = [_part(term) for term in terms]
    return re.compile("|".join(f"({part})" for part in parts)) if parts else None


def _part(term: Term) -> str:
    folded = fold(unicodedata.normalize("NFC", term.text))
    words = _words(folded)
    if not words:
        return re.escape(folded)
    start = "" if _RUN.match(words[0]) else f"(?<!{_LETTER})"
    end = "" if term.is_prefix or _RUN.match(words[-1]) else f"(?!{_LETTER})"
    return start + r"[\W_]*".join(map(re.escape, words)) + end
