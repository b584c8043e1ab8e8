"""What all readers of foreign conversations share: values, times, ids, clean text, and what could not be read."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath

from chat_tui.domain.conversation.draft import CHIPS
from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread, title_from
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.clean import clean, count_hidden
from chat_tui.domain.text.fence import fenced
from chat_tui.i18n import tr
from chat_tui.storage.attachments.data_urls import data_url
from chat_tui.storage.imports.assets import Assets

ORIGIN = "imported_from"
"""The field of an imported thread's file that says where it came from: `{"format": …, "id": …}`."""
_MAX_TITLE = 200
_NAMED = 3
"""Threads that a line of the report names."""
_NO_TIME = "19700101-000000"
_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECONDS, _MICROSECONDS = 1e11, 1e14
"""Numbers from which on a time is counted in smaller units than seconds."""
NOT_COPIED = tr("images and files were not copied; the messages name them")


class UnreadableFileError(ValueError):
    """A conversation is not what it should be; the message says why, as a reason for the report."""


class TooLargeError(UnreadableFileError):
    """There is more than is read; what follows is not looked at."""


class Findings:
    """What an import could not read: counts by reason, so that a thousand cases of one kind are one line."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}
        self._where: dict[str, dict[str, None]] = {}

    def add(self, reason: str, where: str = "") -> None:
        """Notes a case.

        Args:
            reason: what is missing or changed, in the plural: "messages without a text were left out".
            where: the thread's title, if it has one.
        """
        self._count[reason] = self._count.get(reason, 0) + 1
        if where:
            self._where.setdefault(reason, {})[where] = None

    def lines(self) -> list[str]:
        """A line for each reason: `2 × messages … (in First title, Second title)`."""
        return [clean(self._line(reason), multiline=False) for reason in self._count]

    def _line(self, reason: str) -> str:
        count = self._count[reason]
        titles = [title_from(each) for each in self._where.get(reason, {})]
        named = ", ".join(f"“{each}”" for each in titles[:_NAMED])
        if len(titles) > _NAMED:
            named = tr("{titles} and {n:,} more", titles=named, n=len(titles) - _NAMED)
        counted = f"{count:,} × {reason}" if count > 1 else reason
        return tr("{reason} (in {titles})", reason=counted, titles=named) if named else counted


@dataclass(slots=True)
class ImportContext:
    """What a reader may need beside a conversation."""

    findings: Findings
    assets: Assets = field(default_factory=Assets)
    """The files that lie beside the conversation."""
    names: dict[str, str] = field(default_factory=dict)
    """Of projects and custom assistants, by their ids."""
    instructions: dict[str, str] = field(default_factory=dict)
    """What a project or a saved prompt tells the model, by its id."""
    prompts: dict[str, str] = field(default_factory=dict)
    """Saved prompts that belong to no conversation, by name."""
    modified: str = ""
    """When the file last changed, as thread files have it."""
    name: str = ""
    """Of the file, without its folder and suffix."""


def as_object(value: Json) -> JsonObject:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Json) -> str:
    """The string, cleaned, or an empty one."""
    return clean(value) if isinstance(value, str) else ""


def as_line(value: Json) -> str:
    """The string on one line, cleaned, or an empty one."""
    return " ".join(clean(value[:1000], multiline=False).split()) if isinstance(value, str) else ""


def as_time(value: Json) -> str:
    """A time as thread files have it; empty where it is none, or 0.

    Args:
        value: seconds, milliseconds or microseconds since 1970, an ISO 8601 text, or such a value in a `$date`.
    """
    if isinstance(value, dict):
        value = value.get("$date", value.get("$numberLong"))
        return as_time(value) if not isinstance(value, dict) else as_time(value.get("$numberLong"))
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = value / (1e6 if value > _MICROSECONDS else 1e3 if value > _MILLISECONDS else 1)
    try:
        if isinstance(value, str):
            when = datetime.fromisoformat(value)
            when = when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            when = datetime.fromtimestamp(value, UTC)
        else:
            return ""
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when > _EPOCH else ""


def model_id(provider: str, name: Json) -> str | None:
    """`provider/model-id`; None where there is no name."""
    line = as_line(name)
    return f"{provider}/{line}" if line else None


def derived_id(created: str, *origin: str) -> str:
    """A thread's id that the same origin always gives: the time of its creation and a hash."""
    stamp = _stamp(created) or _NO_TIME
    digest = hashlib.sha256("\0".join(origin).encode(errors="replace")).hexdigest()
    return f"{stamp}-{digest[:10]}"


def _stamp(created: str) -> str:
    return created.replace("-", "").replace(":", "").replace("T", "-").removesuffix("Z")


def new_thread(program: str, origin: str, title: Json, created: str, updated: str) -> Thread:
    """A thread without messages that knows where it came from.

    Args:
        program: whose conversation it is.
        origin: the conversation's id there.
        title: its title there.
        created: when it began, as thread files have it, or empty.
        updated: when it last changed, likewise.
    """
    return Thread(
        id=derived_id(created, program, origin),
        title=as_line(title)[:_MAX_TITLE],
        created=created,
        updated=updated or created,
        extra={ORIGIN: {"format": program, "id": clean(origin[:200], multiline=False)}},
    )


