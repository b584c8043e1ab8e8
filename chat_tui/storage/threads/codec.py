"""A thread's file: its name, ID.json; its JSON, format version 1; and the summary that a list shows.

`decode(encode(thread)) == thread`, and what is unknown survives. The file has a line for each field and for each
message: small, readable, and quick to list without parsing it whole.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from operator import attrgetter
from typing import TypeVar

from chat_tui.domain.conversation.message import Message, MessageError, Role, Status, Timing, ToolRun, ToolState
from chat_tui.domain.conversation.thread import Thread, ThreadSummary
from chat_tui.domain.json import Json, JsonObject
from chat_tui.i18n import tr
from chat_tui.storage.files.strict_json import CodecError, dump, parse_in_slices
from chat_tui.storage.threads.fields import (
    BOOLEAN,
    INTEGER,
    INTEGER_OR_NULL,
    LIST,
    NUMBER_OR_NULL,
    OBJECT,
    OBJECT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    Field,
    all_of,
    read_fields,
    write_fields,
)

Part = TypeVar("Part", Timing, MessageError, ToolRun)

SUFFIX = ".json"
MAX_ID = 200
"""Characters of an id: with a temporary file's prefix and suffix it still is a file name (255 bytes)."""
FORMAT = "chat-tui.thread"
EXPORT_FORMAT = "chat-tui.export"
"""Of the index of a folder of exports."""
VERSION = 1
MESSAGES = "messages"
_START = f'{{\n "format": "{FORMAT}",\n'.encode()
_MESSAGES_LINE = f'\n "{MESSAGES}": ['.encode()
_MESSAGE_LINE = b"\n  {"
_END = b"\n}\n"


_HEADER = (
    Field("id", TEXT, ""),
    Field("title", TEXT, ""),
    Field("created", TEXT, ""),
    Field("updated", TEXT, ""),
    Field("pinned", BOOLEAN, False),
    Field("archived", BOOLEAN, False),
    Field("tags", LIST, [], is_valid=all_of(str)),
    Field("system_prompt", TEXT, ""),
    Field("model", TEXT_OR_NULL),
    Field("parameters", OBJECT, {}),
    Field("tools", LIST, [], is_valid=all_of(str), optional=True),
    Field("saved_prompt", TEXT, "", optional=True),
    Field("fallback", LIST, [], is_valid=all_of(str), optional=True),
    Field("request_budget", NUMBER_OR_NULL, optional=True, is_valid=lambda most: most is None or most >= 0),
    Field("draft", TEXT, ""),
    Field("head", TEXT_OR_NULL),
    Field("send_from", TEXT_OR_NULL, optional=True),
    Field("starred", TEXT_OR_NULL, optional=True),
)
_MESSAGE = (
    Field("parent", TEXT_OR_NULL),
    Field("reasoning", TEXT, "", optional=True),
    Field("created", TEXT, ""),
    Field("model", TEXT_OR_NULL, optional=True),
    Field("answered_by", TEXT, "", optional=True),
    Field("upstream_provider", TEXT, "", optional=True),
    Field("parameters", OBJECT, {}, optional=True),
    Field("status", TEXT_OR_NULL, optional=True, is_valid=lambda status: status is None or status in list(Status)),
    Field("finish_reason", TEXT_OR_NULL, optional=True),
    Field("usage", OBJECT_OR_NULL, optional=True),
    Field("timing", OBJECT, optional=True),
    Field("error", OBJECT, optional=True),
    Field("tool_calls", LIST, [], is_valid=all_of(dict), optional=True),
    Field("tool_call_id", TEXT_OR_NULL, optional=True),
    Field("tool_run", OBJECT, optional=True),
    Field("sources", LIST, [], is_valid=all_of(dict), optional=True),
    Field("tried", LIST, [], is_valid=all_of(dict), optional=True),
    Field("pinned", BOOLEAN, False, optional=True),
    Field("muted", BOOLEAN, False, optional=True),
    Field("deleted", TEXT, "", optional=True),
    Field("summarizes", INTEGER, 0, optional=True, is_valid=lambda count: count >= 0),
    Field("hidden_characters", INTEGER, 0, attribute="hidden", optional=True, is_valid=lambda count: count >= 0),
)
_ERROR = (
    Field("kind", TEXT, ""),
    Field("message", TEXT, ""),
    Field("http_status", INTEGER_OR_NULL, optional=True),
    Field("request_id", TEXT_OR_NULL, optional=True),
    Field("advice", TEXT, "", optional=True),
    Field("detail", TEXT, "", optional=True),
)
_TIMING = (
    Field("first_token_s", NUMBER_OR_NULL, optional=True),
    Field("total_s", NUMBER_OR_NULL, optional=True),
    Field("reasoning_s", NUMBER_OR_NULL, optional=True),
)
_TOOL_RUN = (
    Field("server", TEXT, ""),
    Field("name", TEXT, ""),
    Field("state", TEXT, str(ToolState.DONE), is_valid=lambda state: state in list(ToolState)),
    Field("seconds", NUMBER_OR_NULL, optional=True),
    Field("size", INTEGER, 0, optional=True, is_valid=lambda size: size >= 0),
    Field("file", TEXT, "", optional=True),
    Field("arguments", OBJECT_OR_NULL, optional=True),
)
_ROLES = {"developer": Role.SYSTEM, "function": Role.TOOL}


