"""What all readers of foreign conversations share: values, times, ids, clean text, and what could not be read."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread, title_from
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.clean import clean, count_hidden

ORIGIN = "imported_from"
"""The field of an imported thread's file that says where it came from: `{"format": …, "id": …}`."""
_MAX_TITLE = 200
_NAMED = 3
"""Threads that a line of the report names."""
_NO_TIME = "19700101-000000"
_EPOCH = datetime.fromtimestamp(0, UTC)


class UnreadableFileError(ValueError):
    """A conversation is not what it should be; the message says why, as a reason for the report."""


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
        more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
        return (f"{count} × " if count > 1 else "") + reason + (f" (in {named}{more})" if named else "")


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
    """A time as thread files have it, of seconds since 1970 or an ISO 8601 text; empty where it is neither, or 0."""
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


def finish(thread: Thread, head: str | None) -> Thread:
    """Settles what depends on the messages: which branch is shown, a title, the times and the id that begins with one.

    Args:
        thread: with its messages.
        head: the message that was shown last; None for the newest.

    Raises:
        UnreadableError: there is no message.
    """
    if not thread.messages:
        raise UnreadableFileError("conversations without a message were left out")
    if head not in thread.messages:
        head = next(reversed(thread.messages), None)
    thread.head = thread.leaf_below(head) if head is not None else None
    times = [each.created for each in thread.messages.values() if each.created]
    thread.created = thread.created or min(times, default="")
    thread.updated = thread.updated or max(times, default="")
    if thread.id.startswith(_NO_TIME) and thread.created:
        thread.id = _stamp(thread.created) + thread.id.removeprefix(_NO_TIME)
    if not thread.title:
        prompts = (each.content for each in thread.branch() if each.role is Role.USER)
        thread.title = title_from(next(prompts, ""))
    return thread
