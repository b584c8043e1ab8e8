"""A thread as one HTML page that needs nothing: no script, no network, every text escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from chat_tui.domain.conversation.citations import Source, linked
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.text.clean import clean
from chat_tui.storage.attachments.data_urls import attachments, is_image_url
from chat_tui.storage.exports.outline import ExportedTurn, calls, ending, failure, moment, outline, who

_MOST_MARKDOWN = 100_000
"""Characters of a text beyond which it is shown as it is."""
_LINK = re.compile(r"(?:https?://|mailto:)[!-~]+", re.IGNORECASE)
_FORMULA = re.compile(
    r"\\\((?:[^\\]|\\[^()\[\]])*\\\)|\\\[(?!\d+\\\])(?:[^\\]|\\[^()\[\]])*\\\]"
    r"|\$\$[^$]+\$\$|\$(?![\s$])[^$\n]*(?<![\s\\$])\$(?!\d)"
)
"""A formula in TeX, which is shown as it was written: Markdown would take backslashes and underscores out of it.

Not the mark of a source, `\\[1\\]`.
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def to_html(thread: Thread) -> str:
    """The thread as a page."""
    shown, others = outline(thread)
    page = _Page(_parser())
    title = _text(thread.display_title, multiline=False)
    model = thread.model or thread.last_model() or ""
    facts = [moment(thread.created), clean(model, multiline=False), *thread.tags]
    parts = [
        '<!doctype html>\n<html lang="und">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">\n<meta name="generator" content="chat-tui">',
        f"<title>{title}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>",
        f'<h1 dir="auto">{title}</h1>\n<p class="facts">{_spans(facts)}</p>',
    ]
    if thread.system_prompt:
        prompt = f'<div class="text plain" dir="auto">{_text(thread.system_prompt)}</div>'
        parts.append(f'<details class="prompt"><summary>System prompt</summary>{prompt}</details>')
    parts += [page.turn(each) for each in shown]
    if thread.draft.strip():
        parts.append(f'<h2>Draft, not sent</h2>\n<div class="text plain" dir="auto">{_text(thread.draft)}</div>')
    if others:
        inner = "\n".join(page.turn(each, is_elsewhere=True) for each in others)
        summary = "1 message" if len(others) == 1 else f"{len(others)} messages"
        parts.append(f"<h2>Other branches</h2>\n<details open><summary>{summary}</summary>\n{inner}\n</details>")
    parts.append("</main>\n</body>\n</html>\n")
    return "\n".join(parts)


class _Page:
    def __init__(self, parser: MarkdownIt) -> None:
        self._parser = parser

    def turn(self, turn: ExportedTurn, *, is_elsewhere: bool = False) -> str:
        message = turn.message
        name, provider = who(message)
        place = [_text(each, multiline=False) for each in (provider, moment(message.created)) if each]
        if is_elsewhere or turn.others:
            place.append(f"turn {turn.number}")
        if is_elsewhere:
            place.append("at the start" if turn.follows is None else f"follows {_link_to(turn.follows)}")
        if turn.others:
            place.append(f"also in this place: {', '.join(map(_link_to, turn.others))}")
        if end := ending(message):
            place.append(_text(end, multiline=False))
        spans = "".join(f"<span>{each}</span>" for each in place)
        head = f'<span class="who">{_text(name, multiline=False)}</span><p class="place">{spans}</p>'
        body = "\n".join(self._body(message))
        return f'<article class="{message.role}" id="turn-{turn.number}">\n<header>{head}</header>\n{body}\n</article>'

    def _body(self, message: Message) -> Iterator[str]:
        if message.reasoning.strip():
            yield f"<details><summary>Reasoning</summary>{self._markdown(message.reasoning)}</details>"
        if message.content.strip():
            text = message.content
            yield self._markdown(linked(text, message.cited())) if message.is_answer else _as_it_is(text)
        for each in attachments(message):
            yield _image(each.url, each.label) if each.is_image else _not_shown(each.label, each.url)
        for name, arguments in calls(message):
            yield f"<p>Calls the tool <code>{escape(name)}</code>:</p><pre><code>{escape(arguments)}</code></pre>"
        if sources := message.cited():
            yield f"<p>Sources</p>\n<ol>{''.join(f'<li>{_source(each)}</li>' for each in sources)}</ol>"
        if reason := failure(message):
            yield f'<p class="bad">{escape(reason)}</p>'

    def _markdown(self, text: str) -> str:
        if len(text) > _MOST_MARKDOWN:
            return _as_it_is(text)
        return f'<div class="text" dir="auto">{self._parser.render(clean(text))}</div>'


class _Renderer(RendererHTML):
    """Writes links that leave nothing behind, and images only where their pixels are in the page."""

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """A link, or the beginning of one that leads nowhere."""
        token = tokens[idx]
        if _LINK.fullmatch(str(token.attrGet("href") or "")):
            token.attrSet("rel", "noreferrer noopener")
        else:
            token.attrs.pop("href", None)
        return self.renderToken(tokens, idx, options, env)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """An image, or its name and address."""
        token = tokens[idx]
        label, url = self.renderInlineAsText(token.children, options, env), str(token.attrGet("src") or "")
        return _image(url, label) if is_image_url(url) else _not_shown(label or "image", url)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.validateLink = lambda url: bool(_LINK.fullmatch(url)) or is_image_url(url)  # type: ignore[method-assign]
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    if (found := _FORMULA.match(state.src, state.pos)) is None:
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


def _style() -> str:
    return Path(__file__).with_name("page.css").read_text("utf-8")


def _text(text: str, *, multiline: bool = True) -> str:
    return escape(clean(text, multiline=multiline))


def _spans(facts: list[str]) -> str:
    return "".join(f"<span>{_text(each, multiline=False)}</span>" for each in facts if each)


def _as_it_is(text: str) -> str:
    return f'<div class="text plain" dir="auto">{_text(text).rstrip()}</div>'


def _link_to(number: int) -> str:
    return f'<a href="#turn-{number}">turn {number}</a>'


def _outside(url: str) -> str:
    return f'<a href="{escape(url)}" rel="noreferrer noopener">{escape(url)}</a>'


def _source(source: Source) -> str:
    url = clean(source.url, multiline=False)
    title = _text(source.title, multiline=False)
    if not _LINK.fullmatch(url):
        return f"{title} {escape(url)}".strip()
    return f"{title} {_outside(url)}" if title else _outside(url)


def _image(url: str, label: str) -> str:
    return f'<img src="{escape(url)}" alt="{_text(label, multiline=False)}">'


def _not_shown(label: str, url: str) -> str:
    address = f": {_outside(url)}" if _LINK.fullmatch(url) else ""
    return f'<span class="absent">[{_text(label, multiline=False)}, not shown here{address}]</span>'
