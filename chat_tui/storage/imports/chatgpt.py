"""Reads ChatGPT's export: a conversation is a `mapping` of nodes, many of them hidden or for the machine only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chat_tui.domain.conversation.message import Message, Role, Status
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

PROGRAM = "chatgpt"
_CITATION = re.compile("\ue200[^\ue201]{0,2000}\ue201")
"""How ChatGPT marks a source within a text; `content_references` says what it stands for."""
_TEXT_FIELDS = ("text", "result", "content", "summary")
_FINISH = {"max_tokens": "length", "stop": "stop", "interrupted": "stop", "content_filter": "content_filter"}
_STATUS = {"in_progress": Status.INTERRUPTED, "finished_partial_completion": Status.STOPPED}
NOT_COPIED = "images and files were not copied; the messages name them"


def is_conversation(source: JsonObject) -> bool:
    """Whether it is one of ChatGPT's."""
    return isinstance(source.get("mapping"), dict)


def read(source: JsonObject, findings: Findings) -> Thread:
    """Makes a thread of a conversation.

    Args:
        source: an entry of `conversations.json`.
        findings: gets what is left out.

    Raises:
        UnreadableError: it has no message.
    """
    mapping = as_object(source.get("mapping"))
    title = as_line(source.get("title"))
    created = as_time(source.get("create_time"))
    origin = source.get("conversation_id") or source.get("id")
    origin = origin if isinstance(origin, str) else f"{title} {created} {next(iter(mapping), '')}"
    thread = new_thread(PROGRAM, origin, title, created, as_time(source.get("update_time")))
    thread.archived = source.get("is_archived") is True
    thread.pinned = source.get("is_starred") is True
    reader = _ChatGPTReader(thread, findings)
    ends = plant(thread, [reader.node(name, as_object(mapping[name]), mapping) for name in _in_order(mapping)])
    current = source.get("current_node")
    return finish(thread, ends.get(current) if isinstance(current, str) else None)


def _in_order(mapping: JsonObject) -> list[str]:
    """The nodes, siblings as their parent lists them."""
    places: dict[str, int] = {}
    for node in mapping.values():
        for place, child in enumerate(as_list(as_object(node).get("children"))):
            if isinstance(child, str):
                places.setdefault(child, place)
    return sorted(mapping, key=lambda name: places.get(name, 0))


