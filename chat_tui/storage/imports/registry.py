"""The formats that can be read, in the order in which they are tried: what a value is, its shape says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.i18n import tr
from chat_tui.storage.imports import database
from chat_tui.storage.imports.apps import (
    bodies,
    chatbox,
    cherry,
    elia,
    librechat,
    llm_logs,
    lobechat,
    local_apps,
    openwebui,
    oterm,
)
from chat_tui.storage.imports.database import ForeignDatabase
from chat_tui.storage.imports.foreign import ImportContext, UnreadableFileError, as_line, as_object, as_text, finish
from chat_tui.storage.imports.texts import aichat, gptel, sillytavern, transcript
from chat_tui.storage.imports.web import chatgpt, claude, deepseek, google, grok, mistral


@dataclass(frozen=True, slots=True)
class Format:
    """One program's way to write conversations as JSON."""

    label: str
    """The program's name, as a report has it."""
    matches: Callable[[Json], bool]
    read: Callable[[Json, ImportContext], Iterator[Thread]]
    """Yields threads that are finished (see `finish`)."""


def _of_object(
    label: str, matches: Callable[[JsonObject], bool], read: Callable[[JsonObject, ImportContext], Thread | None]
) -> Format:
    """A format of one object for each conversation."""

    def threads(value: Json, context: ImportContext) -> Iterator[Thread]:
        if (thread := read(as_object(value), context)) is not None:
            yield thread

    return Format(label, lambda value: isinstance(value, dict) and matches(value), threads)


def _is_assistant(value: JsonObject) -> bool:
    """Whether it is one of ChatGPT's custom assistants."""
    return as_line(value.get("id")).startswith("g-") and isinstance(value.get("display"), dict)


FORMATS: tuple[Format, ...] = (
    _of_object("DeepSeek", deepseek.is_conversation, deepseek.read),
    _of_object("ChatGPT", chatgpt.is_conversation, chatgpt.read),
    _of_object("Claude", claude.is_conversation, claude.read),
    _of_object("Claude (projects)", claude.is_project, claude.read_project),
    _of_object("Claude (memory)", claude.is_memory, claude.read_memory),
    _of_object("ChatGPT (assistants)", _is_assistant, lambda *_: None),
    _of_object("Open WebUI", openwebui.is_chat, openwebui.read),
    _of_object("LibreChat", librechat.is_conversation, librechat.read),
    Format("Chatbox", chatbox.is_backup, chatbox.read),
    Format("Cherry Studio", cherry.is_backup, cherry.read),
    Format("LobeChat", lobechat.is_export, lobechat.read),
    Format("Jan", local_apps.is_jan, local_apps.read_jan),
    _of_object("Jan (threads)", local_apps.is_jan_thread, lambda *_: None),
    _of_object("LM Studio", local_apps.is_lm_studio, local_apps.read_lm_studio),
    _of_object("Grok", grok.is_conversation, grok.read),
    _of_object("AI Studio", google.is_prompt, google.read_prompt),
    Format("Gemini", google.is_activity, google.read_activity),
    Format("Le Chat", mistral.is_chat, mistral.read),
    Format("SillyTavern", sillytavern.is_chat, sillytavern.read),
    Format("messages", bodies.is_list, bodies.read_list),
    _of_object("messages", bodies.is_body, bodies.read),
)
"""The last two take anything that is a list of messages with roles."""
_CONTAINERS = ("conversations", "chats", "sessions", "threads", "data", "history", "chatHistory", "items", "results")
"""What exports call the list of their conversations."""


def inside(value: Json) -> list[Json]:
    """What an object holds that may be conversations: the lists and objects under the usual names."""
    found = [as_object(value).get(name) for name in _CONTAINERS]
    return [each for each in found if isinstance(each, list | dict) and each]


def note_names(value: JsonObject, context: ImportContext) -> None:
    """Notes what a project or an assistant is called, and what it tells the model, for the conversations in it."""
    if claude.is_project(value) or _is_assistant(value):
        identity = as_line(value.get("uuid")) or as_line(value.get("id"))
        context.names[identity] = as_line(value.get("name")) or as_line(as_object(value["display"]).get("name"))
        context.instructions[identity] = as_text(value.get("prompt_template")).strip()
    elif local_apps.is_jan_thread(value):
        local_apps.note_jan_thread(value, context)


TEXTS: tuple[tuple[str, Callable[[str, ImportContext], Iterator[Thread] | None]], ...] = (
    ("gptel", gptel.read),
    ("aichat", aichat.read),
    ("Markdown", transcript.read),
)
"""Formats that are texts: the program's name, and what reads a text, or says with None that it is no such."""


@dataclass(frozen=True, slots=True)
class DatabaseFormat:
    """One program's database."""

    label: str
    matches: Callable[[ForeignDatabase], bool]
    read: Callable[[ForeignDatabase, ImportContext], Iterator[Thread]]
    """Yields threads that are not finished."""


DATABASES = (
    DatabaseFormat("elia", elia.is_database, elia.read),
    DatabaseFormat("oterm", oterm.is_database, oterm.read),
    DatabaseFormat("llm", llm_logs.is_database, llm_logs.read),
)


def threads_of(tables: database.ForeignDatabase, context: ImportContext) -> Iterator[tuple[str, Thread]]:
    """The threads of a database, each with its program's name.

    Raises:
        UnreadableFileError: it is no program's that is known here.
    """
    found = next((each for each in DATABASES if each.matches(tables)), None)
    if found is None:
        known = ", ".join(each.label for each in DATABASES)
        listed = ", ".join(tables.tables()[:6]) or tr("none")
        raise UnreadableFileError(
            tr("a database of none of these: {known} (its tables: {tables})", known=known, tables=listed)
        )
    for thread in found.read(tables, context):
        try:
            yield found.label, finish(thread, None, context.modified)
        except UnreadableFileError as error:
            context.findings.add(str(error), thread.title)
