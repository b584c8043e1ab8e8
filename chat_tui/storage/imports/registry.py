"""The formats that can be read, in the order in which they are tried: what a value is, its shape says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports import chatgpt, claude, database, elia, oterm
from chat_tui.storage.imports.database import ForeignDatabase
from chat_tui.storage.imports.foreign import ImportContext, UnreadableFileError, as_line, as_object, as_text, finish


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
    _of_object("ChatGPT", chatgpt.is_conversation, chatgpt.read),
    _of_object("Claude", claude.is_conversation, claude.read),
    _of_object("Claude (projects)", claude.is_project, claude.read_project),
    _of_object("Claude (memory)", claude.is_memory, claude.read_memory),
    _of_object("ChatGPT (assistants)", _is_assistant, lambda *_: None),
)


def note_names(value: JsonObject, context: ImportContext) -> None:
    """Notes what a project or an assistant is called, and what it tells the model, for the conversations in it."""
    if claude.is_project(value) or _is_assistant(value):
        identity = as_line(value.get("uuid")) or as_line(value.get("id"))
        context.names[identity] = as_line(value.get("name")) or as_line(as_object(value["display"]).get("name"))
        context.instructions[identity] = as_text(value.get("prompt_template")).strip()


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
)


def threads_of(tables: database.ForeignDatabase, context: ImportContext) -> Iterator[tuple[str, Thread]]:
    """The threads of a database, each with its program's name.

    Raises:
        UnreadableFileError: it is no program's that is known here.
    """
    found = next((each for each in DATABASES if each.matches(tables)), None)
    if found is None:
        known = " or ".join(each.label for each in DATABASES)
        listed = ", ".join(tables.tables()[:6]) or "none"
        raise UnreadableFileError(f"a database, but not of {known} (its tables: {listed})")
    for thread in found.read(tables, context):
        try:
            yield found.label, finish(thread, None, context.modified)
        except UnreadableFileError as error:
            context.findings.add(str(error), thread.title)
