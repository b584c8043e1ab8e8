"""Reads Open WebUI's chats: a tree of messages, thoughts and calls of tools as HTML within the texts."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.fence import fenced
from chat_tui.storage.imports.content import Turns, get, parsed
from chat_tui.storage.imports.foreign import ImportContext, as_list, as_object, as_text, as_time
from chat_tui.storage.imports.layout import Layout, read_layout, source_model

LAYOUT = Layout(
    "openwebui",
    messages="chat.history.messages",
    title="title|chat.title",
    created="created_at|chat.timestamp",
    system="chat.params.system|chat.system",
    parameters="chat.params|params",
    tags="meta.tags|chat.tags|tags",
    head="chat.history.currentId",
    parent="parentId",
)
_OPEN, _CLOSE = "<details", "</details>"
_ATTRIBUTE = re.compile(r'([\w-]{1,30})="([^"]*)"')
_SUMMARY = re.compile(r"\s*<summary>[^<]{0,500}</summary>")


def is_chat(value: JsonObject) -> bool:
    """Whether it is one of Open WebUI's."""
    return isinstance(get(value, "chat.history.messages"), dict) or isinstance(get(value, "chat.messages"), list)


def read(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a chat.

    Raises:
        UnreadableFileError: it has no message.
    """
    if not isinstance(get(source, LAYOUT.messages), dict):  # its first versions kept a list
        return read_layout(replace(LAYOUT, parent=""), source, context, get(source, "chat.messages"))
    return read_layout(LAYOUT, source, context, read_turns=_turns)


def _turns(name: str, source: JsonObject, context: ImportContext, title: str) -> list[Message]:
    role = Role.ASSISTANT if source.get("role") == "assistant" else Role.USER
    if source.get("role") in ("system", "tool"):
        role = Role(str(source["role"]))
    turns = Turns(name, role, as_time(source.get("timestamp")), context, title)
    content: Json = source.get("content")
    output = as_list(source.get("output"))
    if any(get(each, "type") == "message" for each in output):  # newer ones keep the parts beside the text
        turns.content(output)
    elif isinstance(content, str) and role is Role.ASSISTANT:
        _add_details(turns, content)
    else:
        turns.content(content)
    for each in map(as_object, as_list(source.get("files"))):
        turns.file(each)
    turns.sources([get(each, "source") or each for each in as_list(get(source, "sources|citations"))])
    for page_list in as_list(get(source, "sources|citations")):
        turns.sources(
            [{"url": url} for page in as_list(get(page_list, "metadata")) if (url := get(page, "source|url"))]
        )
    done = turns.done()
    for message in done:
        if message.is_answer:
            message.model = source_model(source.get("model") or source.get("modelName"), None, "openwebui")
    return done


def _add_details(turns: Turns, text: str) -> None:
    """A text with its folded parts: thoughts, calls of tools with their results, code that was run."""
    at = 0
    while (start := text.find(_OPEN, at)) >= 0 and (head := text.find(">", start)) >= 0:
        end = text.find(_CLOSE, head)
        if end < 0:
            break
        facts = dict(_ATTRIBUTE.findall(text[start:head]))
        body = text[head + 1 : end]
        if (summary := _SUMMARY.match(body)) is not None:
            body = body[summary.end() :]
        turns.text(text[at:start])
        kind = facts.get("type", "")
        if kind == "reasoning":
            lines = html.unescape(body.strip()).split("\n")
            turns.thought("\n".join(line.removeprefix(">").removeprefix(" ") for line in lines))
        elif kind == "tool_calls":
            _add_call(turns, facts)
        elif kind == "code_interpreter":
            turns.text(body.strip())
            if output := html.unescape(facts.get("output", "")):
                turns.text(fenced(as_text(output), "text"))
        else:
            turns.text(text[start : end + len(_CLOSE)])
        at = end + len(_CLOSE)
    turns.text(text[at:])


def _add_call(turns: Turns, facts: dict[str, str]) -> None:
    """A call: its arguments, and its result, are JSON texts within JSON texts."""
    arguments, result = (html.unescape(facts.get(name, "")) for name in ("arguments", "result"))
    inner = parsed(arguments)
    call: JsonObject = {"id": facts.get("id", ""), "name": facts.get("name", "")}
    call["arguments"] = inner if isinstance(inner, str | dict) else arguments
    if result:
        value = parsed(result)
        call["result"] = result if value is None else value
    turns.call(call)