def new_message(identity: str, role: Role, content: Json, created: str, reasoning: Json = "") -> Message:
    """A message with cleaned text; the hidden characters that went are counted."""
    texts = [each for each in (content, reasoning) if isinstance(each, str)]
    return Message(
        clean(identity, multiline=False),
        None,
        role,
        as_text(content),
        created=created,
        reasoning=as_text(reasoning),
        status=Status.COMPLETE if role is Role.ASSISTANT else None,
        hidden=sum(count_hidden(each) for each in texts),
    )


def tool_call(identity: str, name: str, arguments: str) -> JsonObject:
    """A tool call in OpenAI's shape."""
    function: JsonObject = {"name": as_line(name), "arguments": clean(arguments)}
    return {"id": clean(identity, multiline=False), "type": "function", "function": function}


class Attacher:
    """Puts images and files into a message: those that lie beside the conversation, and those within it."""

    def __init__(self, message: Message, context: ImportContext, title: str) -> None:
        """Adds nothing yet.

        Args:
            message: with its text.
            context: has the files.
            title: of the thread, for the report.
        """
        self._message = message
        self._context = context
        self._title = title

    def add(self, keys: tuple[str, ...], name: str, kind: str = "file", facts: str = "") -> bool:
        """Adds the file that one of the keys finds; where there is none, the message names it.

        Args:
            keys: names or ids; see `Assets.find`.
            name: as it is shown.
            kind: what it is, in a word.
            facts: what else is known of it, for the line that names it.
        """
        data = self._context.assets.read(keys)
        if data is not None and self.add_data(data, name):
            return True
        self._context.findings.add(NOT_COPIED, self._title)
        shown = as_line(name) or "no name"
        self._say(f"[{kind}: {shown}{facts}]")
        return False

    def add_data(self, data: bytes, name: str) -> bool:
        """Adds a file's content; whether that could be done."""
        if (url := data_url(b64encode(data).decode())) is not None:
            return self._add_image(url, name)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return False
        if "\0" in text or not text.strip():
            return False
        self.add_text(text, name)
        return True

    def add_text(self, text: str, name: str) -> None:
        """Adds a text file as a fenced block with its name."""
        shown = as_line(name) or "text"
        self._say(fenced(as_text(text), f"{PurePath(shown).suffix[1:] or 'text'} {shown}"))

    def add_url(self, url: Json, name: str = "image") -> bool:
        """Adds an image of a data URL, or the base64 of one; names any other."""
        if isinstance(url, str) and url.startswith("http"):
            self._say(f"[image: {as_line(url)}]")
            return True
        packed = url.partition(",")[2] if isinstance(url, str) and url.startswith("data:") else url
        found = data_url(packed) if isinstance(packed, str) else None
        if found is None:
            self._context.findings.add(tr("images of an unknown kind were left out"), self._title)
            self._say(f"[image: {as_line(name)}, not imported]")
            return False
        return self._add_image(found, name)

    def _say(self, line: str) -> None:
        message = self._message
        message.content = "\n\n".join(each for each in (message.content, line) if each)
        self._put_together()

    def _add_image(self, url: str, name: str) -> bool:
        message = self._message
        part: JsonObject = {"type": "image_url", "image_url": {"url": url}}
        if message.is_answer:
            message.extra["images"] = [*as_list(message.extra.get("images")), part]
            return True
        message.parts = [*(message.parts or []), part]
        chips = as_object(message.extra.setdefault(CHIPS, {"images": []}))
        as_list(chips["images"]).append(as_line(name))
        self._put_together()
        return True

    def _put_together(self) -> None:
        """The text, then the images."""
        message = self._message
        if message.parts is not None:
            images = [each for each in message.parts if as_object(each).get("type") != "text"]
            text: list[Json] = [{"type": "text", "text": message.content}] if message.content else []
            message.parts = text + images


def finish(thread: Thread, head: str | None, modified: str = "") -> Thread:
    """Settles what depends on the messages: which branch is shown, a title, the times and the id that begins with one.

    Args:
        thread: with its messages.
        head: the message that was shown last; None for the newest.
        modified: when the file last changed: the thread's time where nothing in it has one.

    Raises:
        UnreadableError: there is no message.
    """
    if not thread.messages:
        raise UnreadableFileError(tr("conversations without a message were left out"))
    if head not in thread.messages:
        head = next(reversed(thread.messages), None)
    thread.head = thread.leaf_below(head) if head is not None else None
    times = [each.created for each in thread.messages.values() if each.created]
    thread.created = thread.created or min(times, default="") or modified
    thread.updated = thread.updated or max(times, default="") or modified
    if thread.id.startswith(_NO_TIME) and thread.created:
        thread.id = _stamp(thread.created) + thread.id.removeprefix(_NO_TIME)
    if not thread.title:
        prompts = (each.content for each in thread.branch() if each.role is Role.USER)
        thread.title = title_from(next(prompts, ""))
    return thread
