"""Reads elia's database: chats, and messages that may name the one they answer."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json
from chat_tui.i18n import tr
from chat_tui.storage.imports.database import ForeignDatabase
from chat_tui.storage.imports.foreign import ImportContext, as_line, as_text, as_time, new_message, new_thread
from chat_tui.storage.imports.tree import SourceNode, plant

PROGRAM = "elia"
_CHAT = ("id", "model", "title", "started_at", "archived")
_MESSAGE = ("id", "role", "content", "timestamp", "parent_id", "model")
_MAKERS = (("claude", "anthropic"), ("gemini", "gemini"), ("mistral", "mistral"), ("deepseek", "deepseek"))


def is_database(database: ForeignDatabase) -> bool:
    """Whether it is elia's."""
    return {"id", "title", "model"} <= database.columns("chat") and {"chat_id", "role", "content"} <= database.columns(
        "message"
    )


def read(database: ForeignDatabase, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of each chat; the caller finishes it. The saved system prompts go to the context."""
    for row in database.rows("system_prompt", ("id", "title", "prompt")):
        if prompt := as_text(row.get("prompt")).strip():
            context.prompts[as_line(row.get("title")) or f"elia {row.get('id')}"] = prompt
    for chat in list(database.rows("chat", _CHAT)):
        created, title = as_time(chat.get("started_at")), as_line(chat.get("title"))
        thread = new_thread(PROGRAM, f"{chat.get('id')} {created}", title, created, "")
        thread.archived = bool(chat.get("archived"))
        nodes: list[SourceNode] = []
        for row in database.rows("message", _MESSAGE, ("chat_id", chat.get("id"))):
            role = as_line(row.get("role"))
            if role == Role.SYSTEM and not nodes:
                thread.system_prompt = as_text(row.get("content"))
                continue
            if role not in list(Role):
                context.findings.add(tr("messages of an unknown author were left out"), title)
                continue
            parent = f"{row['parent_id']}" if row.get("parent_id") is not None else nodes[-1].id if nodes else None
            message = new_message(str(row.get("id")), Role(role), row.get("content"), as_time(row.get("timestamp")))
            if message.is_answer:
                message.model = model_of(row.get("model") or chat.get("model"))
            nodes.append(SourceNode(message.id, parent, [message]))
        plant(thread, nodes)
        yield thread


def model_of(name: Json) -> str | None:
    """`provider/model-id` of elia's name for a model: `elia-gpt-4o`, `gpt-4o`, `groq/llama3`, `gemini/gemini-pro`."""
    line = as_line(name).removeprefix("elia-")
    if not line or "/" in line:
        return line or None
    maker = next((provider for start, provider in _MAKERS if line.startswith(start)), "openai")
    return f"{maker}/{line}"
