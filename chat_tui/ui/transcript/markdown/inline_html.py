"""Draws the few HTML tags that models write where Markdown has no syntax of its own.

All other HTML is shown as the text it is, and so are these tags where they are not closed, and in code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_TAG = re.compile(
    r"<br[ \t]*/?>|<details(?:[ \t]+open(?:=\"\")?)?>|</?(?:sub|sup|kbd|b|i|u|summary)>|</details>", re.IGNORECASE
)
_STYLES = {"b": "strong", "i": "em", "u": "u", "kbd": "kbd", "summary": "strong"}
"""The tags that change how text looks, and the styles that they are drawn in."""
QUIET = "quiet"
"""The style of what was not written by the model."""
_LOWER = str.maketrans("0123456789+-=()aeijoruvxhklmnpst", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑᵢⱼₒᵣᵤᵥₓₕₖₗₘₙₚₛₜ")
_RAISED = str.maketrans(
    "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
)
_SCRIPTS = {"sub": (_LOWER, "_"), "sup": (_RAISED, "^")}


def read_tags(parser: MarkdownIt) -> None:
    """Makes a parser read the tags as `html_inline` tokens."""
    parser.inline.ruler.at("html_inline", _tag)


def _tag(state: StateInline, silent: bool) -> bool:
    match = _TAG.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = match[0]
    state.pos = match.end()
    return True


def draw_tags(tokens: Sequence[Token]) -> list[Token]:
    """Replaces tags by the tokens of their meaning, or by their text."""
    if not any(each.type == "html_inline" for each in tokens):
        return list(tokens)
    closing = _pairs(tokens)
    opening = {end: begin for begin, end in closing.items()}
    result: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        name = _name(token)
        if name in _SCRIPTS and at in closing:
            result += _script(name, tokens[at : closing[at] + 1])
            at = closing[at]
        elif name in _STYLES and at in closing:
            result += _quiet("▾ ", token) if name == "summary" else []
            result.append(Token(f"{_STYLES[name]}_open", _STYLES[name], 1))
        elif name in _STYLES and at in opening:
            result.append(Token(f"{_STYLES[name]}_close", _STYLES[name], -1))
        elif name == "br":
            result.append(Token("hardbreak", "br", 0, meta=token.meta))
            at = _skip_break(tokens, at)
        elif name == "details":
            has_summary = any(_name(each) == "summary" for each in tokens[at + 1 : at + 3])
            result += (
                _quiet("▴", token) if token.content.startswith("</") else [] if has_summary else _quiet("▾", token)
            )
            at = _skip_break(tokens, at) if has_summary else at
        elif token.type == "html_inline":
            result.append(_text(token.content, token))
        else:
            result.append(token)
        at += 1
    while len(result) > 1 and result[-1].type == "hardbreak":
        result.pop()
    return result


def _name(token: Token) -> str:
    """The name of a token's tag; empty if it is none."""
    match = re.match(r"</?(\w+)", token.content) if token.type == "html_inline" else None
    return match[1].lower() if match else ""


def _pairs(tokens: Sequence[Token]) -> dict[int, int]:
    """The indices of opening tags and of their closing tags."""
    pairs: dict[int, int] = {}
    opened: list[tuple[str, int]] = []
    for at, token in enumerate(tokens):
        name = _name(token)
        if not name or name in ("br", "details"):
            continue
        if not token.content.startswith("</"):
            opened.append((name, at))
        elif name in (each for each, _ in opened):
            while (last := opened.pop())[0] != name:
                pass
            pairs[last[1]] = at
    return pairs


def _script(name: str, tokens: Sequence[Token]) -> list[Token]:
    """Subscript or superscript with its tags: in Unicode characters if all have one, else after `_` or `^`."""
    table, mark = _SCRIPTS[name]
    opening, *inside, closing = tokens
    text = "".join(each.content for each in inside)
    if all(each.type == "text" for each in inside) and all(ord(char) in table for char in text):
        return [_text(each.content.translate(table), each) for each in inside]
    if len(text) == 1:
        return [_text(mark, opening), *inside]
    return [_text(f"{mark}(", opening), *draw_tags(inside), _text(")", closing)]


def _skip_break(tokens: Sequence[Token], at: int) -> int:
    """The index of the line break right after a tag that breaks the line itself; else the index of the tag."""
    return at + (at + 1 < len(tokens) and tokens[at + 1].type in ("softbreak", "hardbreak"))


def _quiet(content: str, source: Token) -> list[Token]:
    return [Token(f"{QUIET}_open", QUIET, 1), _text(content, source), Token(f"{QUIET}_close", QUIET, -1)]


def _text(content: str, source: Token) -> Token:
    """A text token in place of another token."""
    return Token("text", "", 0, content=content, meta=source.meta)
