"""Reads lists of messages as APIs take them: request bodies, fine-tuning data; and clients that keep the like."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import get, role_of
from chat_tui.storage.imports.foreign import ImportContext, as_list, as_object
from chat_tui.storage.imports.layout import Layout, read_layout

_BODY = Layout(
    "openai-messages",
    identity="~identity",
    system="system|instructions",
    provider="~provider",
    parameters="~parameters",
    content=("content|text|value|parts",),
    role="role|from|sender|author",
)
_CLIENT = Layout(
    "chat",
    identity="id|uuid|_id|chatID|sessionId|session_id|conversation_id",
    title="title|chatTitle|name|userTitle|autoTitle|topic|subject",
    system="systemPrompt|system_prompt|system|chatParams.systemMessage|systemMessage|instructions|prompt",
    model="modelInfo.id|modelInfo.title|model|modelId",
    parameters="chatParams|parameters|settings",
    role="role|sender|from|author.role|author|type",
    content=("fragments|content|text|message|parts|value|body",),
    message_id="id|uuid|_id|messageId",
    message_model="generator.name|originLLM|model|modelId",
)
_LINES = Layout("chat-tui-lines", parent="parent", head="head", time="created", sources="sources")
_NAMES = ("messages", "conversations", "conversation", "input", "contents")
_OF_CLIENTS = ("id", "uuid", "_id", "chatID", "chatTitle", "title", "name", "createdAt", "created_at", "sessionId")


def _listed(value: JsonObject) -> list[Json]:
    """The messages of a body or a conversation; empty where there are none."""
    body = as_object(value.get("body")) or as_object(value.get("request")) or value
    for name in _NAMES:
        found = as_list(body.get(name))
        if found and all(_is_message(each) for each in found[:3]):
            return found
    return []


def _is_message(value: Json) -> bool:
    named = get(value, "role|from|sender|author.role|author")
    has_body = any(
        get(value, each) is not None for each in ("content", "text", "value", "parts", "fragments", "message")
    )
    return role_of(named) is not None and (has_body or get(value, "tool_calls") is not None)


def is_list(value: Json) -> bool:
    """Whether it is nothing but messages."""
    return isinstance(value, list) and len(value) > 0 and all(_is_message(each) for each in value[:5])


def is_body(value: JsonObject) -> bool:
    """Whether it is one list of messages with what an API is told beside them."""
    return bool(_listed(value))


def label(value: JsonObject) -> str:
    """What it is, in words: a client that has names for conversations, or a request."""
    return "chats" if any(name in value for name in _OF_CLIENTS) else "OpenAI messages"


def read(value: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a body, or of a conversation of a client that keeps the like.

    Raises:
        UnreadableFileError: it has no message.
    """
    messages = _listed(value)
    if label(value) == "chats":
        return read_layout(_CLIENT, value, context, messages)
    body = as_object(value.get("body")) or as_object(value.get("request")) or value
    return _read(body, messages, context)


def read_list(value: Json, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of a list of messages; of lines that name their threads, as this program writes them, of each."""
    listed = [as_object(each) for each in as_list(value)]
    if not all("thread" in each and "parent" in each for each in listed):
        yield _read({}, as_list(value), context)
        return
    threads: dict[str, list[Json]] = {}
    for each in listed:
        threads.setdefault(str(each["thread"]), []).append(each)
    for identity, messages in threads.items():
        first = as_object(messages[0])
        shown = [get(each, "id") for each in messages if get(each, "shown") is True]
        about: JsonObject = {"id": identity, "title": first.get("title"), "tags": first.get("tags")}
        yield read_layout(_LINES, about | {"head": shown[-1] if shown else None}, context, messages)


def _read(body: JsonObject, messages: list[Json], context: ImportContext) -> Thread:
    """There is no id: the same messages are the same conversation."""
    written = json.dumps(messages, ensure_ascii=False, sort_keys=True).encode(errors="replace")
    about: JsonObject = body | {
        "~identity": hashlib.sha256(written).hexdigest(),
        "~parameters": body,
        "~provider": "openai",
    }
    return read_layout(_BODY, about, context, messages)
