"""Finds citations of pages that are not in the repository, and of their numbered rules.

A reader can't follow them: what such a rule says stands where it acts, or a public source is named.
"""

from __future__ import annotations

import io
import re
import tokenize

_PAGE = re.compile(r"\b(?!README\b)[A-Z]{2,}\.md\b|§\s*\d")
_RULE = re.compile(r"(?<![\w+.#$-])(?:[EFKNRST]\d{1,2}|C[2-9]|C\d\d)(?![\w-]|\.\d)")
_NAME = re.compile(r"\btest_(?:[a-z]\d{1,2}_)+")


def citations(source: str) -> list[str]:
    """The citations in a Python module: pages anywhere, numbers of rules in comments, docstrings and names of tests."""
    found = _PAGE.findall(source) + _NAME.findall(source)
    if not _RULE.search(source):
        return found
    fresh = True  # whether a string here would be a statement by itself
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and fresh):
            found += _RULE.findall(token.string)
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            fresh = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    return found


def citations_in_text(text: str) -> list[str]:
    """The citations in a page or a settings file."""
    return _PAGE.findall(text) + _RULE.findall(text)
