"""Reads Claude's export: a conversation is a list of `chat_messages` made of blocks; newer ones are a tree."""

from __future__ import annotations

import json
from pathlib import PurePath

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.fence import fenced
from chat_tui.storage.imports.foreign import (
    Findings,
    as_line,
    as_list,
    as_object,
    as_text,
    as_time,
    finish,
    model_id,
    new_message,
    new_thread,
    tool_call,
)
from chat_tui.storage.imports.tree import SourceNode, plant

PROGRAM = "claude"
_ROLES = {"human": Role.USER, "assistant": Role.ASSISTANT}
_SILENT = ("redacted_thinking", "token_budget", "flag")
"""Blocks that hold nothing to read."""


def is_conversation(source: JsonObject) -> bool:
    """Whether it is one of Claude's."""
    return isinstance(source.get("chat_messages"), list)


def read(source: JsonObject, findings: Findings) -> Thread:
    """Makes a thread of a conversation.

    Args:
        source: an entry of `conversations.json`.
        findings: gets what is left out.

    Raises:
        UnreadableError: it has no message.
    """
    listed = [as_object(each) for each in as_list(source.get("chat_messages"))]
    title, created = as_line(source.get("name")), as_time(source.get("created_at"))
    origin = source.get("uuid")
    if not isinstance(origin, str):
        origin = f"{title} {created} {listed[0].get('uuid') if listed else ''}"
    thread = new_thread(PROGRAM, origin, title, created, as_time(source.get("updated_at")))
    thread.pinned = source.get("is_starred") is True
    reader = _ClaudeReader(thread, as_line(source.get("model")), findings)
    is_tree = any(isinstance(each.get("parent_message_uuid"), str) for each in listed)
    nodes: list[SourceNode] = []
    for number, each in enumerate(listed):
        before = nodes[-1].id if nodes else None
        parent = each.get("parent_message_uuid") if is_tree else before
        node = SourceNode(as_line(each.get("uuid")) or f"message-{number}", parent if isinstance(parent, str) else None)
        node.messages = reader.messages(node.id, each)
        nodes.append(node)
    newest = max(nodes, key=lambda each: each.messages[-1].created if each.messages else "", default=None)
    ends = plant(thread, nodes)
    leaf = source.get("current_leaf_message_uuid")
    return finish(thread, ends.get(leaf if isinstance(leaf, str) else newest.id if newest else ""))


class _ClaudeReader:
    """Reads the messages of one conversation."""

    def __init__(self, thread: Thread, model: str, findings: Findings) -> None:
        self._thread = thread
        self._model = model
        self._findings = findings

    def messages(self, name: str, source: JsonObject) -> list[Message]:
        """One of Claude's messages: more than one of ours where tools were used in the midst of it."""
        role = _ROLES.get(str(source.get("sender")))
        if role is None:
            self._findings.add("messages of an unknown author were left out", self._thread.title)
            return []
        created = as_time(source.get("created_at"))
        turns = [new_message(name, role, "", created)]
        for block in map(as_object, as_list(source.get("content"))):
            self._add(turns, block, name, created)
        written = any(not each.is_blank for each in turns)
        if not written and isinstance(text := source.get("text"), str):
            turns = [new_message(name, role, text, created)]
        first = turns[0]
        first.content = _joined(first.content, *self._attachments(source))
        for each in turns:
            if each.is_answer:
                each.model = model_id("anthropic", source.get("model") or self._model)
        return [each for each in turns if not each.is_blank]

    def _add(self, turns: list[Message], block: JsonObject, name: str, created: str) -> None:
        """Adds a block to the last turn, or begins another where a tool has answered."""
        last, kind = turns[-1], block.get("type")
        if kind == "tool_result":
            turns.append(new_message(f"{name}~{len(turns)}", Role.TOOL, _result(block), created))
            turns[-1].tool_call_id = as_line(block.get("tool_use_id")) or None
            return
        if last.role is Role.TOOL:
            last = new_message(f"{name}~{len(turns)}", turns[0].role, "", created)
            turns.append(last)
        if kind == "text":
            piece = new_message("", last.role, block.get("text"), created)
            last.content, last.hidden = _joined(last.content, piece.content), last.hidden + piece.hidden
        elif kind == "thinking":
            last.reasoning = _joined(last.reasoning, as_text(block.get("thinking")))
        elif kind == "tool_use":
            arguments = json.dumps(block.get("input"), ensure_ascii=False)
            identity = as_line(block.get("id")) or f"{name}~call{len(last.tool_calls)}"
            last.tool_calls.append(tool_call(identity, as_line(block.get("name")) or "?", arguments))
        elif kind not in _SILENT:
            shown = as_line(kind)[:40] or "no type"
            self._findings.add(f"blocks of an unknown kind ({shown}) were left out", self._thread.title)

    def _attachments(self, source: JsonObject) -> list[str]:
        """Attached texts as fenced blocks with their names; files that the export only names, by name."""
        found = []
        for each in map(as_object, as_list(source.get("attachments"))):
            name = as_line(each.get("file_name")) or "pasted text"
            text = as_text(each.get("extracted_content"))
            found.append(fenced(text, f"{PurePath(name).suffix[1:] or 'text'} {name}") if text else self._named(name))
        for each in map(as_object, as_list(source.get("files")) or as_list(source.get("files_v2"))):
            found.append(self._named(as_line(each.get("file_name")) or as_line(each.get("file_uuid")) or "no name"))
        return found

    def _named(self, name: str) -> str:
        self._findings.add("images and files were not copied; the messages name them", self._thread.title)
        return f"[file: {name}]"


def _joined(*texts: str) -> str:
    return "\n\n".join(each for each in texts if each.strip())


def _result(block: JsonObject) -> str:
    content: Json = block.get("content")
    if isinstance(content, str):
        return content
    texts = [as_object(each).get("text") for each in as_list(content)]
    return "\n\n".join(each for each in texts if isinstance(each, str))
