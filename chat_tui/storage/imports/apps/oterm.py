"""Reads oterm's database: chats and messages in a row, images as base64, no times."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json
from chat_tui.i18n import tr
from chat_tui.storage.files.strict_json import CodecError, parse_value
from chat_tui.storage.imports.database import ForeignDatabase
from chat_tui.storage.imports.foreign import (
    ORIGIN,
    Attacher,
    ImportContext,
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

_PARAMETERS = {name: name for name in ("temperature", "top_p", "top_k", "min_p", "seed", "stop", "max_tokens")}
_PARAMETERS |= {"presence_penalty": "presence_penalty", "frequency_penalty": "frequency_penalty"}
_PARAMETERS |= {"num_predict": "max_tokens"}
"""What requests call Ollama's options; the others are kept with the origin."""


def is_database(database: ForeignDatabase) -> bool:
    """Whether it is oterm's."""
    return {"id", "name", "model"} <= database.columns("chat") and {"chat_id", "author", "text"} <= database.columns(
        "message"
    )


def read(database: ForeignDatabase, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of each chat; the caller finishes it. The database holds no times of its own."""
    for chat in list(database.rows("chat", _CHAT)):
        title = as_line(chat.get("name"))
        rows = list(database.rows("message", _MESSAGE, ("chat_id", chat.get("id"))))
        first = as_text(rows[0].get("text")) if rows else ""
        thread = new_thread(PROGRAM, f"{chat.get('id')} {first}", title, "", "")
        options = as_object(_json(chat.get("parameters")))
        thread.extra[ORIGIN] = {"format": PROGRAM, "id": str(chat.get("id"))} | (
            {"parameters": options} if options else {}
        )
        thread.system_prompt = as_text(chat.get("system"))
        provider = as_line(chat.get("provider")) or "ollama"
        model = model_id(_PROVIDERS.get(provider, provider), chat.get("model"))
        thread.parameters = {
            _PARAMETERS[name]: value
            for name, value in options.items()
            if name in _PARAMETERS and value is not None and not isinstance(value, bool | dict)
        }
        nodes: list[SourceNode] = []
        for row in rows:
            role = _ROLES.get(as_line(row.get("author")))
            if role is None:
                context.findings.add(tr("messages of an unknown author were left out"), title)
                continue
            message = new_message(str(row.get("id")), role, row.get("text"), "")
            message.model = model if message.is_answer else None
            attacher = Attacher(message, context, title)
            for each in as_list(_json(row.get("images"))):
                attacher.add_url(each)
            nodes.append(SourceNode(message.id, nodes[-1].id if nodes else None, [message]))
        plant(thread, nodes)
        yield thread


def _json(text: Json) -> Json:
    if not isinstance(text, str):
        return None
    try:
        return parse_value(text.encode(errors="replace"))
    except CodecError:
        return None