def is_id(text: str) -> bool:
    """Whether it can be a thread's id: a file name, and nothing that leads out of the directory."""
    if not text or text.startswith(".") or len(text.encode(errors="replace")) > MAX_ID:
        return False
    return not any(char in "/\\:" or char < " " for char in text)


def message_to_json(message: Message) -> JsonObject:
    """The message as it is in its thread's file."""
    written = write_fields(_MESSAGE, message, message.extra)
    if message.error is not None:
        written["error"] = write_fields(_ERROR, message.error, message.error.extra)
    if message.timing is not None:
        written["timing"] = write_fields(_TIMING, message.timing, message.timing.extra)
    if message.tool_run is not None:
        written["tool_run"] = write_fields(_TOOL_RUN, message.tool_run, message.tool_run.extra)
    extra = message.extra
    # A role that this version does not know (`developer`) goes back as it came.
    role = extra["role"] if "role" in extra and _role(extra["role"]) is message.role else message.role
    content: Json = message.content if message.parts is None else message.parts
    if "content" in extra and content == "":
        content = extra["content"]
    identity = extra.get("id", message.id)
    first: JsonObject = {"id": identity, "parent": written["parent"], "role": role, "content": content}
    return first | {name: value for name, value in written.items() if name not in first}


def header_to_json(thread: Thread) -> JsonObject:
    """The fields of a thread but its messages, in the order of the file."""
    start: JsonObject = {"format": FORMAT, "version": VERSION}
    written = write_fields(_HEADER, thread, thread.extra)
    if "version" in written:  # a newer format, shown as it is
        start["version"] = written.pop("version")
    written.pop(MESSAGES, None)
    return start | written


def thread_to_json(thread: Thread) -> JsonObject:
    """The thread as its file has it."""
    messages: list[Json] = [message_to_json(each) for each in thread.messages.values()]
    return header_to_json(thread) | {MESSAGES: messages + _strays(thread)}


def _strays(thread: Thread) -> list[Json]:
    """What stood among the messages and is none; kept at the end."""
    strays = thread.extra.get(MESSAGES)
    return strays if isinstance(strays, list) else []


def header_lines(thread: Thread) -> dict[str, str]:
    """The header's lines of the file, by field.

    Raises:
        CodecError: a value has no JSON.
    """
    return {name: f" {dump(name)}: {dump(value)}," for name, value in header_to_json(thread).items()}


def message_line(message: Message) -> str:
    """The message's line of the file.

    Raises:
        CodecError: a value has no JSON.
    """
    return dump(message_to_json(message))


Lines = dict[str, tuple[object, str]]
"""Lines of messages by id, each with what tells that the message is still the same."""


