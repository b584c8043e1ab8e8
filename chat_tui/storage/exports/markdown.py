"""A thread as Markdown: front matter, the shown branch turn by turn, the other branches behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from chat_tui.domain.conversation.citations import Source, linked
from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.fence import fenced
from chat_tui.storage.attachments.data_urls import attachments
from chat_tui.storage.exports.outline import ExportedTurn, calls, ending, failure, moment, outline, who

FORMAT = "chat-tui.markdown"
VERSION = 1
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\n]*)")
_ACTIVE = re.compile(
    r"\\.|<(?=[A-Za-z/!?])(?!(?:https?://|mailto:)[^\s<>]+>)|!(?=\[)"
    r"|\](?=[(:])(?![(:][ \t]*<?(?:https?://|mailto:)[!-~]+(?:[\s)]|\Z))",
    re.IGNORECASE,
)
"""What a viewer would take for HTML, for an image to be fetched, for a link that is none of the web's (a definition of
one, too), or (first) what is escaped already. Addresses in angle brackets are links."""
_LISTED = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_INDENTED = ("    ", "\t")
_TICKS = re.compile(r"\\.|(`+)")
_ADDRESS = re.compile(r"https?://[!-;=?-~]+")


def to_markdown(thread: Thread) -> str:
    """The thread as a Markdown file."""
    shown, others = outline(thread)
    title = clean(thread.display_title, multiline=False)
    blocks = [_front_matter(thread, title), f"# {_plain(title)}"]
    if thread.system_prompt:
        blocks += ["## System prompt", _quoted(as_blocks(thread.system_prompt))]
    for turn in shown:
        blocks += _turn(turn, "##")
    if thread.draft.strip():
        blocks += ["## Draft, not sent", as_blocks(thread.draft)]
    if others:
        blocks += ["## Other branches", f"{len(others)} more messages, which are not on the branch above."]
    for turn in others:
        blocks += _turn(turn, "###")
    return "\n\n".join(blocks) + "\n"


def _front_matter(thread: Thread, title: str) -> str:
    """YAML of nothing but quoted strings and lists of them: any parser reads it, and reads it alike."""
    fields: dict[str, str | list[str]] = {
        "title": title,
        "id": thread.id,
        "created": thread.created,
        "updated": thread.updated,
        "model": thread.model or thread.last_model() or "",
        "tags": thread.tags,
        "format": FORMAT,
    }
    lines = [f"{name}: {_yaml(value)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, f"version: {VERSION}", "---"])


def _yaml(value: str | list[str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_yaml(each) for each in value)}]"
    quoted = json.dumps(clean(value, multiline=False), ensure_ascii=False)
    return "".join(each if each.isprintable() else _escaped(ord(each)) for each in quoted)


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _turn(turn: ExportedTurn, level: str) -> Iterator[str]:
    message = turn.message
    name, provider = who(message)
    yield f"{level} {turn.number}. {_plain(name)}" + (f" · {_plain(provider)}" if provider else "")
    below = f"follows {turn.follows}" if turn.follows is not None else "at the start"
    place = [below] if level == "###" else []
    beside = [f"also in this place: {', '.join(map(str, turn.others))}"] if turn.others else []
    facts = [each for each in (moment(message.created), *place, *beside, ending(message)) if each]
    if facts:
        yield f"*{_plain(' · '.join(facts))}*"
    yield from _body(message)


def _body(message: Message) -> Iterator[str]:
    if message.reasoning.strip():
        yield "<details>\n<summary>Reasoning</summary>"
        yield _quoted(as_blocks(message.reasoning))
        yield "</details>"
    if message.content.strip():
        linked_text = linked(message.content, message.cited()) if message.is_answer else message.content
        yield fenced(clean(message.content), "text") if message.role is Role.TOOL else as_blocks(linked_text)
    for each in attachments(message):
        if each.is_image:
            yield f"![{_plain(each.label)}]({each.url})"
        else:
            address = f": <{each.url}>" if _ADDRESS.fullmatch(each.url) else ""
            yield f"[{_plain(each.label)}, not shown here{address}]"
    for name, arguments in calls(message):
        yield f"Calls the tool {_plain(name)}:"
        yield fenced(arguments, "json")
    if message.cited():
        yield "Sources:"
        yield "\n".join(f"{number}. {_source(each)}" for number, each in enumerate(message.cited(), 1))
    if reason := failure(message):
        yield f"> **{_plain(reason)}**"


def _source(source: Source) -> str:
    url = clean(source.url, multiline=False)
    if not _ADDRESS.fullmatch(url):
        return _plain(f"{source.title} {url}".strip())
    return f"[{_plain(source.title)}](<{url}>)" if source.title.strip() else f"<{url}>"


def as_blocks(text: str) -> str:
    """A text as Markdown blocks of their own: a fence that was left open is closed, what acts is shown and does not."""
    lines: list[str] = []
    fence, may_be_code, is_list = "", True, False
    for line in clean(text).rstrip().split("\n"):
        found = _FENCE.match(line)
        if not fence:
            is_opening = found and (found[1][0] == "~" or "`" not in found[2])
            fence = found[1] if found and is_opening else ""
            # What is indented below a paragraph, or in a list, is no code.
            is_code = line.startswith(_INDENTED) and may_be_code and not is_list
            is_list = bool(_LISTED.match(line)) or (is_list and (not line.strip() or line[0].isspace()))
            may_be_code = is_code or not line.strip()
            lines.append(line if fence or is_code else _inactive(line))
            continue
        if found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
        lines.append(line)
    return "\n".join([*lines, *([fence] if fence else [])])


def _inactive(line: str) -> str:
    pieces: list[str] = []
    end = 0
    for start, stop in _code_spans(line):
        pieces += [_ACTIVE.sub(_escape, line[end:start]), line[start:stop]]
        end = stop
    return "".join([*pieces, _ACTIVE.sub(_escape, line[end:])])


def _code_spans(line: str) -> Iterator[tuple[int, int]]:
    """Where code stands between two runs of as many backticks. Linear in the line, whatever is in it."""
    runs = [each.span() for each in _TICKS.finditer(line) if each[1]]
    closing: dict[int, int] = {}
    last: dict[int, int] = {}
    for at in range(len(runs) - 1, -1, -1):
        length = runs[at][1] - runs[at][0]
        closing[at] = last.get(length, 0)
        last[length] = at
    at = 0
    while at < len(runs):
        if other := closing[at]:
            yield runs[at][0], runs[other][1]
        at = max(at, other) + 1


def _escape(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("\\") else "\\" + found[0]


def _plain(text: str) -> str:
    """A line that is no markup."""
    return re.sub(r"([\\`*_\[\]<>#|~&])", r"\\\1", clean(text, multiline=False))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
