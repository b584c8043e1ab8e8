"""A thread's file: its name, ID.json; its JSON, format version 1; and the summary that a list shows.

`decode(encode(thread)) == thread`, and what is unknown survives. The file has a line for each field and for each
message: small, readable, and quick to list without parsing it whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from operator import attrgetter
from types import NoneType
from typing import Any, TypeVar

from chat_tui.domain.conversation.message import Message, MessageError, Role, Status, Timing
from chat_tui.domain.conversation.thread import Thread, ThreadSummary
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.files.strict_json import CodecError, dump, parse_in_slices

Part = TypeVar("Part", Timing, MessageError)

SUFFIX = ".json"
MAX_ID = 200
"""Characters of an id: with a temporary file's prefix and suffix it still is a file name (255 bytes)."""
FORMAT = "chat-tui.thread"
VERSION = 1
MESSAGES = "messages"
_START = f'{{\n "format": "{FORMAT}",\n'.encode()
_MESSAGES_LINE = f'\n "{MESSAGES}": ['.encode()
_MESSAGE_LINE = b"\n  {"
_END = b"\n}\n"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a JSON object and of the dataclass that holds it."""

    name: str
    """In the file."""
    types: tuple[type, ...]
    default: Json = None
    attribute: str = ""
    """In the dataclass; empty for `name`."""
    optional: bool = False
    """Written only where it is set."""
    is_valid: Callable[[Any], bool] | None = None
    """Whether a value of the right type is one; None where each is."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "attribute", self.attribute or self.name)

    def fits(self, value: Json) -> bool:
        """Whether a value is of the right type; to Python true and false are integers, too."""
        has_type = isinstance(value, self.types) and (not isinstance(value, bool) or bool in self.types)
        return has_type and (self.is_valid is None or self.is_valid(value))


def _all(kind: type) -> Callable[[list[Json]], bool]:
    """Whether all items of a list are of a type."""
    return lambda items: all(isinstance(item, kind) for item in items)


_TEXT, _TEXT_OR_NULL = (str,), (str, NoneType)
_BOOLEAN, _LIST = (bool,), (list,)
_INTEGER, _INTEGER_OR_NULL, _NUMBER_OR_NULL = (int,), (int, NoneType), (int, float, NoneType)
_OBJECT, _OBJECT_OR_NULL = (dict,), (dict, NoneType)

_HEADER = (
    Field("id", _TEXT, ""),
    Field("title", _TEXT, ""),
    Field("created", _TEXT, ""),
    Field("updated", _TEXT, ""),
    Field("pinned", _BOOLEAN, False),
    Field("archived", _BOOLEAN, False),
    Field("tags", _LIST, [], is_valid=_all(str)),
    Field("system_prompt", _TEXT, ""),
    Field("model", _TEXT_OR_NULL),
    Field("parameters", _OBJECT, {}),
    Field("draft", _TEXT, ""),
    Field("head", _TEXT_OR_NULL),
    Field("send_from", _TEXT_OR_NULL, optional=True),
    Field("starred", _TEXT_OR_NULL, optional=True),
)
_MESSAGE = (
    Field("parent", _TEXT_OR_NULL),
    Field("reasoning", _TEXT, "", optional=True),
    Field("created", _TEXT, ""),
    Field("model", _TEXT_OR_NULL, optional=True),
    Field("answered_by", _TEXT, "", optional=True),
    Field("upstream_provider", _TEXT, "", optional=True),
    Field("parameters", _OBJECT, {}, optional=True),
    Field("status", _TEXT_OR_NULL, optional=True, is_valid=lambda status: status is None or status in list(Status)),
    Field("finish_reason", _TEXT_OR_NULL, optional=True),
    Field("usage", _OBJECT_OR_NULL, optional=True),
    Field("timing", _OBJECT, optional=True),
    Field("error", _OBJECT, optional=True),
    Field("tool_calls", _LIST, [], is_valid=_all(dict), optional=True),
    Field("tool_call_id", _TEXT_OR_NULL, optional=True),
    Field("sources", _LIST, [], is_valid=_all(dict), optional=True),
    Field("pinned", _BOOLEAN, False, optional=True),
    Field("muted", _BOOLEAN, False, optional=True),
    Field("deleted", _TEXT, "", optional=True),
    Field("hidden_characters", _INTEGER, 0, attribute="hidden", optional=True, is_valid=lambda count: count >= 0),
)
_ERROR = (
    Field("kind", _TEXT, ""),
    Field("message", _TEXT, ""),
    Field("http_status", _INTEGER_OR_NULL, optional=True),
    Field("request_id", _TEXT_OR_NULL, optional=True),
    Field("advice", _TEXT, "", optional=True),
    Field("detail", _TEXT, "", optional=True),
)
_TIMING = (
    Field("first_token_s", _NUMBER_OR_NULL, optional=True),
    Field("total_s", _NUMBER_OR_NULL, optional=True),
    Field("reasoning_s", _NUMBER_OR_NULL, optional=True),
)
_ROLES = {"developer": Role.SYSTEM, "function": Role.TOOL}


