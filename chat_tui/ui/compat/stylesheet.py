"""A stylesheet that parses each source once for a theme: Textual parses all of them again for each kind of dialog."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_Rules = LRUCache[tuple[object, ...], list[RuleSet]]
_parsed: LRUCache[frozenset[tuple[str, str]], _Rules] = LRUCache(8)
"""Parsed rules by the variables that they were parsed with, for the last eight themes. Nothing changes a rule later."""


class CachedStylesheet(Stylesheet):
    """Keeps what it has parsed when a source is added, and when variables change and change back."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        """Parses nothing yet."""
        super().__init__(variables=variables)
        self._parse_cache = _rules_for(self._variables)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Sets the variables, and keeps what was parsed with others."""
        self._parse_cache = LRUCache(1)  # the one that `Stylesheet` clears
        super().set_variables(variables)
        self._parse_cache = _rules_for(variables)

    def reparse(self) -> None:
        """Parses what is not parsed yet with these variables; on an error the rules stay as they were."""
        self.parse()


def _rules_for(variables: dict[str, str]) -> _Rules:
    key = frozenset(variables.items())
    rules = _parsed.get(key)
    if rules is None:
        _parsed[key] = rules = LRUCache(256)
    return rules