def encode_lines(thread: Thread, known: Lines | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """The lines of the file: those of the header by field, and one for each message by its id.

    Args:
        thread: what is written.
        known: lines of an earlier call, used where they still hold, and brought up to date. A long thread is saved
            every second while its answer streams; only the answer's line is made anew then.

    Raises:
        CodecError: a value has no JSON: NaN, an endless nesting.
    """
    header = header_lines(thread)
    if known is None:
        return header, {each.id: message_line(each) for each in thread.messages.values()}
    lines: dict[str, str] = {}
    for message in thread.messages.values():
        state = _state(message)
        at = known.get(message.id)
        if at is None or at[0] != state:
            at = known[message.id] = (state, message_line(message))
        lines[message.id] = at[1]
    for gone in known.keys() - lines.keys():
        del known[gone]
    return header, lines


_MUTABLE = ("parameters", "usage", "timing", "error", "tool_calls", "tool_run", "sources", "tried", "parts", "extra")
_immutable = attrgetter(*(each.name for each in dataclass_fields(Message) if each.name not in _MUTABLE))
_mutable = attrgetter(*_MUTABLE)


def _state(message: Message) -> object:
    """Equal for equal messages only. Long texts are compared by identity first; what can change within is spelt out."""
    return _immutable(message), repr(_mutable(message))


def join_lines(header: list[str], messages: list[str]) -> bytes:
    """Puts a file together from the lines of `encode_lines`."""
    body = ",\n".join(f"  {line}" for line in messages)
    listed = f"[\n{body}\n ]" if messages else "[]"
    return ("{\n" + "\n".join(header) + f'\n "{MESSAGES}": {listed}\n' + "}\n").encode()


def stray_lines(thread: Thread) -> list[str]:
    """The lines of what stood among the messages and is none."""
    return [dump(each) for each in _strays(thread)]


def encode(thread: Thread) -> bytes:
    """The thread's file: UTF-8, always the same for the same thread.

    Raises:
        CodecError: a value has no JSON: NaN, an endless nesting.
    """
    header, messages = encode_lines(thread)
    return join_lines(list(header.values()), [*messages.values(), *stray_lines(thread)])


def decode(data: bytes) -> Thread:
    """Reads a thread's file.

    A field of a wrong type takes its default and keeps its original in `extra`. A file of a newer version is read as
    far as it is understood, and is `read_only`.

    Raises:
        CodecError: it is no thread: not UTF-8, not JSON (NaN and Infinity are none), nested too deep, another format.
    """
    return thread_from_json(parse_in_slices(data, MESSAGES))


def thread_from_json(source: JsonObject) -> Thread:
    """Reads a thread of what its file holds, as `decode` does.

    Raises:
        CodecError: it is no thread.
    """
    if source.get("format") != FORMAT:
        raise CodecError(tr('it is not a thread: "format" is not "{format}"', format=FORMAT))
    version = source.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CodecError(tr('"version" is not a whole number from 1'))
    values, extra = read_fields(_HEADER, source, aside=("format", "version", MESSAGES))
    if version > VERSION:
        extra["version"] = version
    messages, strays = _read_messages(source.get(MESSAGES))
    if strays:
        extra[MESSAGES] = strays
    return Thread(**values, messages=messages, extra=extra, read_only=version > VERSION)


def _read_messages(source: Json) -> tuple[dict[str, Message], list[Json]]:
    messages: dict[str, Message] = {}
    strays: list[Json] = []
    entries = source if isinstance(source, list) else [] if source is None else [source]
    ids = (each.get("id") for each in entries if isinstance(each, dict))
    taken = {each for each in ids if isinstance(each, str)}
    for number, entry in enumerate(entries):
        if isinstance(entry, dict):
            message = _read_message(entry, messages, taken, number)
            messages[message.id] = message
        else:
            strays.append(entry)
    return messages, strays


def read_message(source: JsonObject) -> Message:
    """Reads one message, as `decode` does."""
    return _read_message(source, {}, set(), 0)


def _read_message(source: JsonObject, before: dict[str, Message], taken: set[str], number: int) -> Message:
    values, extra = read_fields(_MESSAGE, source, aside=("id", "role", "content"))
    identity = source.get("id")
    if not isinstance(identity, str) or identity in before:
        # Without an id of its own it gets one that the same file always gives it.
        if "id" in source and not isinstance(identity, str):
            extra["id"] = identity
        identity = next(name for step in range(len(taken) + 1) if (name := f"{number + step:08x}") not in taken)
        taken.add(identity)
    role = _role(source.get("role"))
    if source.get("role") != role:
        extra |= {"role": source["role"]} if "role" in source else {}
    content = source.get("content", "")
    parts = content if isinstance(content, list) else None
    if parts is not None:
        content = text_of(parts)
    elif not isinstance(content, str):
        extra["content"] = content
        content = ""
    values["status"] = Status(values["status"]) if values["status"] is not None else None
    values["timing"] = _read_part(Timing, _TIMING, values["timing"])
    values["error"] = _read_part(MessageError, _ERROR, values["error"])
    if (tool_run := _read_part(ToolRun, _TOOL_RUN, values["tool_run"])) is not None:
        tool_run.state = ToolState(tool_run.state)
    values["tool_run"] = tool_run
    return Message(id=identity, role=role, content=content, parts=parts, extra=extra, **values)


def _read_part(kind: type[Part], fields: tuple[Field, ...], source: JsonObject | None) -> Part | None:
    if source is None:
        return None
    values, extra = read_fields(fields, source)
    return kind(**values, extra=extra)


def _role(value: Json) -> Role:
    if not isinstance(value, str):
        return Role.USER
    return Role(value) if value in list(Role) else _ROLES.get(value, Role.USER)


def text_of(parts: list[Json]) -> str:
    """The text of a content in parts: that of its text parts, a line each."""
    texts = (each.get("text") for each in parts if isinstance(each, dict) and each.get("type") == "text")
    return "\n".join(each for each in texts if isinstance(each, str))


def summarise(data: bytes, thread_id: str) -> ThreadSummary:
    r"""Reads a summary out of a thread's file.

    Of a file in this program's own layout only the header is parsed: no raw newline can stand inside a JSON string, so
    the line `"messages": [` is where it seems to be, and each line behind it that opens a brace is a message. Any
    other layout is read whole.

    Raises:
        CodecError: it is no thread.
    """
    cut = data.find(_MESSAGES_LINE)
    if cut >= 0 and data.startswith(_START) and data.endswith(_END):
        with suppress(CodecError):
            return replace(decode(data[:cut].rstrip(b",") + _END), id=thread_id).summary(data.count(_MESSAGE_LINE, cut))
    return replace(decode(data), id=thread_id).summary()
