"""Turns citation marks in an answer into links to its sources: `[1]` links to the first of them.

A parser's rule, not a change of the text: what is copied is what the model wrote.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from chat_tui.domain.conversation.citations import MARK, marked
from chat_tui.domain.conversation.message import Message
from chat_tui.ui.text.links import SAFE_LINK

_KEY = "\0source "
"""Before a source's number, among a document's link definitions; no label of a text is written so."""


def source_references(message: Message) -> dict[str, object]:
    """An answer's sources as link definitions for its citation marks, for `Painter.markdown`."""
    sources = enumerate(message.cited(), 1)
    return {f"{_KEY}{at}": {"href": each.url} for at, each in sources if SAFE_LINK.fullmatch(each.url)}


def link_citations(parser: MarkdownIt) -> None:
    """Makes a parser read citation marks as links, if the document has their sources."""
    parser.inline.ruler.before("link", "citation", _citation)


def _citation(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[" or f"{_KEY}1" not in state.env.get("references", ()):
        return False
    match = MARK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    numbers = marked(match)
    targets = [state.env["references"].get(f"{_KEY}{number}") for number in numbers]
    if not all(targets):
        return False
    if not silent:
        for number, target in zip(numbers, targets, strict=True):
            _link(state, match[0] if len(numbers) == 1 and match[1] else f"[{number}]", target["href"])
    state.pos = match.end()
    return True


def _link(state: StateInline, text: str, href: str) -> None:
    state.push("link_open", "a", 1).attrs = {"href": href}
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1)
