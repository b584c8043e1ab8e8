"""Reads LibreChat's exports: a list of messages, or a tree in which each has its answers."""

from __future__ import annotations

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import get
from chat_tui.storage.imports.foreign import ImportContext, as_list
from chat_tui.storage.imports.layout import Layout, read_layout

_LAYOUT = Layout(
    "librechat",
    identity="conversationId",
    created="createdAt",
    updated="updatedAt",
    system="options.promptPrefix|options.system|promptPrefix|system",
    model="options.model|model",
    provider="endpoint",
    parameters="options",
    message_id="messageId",
    parent="parentMessageId",
    role="isCreatedByUser",
    content=("content|text",),
    message_provider="endpoint",
    roles={"True": Role.USER, "False": Role.ASSISTANT},
)


def is_conversation(value: JsonObject) -> bool:
    """Whether it is one of LibreChat's."""
    first = next(iter(as_list(value.get("messages"))), None)
    return "conversationId" in value and get(first, "messageId") is not None


def read(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a conversation.

    Raises:
        UnreadableFileError: it has no message.
    """
    messages: list[Json] = []
    todo = list(reversed(as_list(source.get("messages"))))
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            role = str(each.get("isCreatedByUser", each.get("sender") == "User"))
            messages.append(
                {name: value for name, value in each.items() if name != "children"} | {"isCreatedByUser": role}
            )
            todo += reversed(as_list(each.get("children")))
    return read_layout(_LAYOUT, source, context, messages)
