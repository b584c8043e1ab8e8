"""Reads DeepSeek's export: a `mapping` as ChatGPT has one, with messages made of fragments."""

from __future__ import annotations

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import JsonObject
from chat_tui.storage.imports.content import Turns, get
from chat_tui.storage.imports.foreign import ImportContext, as_line, as_list, as_object, as_time, new_thread
from chat_tui.storage.imports.layout import planted, source_model
from chat_tui.storage.imports.tree import SourceNode

_SEARCHES = ("SEARCH", "READ_LINK", "TOOL_SEARCH", "TOOL_OPEN")


def is_conversation(value: JsonObject) -> bool:
    """Whether it is one of DeepSeek's."""
    mapping = value.get("mapping")
    if not isinstance(mapping, dict):
        return False
    return "inserted_at" in value or any(
        get(each, "message.fragments") is not None for each in list(mapping.values())[:5]
    )


def read(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a conversation.

    Raises:
        UnreadableFileError: it has no message.
    """
    title = as_line(source.get("title"))
    created, updated = as_time(source.get("inserted_at")), as_time(source.get("updated_at"))
    thread = new_thread("deepseek", as_line(source.get("id")) or f"{title} {created}", title, created, updated)
    nodes: list[SourceNode] = []
    for name, each in as_object(source.get("mapping")).items():
        node = SourceNode(name, as_line(get(each, "parent")) or None)
        node.messages = _turns(name, as_object(get(each, "message")), context, title)
        nodes.append(node)
    newest = max(nodes, key=lambda each: max((m.created for m in each.messages), default=""), default=None)
    return planted(thread, nodes, newest.id if newest else "", context)


def _turns(name: str, source: JsonObject, context: ImportContext, title: str) -> list[Message]:
    fragments = [as_object(each) for each in as_list(source.get("fragments"))]
    is_prompt = any(each.get("type") == "REQUEST" for each in fragments) or source.get("role") == "USER"
    role = Role.USER if is_prompt else Role.ASSISTANT
    turns = Turns(name, role, as_time(source.get("inserted_at")), context, title)
    for each in fragments:
        kind = as_line(each.get("type"))
        if kind in ("REQUEST", "RESPONSE", "TEMPLATE_RESPONSE", "TIP"):
            turns.text(each.get("content"))
        elif kind == "THINK":
            turns.thought(each.get("content"))
        elif kind in _SEARCHES:
            turns.sources(each.get("results"))
        else:
            turns.content(each | {"type": kind or "text"})
    if not fragments:
        turns.thought(get(source, "thinking_content"))
        turns.content(source.get("content"))
    for each in map(as_object, as_list(source.get("files"))):
        turns.file(each)
    done = turns.done()
    for message in done:
        if message.is_answer:
            message.model = source_model(source.get("model"), "deepseek", "deepseek")
    return done
