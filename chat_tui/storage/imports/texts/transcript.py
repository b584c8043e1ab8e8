"""Reads conversations that are Markdown: this program's own export, and others whose turns have headings or names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json
from chat_tui.storage.imports.content import Turns, parsed
from chat_tui.storage.imports.foreign import ImportContext, as_line, as_list, as_text, as_time, new_thread
from chat_tui.storage.imports.layout import planted
from chat_tui.storage.imports.tree import SourceNode

OWN_FORMAT = "chat-tui.markdown"
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FIELD = re.compile(r"(\w{1,30}): (.*)")
_USERS = ("user", "human", "you", "me", "prompt", "question", "user message")
_MODELS = "assistant ai chatgpt claude gemini copilot response answer model bot codecompanion llm deepseek grok mistral"
_NAMES = {
    **dict.fromkeys(_USERS, Role.USER),
    **dict.fromkeys((*_MODELS.split(), "le chat", "assistant response"), Role.ASSISTANT),
    "system": Role.SYSTEM,
    "system prompt": Role.SYSTEM,
}
_STYLES = (
    re.compile(
        r"#{1,4} (?:\d{1,6}[.)] )?\W{0,3}([A-Za-z][A-Za-z ]{0,24}?)(?:[ -]?[\d.]{1,6}\w?)?:?(?: ?[(·—-].{0,200})?()$"
    ),
    re.compile(r"\*\*\W{0,3}([A-Za-z][A-Za-z ]{0,24}?):?\*\*:?\s*()$"),
    re.compile(r"\*\*([A-Za-z][A-Za-z ]{0,24}?):?\*\*:?\s+(\S.*)$"),
    re.compile(r"([A-Z][A-Za-z ]{0,24}?):\s+(\S.*)$"),
    re.compile(r"([A-Z][A-Za-z ]{0,24}?):()$"),
)
"""How turns begin: the name, and what is said in the same line. Of a text, only those of one style count."""
_OWN_TURN = re.compile(r"(#{2,3}) (\d{1,7})\. (.{1,300})")
_OWN_FACTS = re.compile(r"\*(.{1,500})\*")
_FOLLOWS = re.compile(r"follows (\d{1,7})")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC")
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>#|~&])")
_SHOWN = re.compile(r"\\([<!\]])")
_IMAGE = re.compile(r"\n{0,2}^!\[([^\n]{0,200})\]\((data:image/[^\s()]+)\)$", re.MULTILINE)
_SOURCE = re.compile(r"\d{1,4}\. (?:\[(.*)\]\()?<(https?://[^<>]+)>\)?")


@dataclass(slots=True)
class _Turn:
    role: Role
    name: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip("\n").strip()


def read(text: str, context: ImportContext) -> Iterator[Thread] | None:
    """Makes a thread of a transcript; None where the text is none."""
    head, body = _front_matter(text)
    if head.get("format") == OWN_FORMAT:
        return iter([_own(head, body, context)])
    for style in _STYLES:
        turns, before = _turns(body, style)
        if {each.role for each in turns} >= {Role.USER, Role.ASSISTANT} and len(before.splitlines()) <= 40:
            return iter([_thread(turns, before, head, context)])
    return None


def _front_matter(text: str) -> tuple[dict[str, Json], str]:
    """The fields before a text, and the text."""
    if not text.startswith("---\n"):
        return {}, text
    head, mark, body = text[4:].partition("\n---\n")
    fields: dict[str, Json] = {}
    for line in head.split("\n")[:100] if mark else []:
        if (found := _FIELD.match(line)) is not None:
            value = parsed(found[2])
            fields[found[1].lower()] = found[2] if value is None else value
    return (fields, body) if mark else ({}, text)


def _turns(body: str, style: re.Pattern[str]) -> tuple[list[_Turn], str]:
    """The turns of a text in which each begins in one style, and what stands before them."""
    turns: list[_Turn] = []
    before: list[str] = []
    for line, is_code in _lines(body):
        found = None if is_code or len(line) > 2_000 else style.match(line)
        role = _NAMES.get(found[1].strip().lower()) if found else None
        if found and role is not None:
            turns.append(_Turn(role, line.strip("#* :"), [found[2]] if found[2] else []))
        else:
            (turns[-1].lines if turns else before).append(line)
    return turns, "\n".join(before)


def _lines(body: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is in a block of code."""
    fence = ""
    for line in body.split("\n"):
        found = _FENCE.match(line)
        if fence:
            yield line, True
            if found and found[1].startswith(fence) and not line[found.end() :].strip():
                fence = ""
        else:
            fence = found[1] if found else ""
            yield line, bool(found)


