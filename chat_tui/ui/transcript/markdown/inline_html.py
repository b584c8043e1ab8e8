"""The few HTML tags that models write where Markdown has no mark of its own: drawn as what they mean.

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
    """Lets a parser make tokens of the tags, `html_inline`, in place of text."""
    parser.inline.ruler.at("html_inline", _tag)


def _tag(state: StateInline, silent: bool) -> bool:
    found = _TAG.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = found[0]
    state.pos = found.end()
    return True


def draw_tags(tokens: Sequence[Token]) -> list[Token]:
    """Replaces the tags among a text's tokens by tokens of what they mean, or by the text that they are."""
    if not any(each.type == "html_inline" for each in tokens):
        return list(tokens)
    closing = _pairs(tokens)
    opening = {end: begin for begin, end in closing.items()}
    drawn: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        name = _name(token)
        if name in _SCRIPTS and at in closing:
            drawn += _script(name, tokens[at : closing[at] + 1])
            at = closing[at]
        elif name in _STYLES and at in closing:
            drawn += _quiet("▾ ", token) if name == "summary" else []
            drawn.append(Token(f"{_STYLES[name]}_open", _STYLES[name], 1))
        elif name in _STYLES and at in opening:
            drawn.append(Token(f"{_STYLES[name]}_close", _STYLES[name], -1))
        elif name == "br":
            drawn.append(Token("hardbreak", "br", 0, meta=token.meta))
            at = _skip_break(tokens, at)
        elif name == "details":
            has_summary = any(_name(each) == "summary" for each in tokens[at + 1 : at + 3])
            drawn += _quiet("▴", token) if token.content.startswith("</") else [] if has_summary else _quiet("▾", token)
            at = _skip_break(tokens, at) if has_summary else at
        elif token.type == "html_inline":
            drawn.append(_text(token.content, token))
        else:
            drawn.append(token)
        at += 1
    while len(drawn) > 1 and drawn[-1].type == "hardbreak":
        drawn.pop()
    return drawn


def _name(token: Token) -> str:
    """The name of the tag that a token is; empty where it is none."""
    found = re.match(r"</?(\w+)", token.content) if token.type == "html_inline" else None
    return found[1].lower() if found else ""


def _pairs(tokens: Sequence[Token]) -> dict[int, int]:
    """Where the tags that are closed open, and where they close."""
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
    """Lowered or raised text, its tags around it: in characters that are so, else behind `_` or `^`."""
    table, mark = _SCRIPTS[name]
    opening, *inside, closing = tokens
    text = "".join(each.content for each in inside)
    if all(each.type == "text" for each in inside) and all(ord(char) in table for char in text):
        return [_text(each.content.translate(table), each) for each in inside]
    if len(text) == 1:
        return [_text(mark, opening), *inside]
    return [_text(f"{mark}(", opening), *draw_tags(inside), _text(")", closing)]


def _skip_break(tokens: Sequence[Token], at: int) -> int:
    """The place of the line break that follows a tag which breaks the line itself; the tag's, without."""
    return at + (at + 1 < len(tokens) and tokens[at + 1].type in ("softbreak", "hardbreak"))


def _quiet(content: str, source: Token) -> list[Token]:
    return [Token(f"{QUIET}_open", QUIET, 1), _text(content, source), Token(f"{QUIET}_close", QUIET, -1)]


def _text(content: str, source: Token) -> Token:
    """A text in place of what stands where another token does."""
    return Token("text", "", 0, content=content, meta=source.meta)
