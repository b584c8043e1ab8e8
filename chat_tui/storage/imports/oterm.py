"""Reads oterm's database: chats and messages in a row, images as base64, no times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json
from chat_tui.storage.attachments.data_urls import data_url
from chat_tui.storage.files.strict_json import CodecError, parse_value
from chat_tui.storage.imports.database import ForeignDatabase
from chat_tui.storage.imports.foreign import (
    Findings,
    as_line,
    as_list,
    as_object,
    as_text,
    model_id,
    new_message,
    new_thread,
)
from chat_tui.storage.imports.tree import SourceNode, plant

PROGRAM = "oterm"
_CHAT = ("id", "name", "model", "system", "provider", "parameters")
_MESSAGE = ("id", "author", "text", "images")
_ROLES = {"user": Role.USER, "me": Role.USER, "assistant": Role.ASSISTANT, "ollama": Role.ASSISTANT}
"""The first name of each pair is that of versions since 0.12."""
_PROVIDERS = {"openai-chat": "openai", "google": "gemini", "google-gla": "gemini"}


def is_database(database: ForeignDatabase) -> bool:
    """Whether it is oterm's."""
    return {"id", "name", "model"} <= database.columns("chat") and {"chat_id", "author", "text"} <= database.columns(
        "message"
    )


def read(database: ForeignDatabase, findings: Findings, modified: float) -> Iterator[Thread]:
    """Makes a thread of each chat; the caller finishes it.

    Args:
        database: oterm's.
        findings: gets what is left out.
        modified: when the file last changed, in seconds since 1970: it holds no times of its own.
    """
    when = f"{datetime.fromtimestamp(modified, UTC):%Y-%m-%dT%H:%M:%SZ}"
    for chat in list(database.rows("chat", _CHAT)):
        title = as_line(chat.get("name"))
        rows = list(database.rows("message", _MESSAGE, ("chat_id", chat.get("id"))))
        first = as_text(rows[0].get("text")) if rows else ""
        thread = new_thread(PROGRAM, f"{chat.get('id')} {first}", title, "", "")
        thread.extra["imported_from"] = {"format": PROGRAM, "id": str(chat.get("id"))}
        thread.created = thread.updated = when
        thread.system_prompt = as_text(chat.get("system"))
        provider = as_line(chat.get("provider")) or "ollama"
        model = model_id(_PROVIDERS.get(provider, provider), chat.get("model"))
        temperature = as_object(_json(chat.get("parameters"))).get("temperature")
        if isinstance(temperature, int | float) and not isinstance(temperature, bool):
            thread.parameters = {"temperature": temperature}
        nodes: list[SourceNode] = []
        for row in rows:
            role = _ROLES.get(as_line(row.get("author")))
            if role is None:
                findings.add("messages of an unknown author were left out", title)
                continue
            message = new_message(str(row.get("id")), role, row.get("text"), "")
            message.model = model if message.is_answer else None
            _attach(message, row.get("images"), title, findings)
            nodes.append(SourceNode(message.id, nodes[-1].id if nodes else None, [message]))
        plant(thread, nodes)
        yield thread


def _attach(message: Message, images: Json, title: str, findings: Findings) -> None:
    """Turns the images into parts of the message, as the program itself sends them."""
    parts: list[Json] = []
    for each in as_list(_json(images)):
        url = data_url(each) if isinstance(each, str) else None
        if url is None:
            findings.add("images of an unknown kind were left out", title)
        else:
            parts.append({"type": "image_url", "image_url": {"url": url}})
    if parts:
        text: list[Json] = [{"type": "text", "text": message.content}] if message.content else []
        message.parts = text + parts


def _json(text: Json) -> Json:
    if not isinstance(text, str):
        return None
    try:
        return parse_value(text.encode(errors="replace"))
    except CodecError:
        return None