def _thread(turns: list[_Turn], before: str, head: dict[str, Json], context: ImportContext) -> Thread:
    heading = next((line[2:] for line in before.split("\n") if line.startswith("# ")), "")
    title = as_line(head.get("title")) or as_line(heading) or context.name
    first = next((each.text for each in turns if each.role is Role.USER), "")
    created = as_time(next((head[name] for name in ("created", "date", "created_at") if name in head), None))
    thread = new_thread("markdown", f"{context.name} {first[:2000]}", title, created, "")
    thread.tags = [tag for each in as_list(head.get("tags")) if (tag := "-".join(as_line(each).split()))]
    nodes: list[SourceNode] = []
    for number, each in enumerate(turns):
        made = Turns(f"turn-{number}", each.role, "", context, title)
        made.text(each.text.removesuffix("---").rstrip() if each.text.endswith("\n---") else each.text)
        nodes.append(SourceNode(f"turn-{number}", nodes[-1].id if nodes else None, messages=made.done()))
    return planted(thread, nodes, nodes[-1].id, context)


def _own(head: dict[str, Json], body: str, context: ImportContext) -> Thread:
    """This program's export: numbered turns, those of other branches with the number that they follow."""
    title = as_line(head.get("title"))
    created, updated = as_time(head.get("created")), as_time(head.get("updated"))
    thread = new_thread("chat-tui-markdown", as_line(head.get("id")), title, created, updated)
    thread.tags = [as_line(each) for each in as_list(head.get("tags"))]
    section: list[str] = []
    sections: dict[str, list[str]] = {"": section}
    headings: dict[str, tuple[str, str]] = {}
    number = 0
    for line, is_code in _lines(body):
        found = None if is_code else _OWN_TURN.fullmatch(line)
        if found and int(found[2]) == number + 1:
            number += 1
            section = sections[str(number)] = []
            headings[str(number)] = (found[1], _ESCAPED.sub(r"\1", found[3]))
        elif not is_code and line in ("## System prompt", "## Draft, not sent", "## Other branches"):
            section = sections.setdefault(line, [])
        else:
            section.append(line)
    quoted = sections.get("## System prompt", [])
    thread.system_prompt = _SHOWN.sub(
        r"\1", "\n".join(line.removeprefix(">").removeprefix(" ") for line in quoted)
    ).strip()
    thread.draft = _SHOWN.sub(r"\1", "\n".join(sections.get("## Draft, not sent", []))).strip()
    nodes = [_own_turn(name, level, who, sections[name], context, title) for name, (level, who) in headings.items()]
    shown = [name for name, (level, _) in headings.items() if level == "##"]
    return planted(thread, nodes, shown[-1] if shown else "", context)


def _own_turn(name: str, level: str, who: str, lines: list[str], context: ImportContext, title: str) -> SourceNode:
    speaker, _, provider = who.partition(" · ")
    role = {"You": Role.USER, "System": Role.SYSTEM, "Tool": Role.TOOL}.get(speaker, Role.ASSISTANT)
    rest = [*lines]
    while rest and not rest[0].strip():
        rest.pop(0)
    facts = _OWN_FACTS.fullmatch(rest[0]) if rest else None
    told = _ESCAPED.sub(r"\1", facts[1]) if facts and (_MOMENT.search(facts[1]) or "follows" in facts[1]) else ""
    rest = rest[1:] if told else rest
    when = _MOMENT.search(told)
    turns = Turns(name, role, as_time(f"{when[1]}T{when[2]}:00Z") if when else "", context, title)
    text = "\n".join(rest).strip("\n")
    if text.startswith("<details>\n<summary>Reasoning</summary>"):
        thought, _, text = text.partition("\n</details>")
        quoted = thought.split("\n")[2:]
        turns.thought(_SHOWN.sub(r"\1", "\n".join(each.removeprefix(">").removeprefix(" ") for each in quoted)))
    text, _, listed = text.partition("\n\nSources:\n\n") if role is Role.ASSISTANT else (text, "", "")
    images = _IMAGE.findall(text)
    text = _IMAGE.sub("", text).strip("\n")
    fence = _FENCE.match(text) if role is Role.TOOL else None
    if fence and text.endswith(f"\n{fence[1]}"):
        turns.text(text.partition("\n")[2].removesuffix(f"\n{fence[1]}"))
    else:
        turns.text(_SHOWN.sub(r"\1", text))
    for shown, url in images:
        turns.image(url, _ESCAPED.sub(r"\1", shown))
    turns.sources([{"url": url, "title": shown} for shown, url in _SOURCE.findall(listed)])
    made = turns.done()
    for message in made:
        if message.is_answer and speaker != "Assistant":
            model = as_text(speaker.partition(" → ")[0])
            message.model = f"{provider.partition(' · ')[0]}/{model}" if provider else model
    follows = _FOLLOWS.search(told)
    above = follows[1] if follows else str(int(name) - 1) if level == "##" and name != "1" else None
    return SourceNode(name, above, messages=made)
