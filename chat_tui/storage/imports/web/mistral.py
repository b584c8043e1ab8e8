"""Reads the export of Mistral's Le Chat: a file for each chat, a list of messages made of chunks."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import get
from chat_tui.storage.imports.foreign import ImportContext, as_line, as_list, as_object
from chat_tui.storage.imports.layout import Layout, read_layout

_LAYOUT = Layout("mistral", parent="~parent", content=("contentChunks|content",), files="files", sources="~sources")


def is_chat(value: Json) -> bool:
    """Whether it is the messages of one of its chats."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(get(each, "chatId") is not None and get(each, "role") is not None for each in value[:5])
    )


def read(value: Json, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of the messages; versions of one are side by side."""
    listed = [as_object(each) for each in as_list(value)]
    listed.sort(key=lambda each: (as_line(each.get("createdAt")), each.get("role") != "user"))
    messages: list[Json] = []
    last = ""
    for each in listed:
        parent = as_line(each.get("parentId")) or last
        messages.append(each | {"~parent": parent, "~sources": _pages(each)})
        last = as_line(each.get("id"))
    about: JsonObject = {"id": listed[0].get("chatId"), "title": as_line(listed[0].get("title"))}
    yield read_layout(_LAYOUT, about, context, messages)


def _pages(message: JsonObject) -> list[Json]:
    """What searches found: within the results of the calls."""
    found: list[Json] = []
    for each in as_list(message.get("contentChunks")):
        result = get(each, "publicResult")
        listed = result if isinstance(result, list) else get(result, "sources|results|references")
        found += [page for page in as_list(listed) if isinstance(get(page, "url"), str)]
    return found
