"""Reads Grok's export: conversations beside their responses, a tree of which may be cut."""

from __future__ import annotations

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import get
from chat_tui.storage.imports.foreign import ImportContext, as_list, as_object
from chat_tui.storage.imports.layout import Layout, read_layout

_LAYOUT = Layout(
    "xai",
    created="create_time",
    updated="modify_time",
    head="leaf_response_id",
    message_id="_id|response_id|id",
    parent="parent_response_id|thread_parent_id",
    role="sender",
    content=("message|query",),
    reasoning="thinking_trace|reasoning",
    time="create_time",
    images="generated_image_urls",
    files="~files",
    sources="cited_web_search_results|web_search_results",
)


def is_conversation(value: JsonObject) -> bool:
    """Whether it is one of Grok's."""
    return isinstance(value.get("conversation"), dict) and isinstance(value.get("responses"), list)


def read(source: JsonObject, context: ImportContext) -> Thread:
    """Makes a thread of a conversation.

    Raises:
        UnreadableFileError: it has no message.
    """
    messages: list[Json] = []
    for each in as_list(source.get("responses")):
        response = as_object(get(each, "response") or each)
        attached: list[Json] = [
            {"id": name, "name": name} if isinstance(name, str) else name
            for name in as_list(response.get("file_attachments"))
        ]
        messages.append(response | {"~files": attached})
    if not any(get(each, _LAYOUT.parent) for each in messages):
        ids = [get(each, _LAYOUT.message_id) for each in messages]
        messages = [
            as_object(m) | {"parent_response_id": above} for m, above in zip(messages, [None, *ids], strict=False)
        ]
    return read_layout(_LAYOUT, as_object(source.get("conversation")), context, messages)