def is_id(text: str) -> bool:
    """Whether it can be a thread's id: a file name, and nothing that leads out of the directory."""
    if not text or text.startswith(".") or len(text.encode(errors="replace")) > MAX_ID:
        return False
    return not any(char in "/\\:" or char < " " for char in text)


def _read(
    fields: tuple[Field, ...], source: JsonObject, aside: Collection[str] = ()
) -> tuple[dict[str, Any], JsonObject]:
    """Reads an object by its fields.

    A field that is missing or of another type takes its default, and the original stays in `extra`, from where it goes
    back into the file unless the field has been given another value meanwhile.

    Args:
        fields: what is known.
        source: the object.
        aside: names that the caller reads itself.

    Returns:
        The values by attribute, and what goes to `extra`: unknown fields, and known ones of a wrong type.
    """
    values: dict[str, Any] = {}
    extra: JsonObject = {}
    known = set(aside)
    for field in fields:
        known.add(field.name)
        value = source.get(field.name, field.default)
        if field.name in source and not field.fits(value):
            extra[field.name] = value
            value = field.default
        values[field.attribute] = value.copy() if isinstance(value, list | dict) else value
    extra |= {name: value for name, value in source.items() if name not in known}
    return values, extra


def _write(fields: tuple[Field, ...], owner: object, extra: JsonObject) -> JsonObject:
    """Writes an object in the order of `fields`, then what else `extra` holds."""
    target: JsonObject = {}
    for field in fields:
        value: Json = getattr(owner, field.attribute)
        if value != field.default:
            target[field.name] = value
        elif field.name in extra:
            target[field.name] = extra[field.name]
        elif not field.optional:
            target[field.name] = value
    if extra:
        known = {field.name for field in fields}
        target |= {name: value for name, value in extra.items() if name not in known}
    return target


def message_to_json(message: Message) -> JsonObject:
    """The message as it is in its thread's file."""
    written = _write(_MESSAGE, message, message.extra)
    if message.error is not None:
        written["error"] = _write(_ERROR, message.error, message.error.extra)
    if message.timing is not None:
        written["timing"] = _write(_TIMING, message.timing, message.timing.extra)
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
    written = _write(_HEADER, thread, thread.extra)
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


_MUTABLE = ("parameters", "usage", "timing", "error", "tool_calls", "sources", "parts", "extra")
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
        raise CodecError(f'it is not a thread: "format" is not "{FORMAT}"')
    version = source.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CodecError('"version" is not a whole number from 1')
    values, extra = _read(_HEADER, source, aside=("format", "version", MESSAGES))
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
    values, extra = _read(_MESSAGE, source, aside=("id", "role", "content"))
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
    return Message(id=identity, role=role, content=content, parts=parts, extra=extra, **values)


def _read_part(kind: type[Part], fields: tuple[Field, ...], source: JsonObject | None) -> Part | None:
    if source is None:
        return None
    values, extra = _read(fields, source)
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
