r"""Finds formulas of TeX: in Markdown, `\,` and `\\` would lose a backslash and `_` would lean the letters."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from chat_tui.ui.transcript.markdown.places import PLACE

LONGEST = 2_000
"""Characters of a formula; a mark that is not closed within them stands for itself."""
_FORMULA = re.compile(
    rf"\\\([^\n]{{1,{LONGEST}}}?\\\)"
    rf"|\\\[[\s\S]{{1,{LONGEST}}}?\\\]"
    rf"|\$\$[\s\S]{{1,{LONGEST}}}?\$\$"
    rf"|\$(?![\s$])(?:(?!\*\*)[^\n$]){{0,{LONGEST}}}(?<![\s\\*])\$(?![\d$])"  # `$5 or $6`, `**5$** to **6$**` is money
)
_BEGINS = re.compile(r"^ {0,3}(?P<mark>\$\$|\\\[)", re.MULTILINE)
_ENDS = {"$$": "$$", "\\[": "\\]"}
_NO_TEXT = re.compile(r"[ \t]*(?:[-=+*#>|~`]|\d+[.)]|$)", re.MULTILINE)
"""A line that would end a paragraph, or make a heading, a list or a quote of it: such a formula is a block."""
FORMULA = "formula"
"""The type of their tokens, which hold them with their marks."""
DISPLAY = "display"
"""The type of those that are blocks, as a blank line is in them; they hold the TeX without the marks,
and as their places those of their lines."""
MOST_TRIED = 100
"""Marks of a text that are looked after: each that is not closed costs a look at what follows it."""


def keep_formulas(parser: MarkdownIt) -> None:
    r"""Lets a parser make tokens of `$…$`, `$$…$$`, `\(…\)` and `\[…\]`."""
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.block.ruler.before("fence", DISPLAY, _display, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def has_open_display(source: str, begin: int, end: int) -> bool:
    """Whether a block may hold a formula whose end is still to come.

    Args:
        source: what there is.
        begin: where the block begins.
        end: where it ends as far as it is there.
    """
    while (mark := _BEGINS.search(source, begin, end)) is not None:
        last = mark.end() + LONGEST
        closing = _closing(source, mark.end(), last, mark["mark"])
        if closing < 0 and len(source) < last:
            return True
        begin = mark.end() if closing < 0 else closing + 2
    return False


def display_end(source: str, begin: int, end: int, *, is_whole: bool) -> int | None:
    """Where the line behind a formula begins that is a block; None if its end may be still to come.

    Of a formula that a paragraph can hold, the negative of where it ends; 0 for none.

    Args:
        source: what there is.
        begin: where its first mark is.
        end: where the last whole line ends.
        is_whole: whether nothing more comes.
    """
    last = begin + 2 + LONGEST
    closing = _closing(source, begin + 2, min(last, end), source[begin : begin + 2])
    if closing < 0:
        return 0 if is_whole or end >= last else None
    behind = source.find("\n", closing) + 1 or len(source)
    _, *inner = source[begin : source.rfind("\n", begin, closing) + 1].split("\n")
    is_block = any(map(_NO_TEXT.match, inner[:-1]))
    if is_block and source[closing + 2 : behind].strip():
        return 0
    return behind if is_block else -closing - 2


def tex_of(formula: str) -> tuple[str, bool]:
    """The TeX between the marks of a formula, and whether it is to stand by itself."""
    length = 1 if formula[0] == "$" and not formula.startswith("$$") else 2
    return formula[length:-length].strip(), formula.startswith(("$$", "\\["))


def split_displays(inline: Token) -> list[Token]:
    """Splits a text at its formulas that are to stand by themselves: in lines of their own, or too high for a row.

    Returns:
        The formulas, and inline tokens for what is between; nothing if there is no such formula.
    """
    children = inline.children or []
    if not any(child.type == FORMULA and tex_of(child.content)[1] for child in children):
        return []
    pieces: list[Token] = []
    between: list[Token] = []
    level = 0
    for at, child in enumerate(children):
        level += child.nesting
        ends_line = at + 1 == len(children) or children[at + 1].type in _BREAKS
        begins_line = not between or between[-1].type in _BREAKS
        is_display = child.type == FORMULA and level == 0 and ends_line and tex_of(child.content)[1]
        if is_display and (begins_line or _is_high(tex_of(child.content)[0])):
            pieces += _text(between, inline)
            pieces.append(child)
            between = []
        else:
            between.append(child)
    pieces += _text(between, inline)
    return pieces if any(piece.type == FORMULA for piece in pieces) else []


def _is_high(tex: str) -> bool:
    """Whether a formula can only be drawn in several rows."""
    from chat_tui.ui.transcript.math.formula import LONGEST, displayed, in_line  # few answers hold formulas

    return in_line(tex) is None and displayed(tex, LONGEST) is not None


_BREAKS = ("softbreak", "hardbreak")


def _text(children: list[Token], inline: Token) -> list[Token]:
    """Inline tokens as the text of a piece, without the line breaks at its ends."""
    while children and children[-1].type in _BREAKS:
        children = children[:-1]
    while children and children[0].type in _BREAKS:
        children = children[1:]
    if not children:
        return []
    return [Token("inline", "", 0, content=inline.content, children=children, meta={PLACE: children[0].meta[PLACE]})]


def _closing(source: str, begin: int, end: int, mark: str) -> int:
    """Where the mark stands that closes a formula; -1 where none does."""
    return source.find(_ENDS[mark], begin, end)


def _display(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """A formula in lines of its own which a paragraph can't hold, and which ends one."""
    begin = state.bMarks[line] + state.tShift[line]
    mark = state.src[begin : begin + 2]
    if mark not in _ENDS or state.is_code_block(line):
        return False
    closing = _closing(state.src, begin + 2, min(begin + 2 + LONGEST, state.eMarks[last - 1]), mark)
    following = next((each for each in range(line, last) if closing < state.eMarks[each]), last)
    inner = range(line + 1, following)
    if closing < 0 or following == last or state.src[closing + 2 : state.eMarks[following]].strip():
        return False
    is_within = state.sCount[line] >= state.blkIndent
    if is_within and any(state.sCount[each] < state.blkIndent for each in inner if not state.isEmpty(each)):
        return False  # its end is not within the list any more
    places = [state.bMarks[each] + state.tShift[each] for each in range(line, following + 1)]
    lines = [state.src[place : state.eMarks[each]] for place, each in zip(places[1:], inner, strict=False)]
    if not any(_NO_TEXT.match(each) for each in lines):
        return False
    if silent:
        return not _is_open(state, line)
    state.line = following + 1
    token = state.push(DISPLAY, "", 0)
    token.content = "\n".join(
        (state.src[begin + 2 : state.eMarks[line]], *lines, state.src[places[-1] : closing])
    ).strip()
    token.map, token.meta[PLACE] = [line, state.line], places
    return True


def _is_open(state: StateBlock, line: int) -> bool:
    """Whether a line may end a formula that began in the same block, rather than begin one."""
    mark = ""
    for each in range(state.line, line):
        text = state.src[state.bMarks[each] + state.tShift[each] : state.eMarks[each]]
        behind = 0
        if not mark and text[:2] in _ENDS:
            mark, behind = text[:2], 2
        if mark and _ENDS[mark] in text[behind:]:
            mark = ""
    return bool(mark)


def _formula(state: StateInline, silent: bool) -> bool:
    tried = state.env.get("formulas tried", 0)
    if tried >= MOST_TRIED or not state.src.startswith(("$", "\\(", "\\["), state.pos):
        return False
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if match is None:
        state.env["formulas tried"] = tried + 1
        return False
    if not silent:
        state.push(FORMULA, "", 0).content = match[0]
    state.pos = match.end()
    return True
