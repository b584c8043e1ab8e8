"""The one matcher of all filters: words of a query in a text, whole, as beginnings of words, or as letters in order.

Takes time linear in the text and the query: ids and titles may be written by somebody who means harm, and a list may
have 20,000 rows. (Textual's `FuzzySearch` tries all places of all letters, and finds no `ds v3` in `DeepSeek-V3`.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")
LONG = 300
"""Characters of a text in which letters one by one would be found anywhere: it is searched for words."""


class Closeness(IntEnum):
    """How well a text matches, the best first."""

    PREFIX = 0
    """Every word begins a word of the text."""
    WITHIN = 1
    """The text contains every word."""
    INITIALS = 2
    """The letters are beginnings of words, or go on from there: `gpt5` in `openai/gpt-5`, `dsv3` in `DeepSeek-V3`."""
    SCATTERED = 3
    """The letters come in this order, with others between them."""


class FuzzyMatch(NamedTuple):
    """How a text matches a query, and where."""

    closeness: Closeness
    positions: frozenset[int]
    """The characters of the text that were asked for."""
    depth: int = 0
    """Which of the texts had to be looked at, the first being 0."""


NO_QUERY = FuzzyMatch(Closeness.PREFIX, frozenset())


def match(query: str, text: str, *others: str) -> FuzzyMatch | None:
    """Matches a text.

    Args:
        query: words, in any order and case; all must match.
        text: what is shown.
        others: more texts of the same thing, in which words may match as well.

    Returns:
        None where a word matches in none of the texts.
    """
    found = NO_QUERY
    for word in query.casefold().split():
        best: FuzzyMatch | None = None
        for number, each in enumerate((text, *others)):
            one = _match_word(word, each)
            if one is not None and (best is None or one.closeness < best.closeness):
                best = one if number == 0 else FuzzyMatch(one.closeness, frozenset(), number)
        if best is None:
            return None
        closeness, depth = max(found.closeness, best.closeness), max(found.depth, best.depth)
        found = FuzzyMatch(closeness, found.positions | best.positions, depth)
    return found


def match_any(words: Iterable[str], text: str) -> FuzzyMatch:
    """Where in a text some words stand that were looked for in more than it; scattered letters are an accident."""
    positions: frozenset[int] = frozenset()
    for word in words:
        found = match(word, text)
        if found is not None and found.closeness < Closeness.SCATTERED:
            positions |= found.positions
    return FuzzyMatch(Closeness.WITHIN, positions)


def search(
    query: str, items: Iterable[Item], texts: Callable[[Item], Sequence[str]], *, ranked: bool = True
) -> list[tuple[Item, FuzzyMatch]]:
    """Finds the items that match; scattered letters count only where nothing matches better.

    Args:
        query: as for `match`.
        items: in the order that they are shown in without a query.
        texts: the texts of an item; the positions are those in the first one.
        ranked: whether those that match better come first.
    """
    found = [(item, one) for item in items if (one := match(query, *texts(item))) is not None]
    if any(one.closeness < Closeness.SCATTERED for _, one in found):
        found = [each for each in found if each[1].closeness < Closeness.SCATTERED]
    return sorted(found, key=lambda each: (each[1].closeness, each[1].depth)) if ranked and query else found


def _match_word(word: str, text: str) -> FuzzyMatch | None:
    lower = text.lower()
    if len(lower) != len(text):  # a capital that is two letters when small: places would be others
        lower = text
    at = lower.find(word)
    if at >= 0:
        begins = at
        while begins >= 0 and not _begins_word(text, begins):
            begins = lower.find(word, begins + 1)
        at = begins if begins >= 0 else at
        closeness = Closeness.PREFIX if begins >= 0 else Closeness.WITHIN
        return FuzzyMatch(closeness, frozenset(range(at, at + len(word))))
    if len(text) > LONG:
        return None
    letters = iter(lower)
    if not all(letter in letters for letter in word):
        return None
    if places := _initials(word, text, lower):
        return FuzzyMatch(Closeness.INITIALS, frozenset(places))
    places, at = [], -1
    for letter in word:
        at = lower.index(letter, at + 1)
        places.append(at)
    return FuzzyMatch(Closeness.SCATTERED, frozenset(places))


def _begins_word(text: str, at: int) -> bool:
    """Whether a word begins at a character, or a part of one: a capital, a number, a character of Chinese."""
    char = text[at]
    if not char.isalnum():
        return True
    before = text[at - 1] if at else " "
    if not before.isalnum() or (char.isupper() and not before.isupper()):
        return True
    return char.isdigit() != before.isdigit() or not (char.isascii() and before.isascii())


def _initials(word: str, text: str, lower: str) -> list[int]:
    """Where the letters of a word are, if each begins a word or follows on the letter before; nothing if not."""
    begins = [at for at in range(len(text)) if text[at].isalnum() and _begins_word(text, at)]
    # For each place at which the letters up to here can end: those before it.
    ways: dict[int, tuple[int, ...]] = {at: () for at in begins if lower[at] == word[0]}
    for letter in word[1:]:
        if not ways:
            return []
        further: dict[int, tuple[int, ...]] = {}
        for at, way in ways.items():
            follows = at + 1
            while follows < len(text) and not text[follows].isalnum() and lower[follows] != letter:
                follows += 1
            if follows < len(text) and lower[follows] == letter:
                further.setdefault(follows, (*way, at))
        first, first_way = min(ways.items())
        for at in begins:
            if at > first and lower[at] == letter:
                further.setdefault(at, (*first_way, first))
        ways = further
    end, way = min(ways.items(), default=(0, ()))
    return [*way, end] if ways else []
