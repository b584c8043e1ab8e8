"""Reads the buffers of gptel: Markdown or Org, with the places of the responses among the variables of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.imports.content import Turns
from chat_tui.storage.imports.foreign import ImportContext, as_line, as_text, new_thread
from chat_tui.storage.imports.layout import planted, source_model
from chat_tui.storage.imports.tree import SourceNode

_BOUNDS = re.compile(r"(?:gptel--bounds:|:GPTEL_BOUNDS:)[ \t]*(\(.{1,200000})")
_RESPONSES = re.compile(r"\(response((?: ?\(\d{1,9} \d{1,9}[^()]{0,80}\))+)")
_PAIR = re.compile(r"\((\d{1,9}) (?:\. )?(\d{1,9})")
_VARIABLE = re.compile(
    r"(?:gptel-(?:-)?(model|backend-name|system-message)|:GPTEL_(MODEL|BACKEND|SYSTEM)):[ \t]*(.{1,20000})"
)
_PROPERTIES = re.compile(r"\A:PROPERTIES:\n(?:.*\n){0,200}?:END:\n")
_VARIABLES = re.compile(r"^(?:<!--|#|;;)? ?Local Variables:", re.MULTILINE)
_PREFIX = re.compile(r"\A(?:#{1,6}|\*{1,6}) ?")


def read(text: str, context: ImportContext) -> Iterator[Thread] | None:
    """Makes a thread of a buffer; None where the text is none."""
    bounds = _BOUNDS.search(text)
    if bounds is None:
        return None
    responses = _RESPONSES.search(bounds[1])
    places = [(int(start) - 1, int(end) - 1) for start, end in _PAIR.findall(responses[1] if responses else bounds[1])]
    places = sorted((start, end) for start, end in places if 0 <= start < end <= len(text))
    return iter([_thread(text, places, context)]) if places else None


def _thread(text: str, places: list[tuple[int, int]], context: ImportContext) -> Thread:
    known = {(one or other).lower(): _value(value) for one, other, value in _VARIABLE.findall(text)}
    head = _PROPERTIES.match(text)
    begin = head.end() if head else 0
    tail = _VARIABLES.search(text, places[-1][1])
    end = tail.start() if tail else len(text)
    thread = new_thread("gptel", f"{context.name} {text[begin : places[0][0]][:2000]}", context.name, "", "")
    thread.system_prompt = as_text(known.get("system-message") or known.get("system", ""))
    provider = as_line(known.get("backend-name") or known.get("backend", ""))
    nodes: list[SourceNode] = []
    at = begin
    for start, stop in [*places, (end, end)]:
        pieces = ((Role.USER, text[at:start]), (Role.ASSISTANT, text[start:stop]))
        for role, piece in pieces:
            turns = Turns(f"turn-{len(nodes)}", role, "", context, thread.title)
            turns.text(_PREFIX.sub("", piece.strip()) if role is Role.USER else piece.strip())
            if made := turns.done():
                made[0].model = (
                    source_model(known.get("model", ""), provider, "gptel") if role is Role.ASSISTANT else None
                )
                nodes.append(SourceNode(f"turn-{len(nodes)}", nodes[-1].id if nodes else None, messages=made))
        at = max(at, stop)
    return planted(thread, nodes, nodes[-1].id if nodes else "", context)


def _value(text: str) -> str:
    """A value as Lisp or Org writes it, without the end of a comment."""
    value = text.strip().removesuffix("-->").strip()
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        value = value[1:-1].replace('\\"', '"')
    return value.replace("\\n", "\n")
