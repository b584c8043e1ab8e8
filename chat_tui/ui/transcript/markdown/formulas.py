r"""Keeps TeX as it was written: in Markdown, `\,` and `\\` would lose a backslash and `_` would lean the letters."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

LONGEST = 2_000
"""Characters of a formula; a mark that is not closed within them stands for itself."""
_FORMULA = re.compile(
    rf"\\\([^\n]{{1,{LONGEST}}}?\\\)"
    rf"|\\\[[\s\S]{{1,{LONGEST}}}?\\\]"
    rf"|\$\$[\s\S]{{1,{LONGEST}}}?\$\$"
    rf"|\$(?![\s$])(?:(?!\*\*)[^\n$]){{0,{LONGEST}}}(?<![\s\\*])\$(?![\d$])"  # `$5 or $6`, `**5$** to **6$**` is money
)
MOST_TRIED = 100
"""Marks of a text that are looked after: each that is not closed costs a look at what follows it."""


def keep_formulas(parser: MarkdownIt) -> None:
    r"""Lets a parser take `$…$`, `$$…$$`, `\(…\)` and `\[…\]` for text."""
    parser.inline.ruler.before("escape", "formula", _formula)


def _formula(state: StateInline, silent: bool) -> bool:
    tried = state.env.get("formulas tried", 0)
    if tried >= MOST_TRIED or not state.src.startswith(("$", "\\(", "\\["), state.pos):
        return False
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if match is None:
        state.env["formulas tried"] = tried + 1
        return False
    if not silent:
        state.pending += match[0]
    state.pos = match.end()
    return True
