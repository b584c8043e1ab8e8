"""Reads Chatbox's exported data: sessions under keys of their own, older topics and other branches within them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import get
from chat_tui.storage.imports.foreign import ImportContext, UnreadableFileError, as_line, as_list, as_object
from chat_tui.storage.imports.layout import Layout, read_layout

_SESSION = "session:"
_LAYOUT = Layout(
    "chatbox",
    title="threadName|name",
    model="settings.modelId|settings.model",
    provider="settings.provider",
    pinned="starred",
    parent="~parent",
    head="~head",
    content=("contentParts|content",),
    message_provider="aiProvider",
    images="pictures",
)


def is_backup(value: Json) -> bool:
    """Whether it is Chatbox's exported data."""
    return isinstance(value, dict) and (
        "__exported_items" in value
        or "chat-sessions-list" in value
        or isinstance(value.get("chat-sessions"), list)
        or any(each.startswith(_SESSION) for each in value)
    )


def read(value: Json, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of each session, and of each older topic of one."""
    source = as_object(value)
    sessions = [each for name, each in source.items() if name.startswith(_SESSION)]
    for each in map(as_object, [*sessions, *as_list(source.get("chat-sessions"))]):
        messages = _in_branches(each)
        yield from _thread(_LAYOUT, each, messages, source, context)
        for topic in map(as_object, as_list(each.get("threads"))):
            yield from _thread(replace(_LAYOUT, title="name"), topic, _in_branches(topic), source, context)


def _thread(
    layout: Layout, session: JsonObject, messages: list[Json], blobs: JsonObject, context: ImportContext
) -> Iterator[Thread]:
    _put_blobs(messages, blobs)
    try:
        shown = as_list(session.get("messages"))
        head = {"~head": get(shown[-1], "id")} if shown else {}
        yield read_layout(layout, session | head, context, messages)
    except UnreadableFileError as error:
        context.findings.add(str(error), as_line(session.get("name")))


def _in_branches(session: JsonObject) -> list[Json]:
    """The messages of the shown branch, then those of others, each with its parent."""
    found: list[Json] = []
    forks = as_object(session.get("messageForksHash"))

    def add(listed: Json, parent: str) -> None:
        for each in as_list(listed):
            if isinstance(each, dict):
                found.append(dict(each) | {"~parent": parent})
                parent = as_line(each.get("id")) or parent

    add(session.get("messages"), "")
    for name, fork in forks.items():
        for branch in as_list(get(fork, "lists")):
            add(get(branch, "messages"), name)
    return found


def _put_blobs(messages: list[Json], blobs: JsonObject) -> None:
    """Puts in place of an image's key the image, where the export holds it."""
    for message in map(as_object, messages):
        for part in map(as_object, [*as_list(message.get("contentParts")), *as_list(message.get("pictures"))]):
            key = part.get("storageKey")
            if isinstance(key, str) and isinstance(blob := blobs.get(key), str):
                part["url"] = blob