class _ChatGPTReader:
    """Reads the nodes of one conversation."""

    def __init__(self, thread: Thread, findings: Findings) -> None:
        self._thread = thread
        self._findings = findings

    def node(self, name: str, source: JsonObject, mapping: Mapping[str, Json]) -> SourceNode:
        """One node with what is to be seen of it."""
        parent = source.get("parent")
        node = SourceNode(name, parent if isinstance(parent, str) else None)
        message = as_object(source.get("message"))
        content, metadata = as_object(message.get("content")), as_object(message.get("metadata"))
        kind = content.get("content_type")
        if kind == "user_editable_context":
            self._thread.system_prompt = self._thread.system_prompt or _instructions(content, metadata)
        elif kind == "thoughts":
            node.reasoning = _thoughts(content)
        elif kind == "reasoning_recap":
            seconds = metadata.get("finished_duration_sec")
            if isinstance(seconds, int | float) and not isinstance(seconds, bool):
                node.reasoning_s = float(seconds)
        elif message and metadata.get("is_visually_hidden_from_conversation") is not True:
            above = as_object(as_object(mapping.get(node.parent or "")).get("message"))
            node.messages = self._messages(name, message, above)
        return node

    def _messages(self, name: str, source: JsonObject, above: JsonObject) -> list[Message]:
        role = as_object(source.get("author")).get("role")
        metadata = as_object(source.get("metadata"))
        text = _with_references(self._text(as_object(source.get("content"))), metadata)
        text = "\n\n".join(each for each in (text, *self._attachments(source, metadata)) if each)
        if role not in list(Role):
            if text:
                self._findings.add("messages of an unknown author were left out", self._thread.title)
            return []
        recipient = as_line(source.get("recipient")) or "all"
        calls = role == Role.ASSISTANT and recipient not in ("all", "assistant", "user")
        if not calls:
            text = self._as_code(source, text)
        if not text.strip() or (role == Role.SYSTEM and source.get("weight") == 0):
            return []
        if role == Role.SYSTEM and not self._thread.system_prompt:
            self._thread.system_prompt = as_text(text)
            return []
        message = new_message(name, Role(str(role)), "" if calls else text, as_time(source.get("create_time")))
        if message.is_answer:
            message.model = model_id("openai", metadata.get("model_slug"))
            message.status = _STATUS.get(str(source.get("status")), Status.COMPLETE)
            details = as_object(metadata.get("finish_details")).get("type")
            if details == "interrupted":
                message.status = Status.STOPPED
            message.finish_reason = _FINISH.get(str(details))
            if calls:
                message.tool_calls = [tool_call(name, recipient, text)]
        elif message.role is Role.TOOL and as_object(above.get("author")).get("role") == Role.ASSISTANT:
            message.tool_call_id = as_line(above.get("id")) or None
        return [message]

    def _text(self, content: JsonObject) -> str:
        parts = content.get("parts")
        if isinstance(parts, list):
            return "\n".join(each for each in map(self._part, parts) if each)
        for field in _TEXT_FIELDS:
            if (text := content.get(field)) and isinstance(text, str):
                return text
        if (kind := content.get("content_type")) and kind != "text":
            shown = as_line(kind)[:40]
            self._findings.add(f"messages of an unknown kind ({shown}) were left out", self._thread.title)
        return ""

    def _part(self, part: Json) -> str:
        if isinstance(part, str):
            return part
        source = as_object(part)
        kind = as_line(source.get("content_type"))[:40]
        pointer = source.get("asset_pointer")
        if isinstance(pointer, str):
            size = [source.get("width"), source.get("height")]
            known = all(isinstance(each, int) for each in size)
            self._findings.add(NOT_COPIED, self._thread.title)
            what = "image" if "image" in kind else "recording"
            return f"[{what}: {_file_name(pointer)}" + (f", {size[0]}×{size[1]}]" if known else "]")
        if isinstance(text := source.get("text"), str):
            return text
        if source:
            self._findings.add(f"parts of an unknown kind ({kind}) were left out", self._thread.title)
        return ""

    def _attachments(self, source: JsonObject, metadata: JsonObject) -> list[str]:
        """Files that were attached and that no part of the text points at."""
        pointers = [
            as_object(each).get("asset_pointer") for each in as_list(as_object(source.get("content")).get("parts"))
        ]
        shown = {_file_name(each) for each in pointers if isinstance(each, str)}
        lines = []
        for each in map(as_object, as_list(metadata.get("attachments"))):
            if each.get("id") not in shown and (name := as_line(each.get("name"))):
                self._findings.add(NOT_COPIED, self._thread.title)
                lines.append(f"[file: {name}]")
        return lines

    def _as_code(self, source: JsonObject, text: str) -> str:
        content = as_object(source.get("content"))
        if content.get("content_type") not in ("code", "execution_output") or not text.strip():
            return text
        language = as_line(content.get("language"))
        return fenced(text, "" if language == "unknown" else language)


def _file_name(pointer: str) -> str:
    return as_line(pointer.rpartition("://")[2])[:80]


def _thoughts(content: JsonObject) -> str:
    thoughts = [as_object(each) for each in as_list(content.get("thoughts"))]
    pairs = ((as_line(each.get("summary")), as_text(each.get("content"))) for each in thoughts)
    return "\n\n".join("\n\n".join(filter(None, (f"**{head}**" if head else "", text))) for head, text in pairs)


def _instructions(content: JsonObject, metadata: JsonObject) -> str:
    """The user's custom instructions: their own words where the export has them, else as they were sent."""
    own = as_object(metadata.get("user_context_message_data"))
    texts = [own.get("about_user_message"), own.get("about_model_message")]
    if not any(texts):
        texts = [content.get("user_profile"), content.get("user_instructions")]
    return "\n\n".join(as_text(each).strip() for each in texts if as_text(each).strip())


def _with_references(text: str, metadata: JsonObject) -> str:
    if "\ue200" not in text:
        return text
    for each in map(as_object, as_list(metadata.get("content_references"))[:200]):
        mark, stands_for = each.get("matched_text"), each.get("alt")
        if isinstance(mark, str) and mark.startswith("\ue200") and isinstance(stands_for, str):
            text = text.replace(mark, stands_for)
    return _CITATION.sub("", text)
