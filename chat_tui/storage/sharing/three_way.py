"""Merges two versions of a thread by message, with the same result whichever machine does it.

What one side changed since the base is taken over. Where both wrote, both texts stay: one becomes a message beside the
other, and its id is made of what it says. What a side deleted comes back where the other one wrote in it or below it.
Without a base nothing counts as removed.

So that all get the same, what decides between two values is what they say, never who has them, and never a clock: of
two titles the longer one stays. The order is that of the tree; messages side by side are in the order of their times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.i18n import tr
from chat_tui.storage.files.strict_json import CodecError, dump
from chat_tui.storage.threads.codec import (
    FORMAT,
    MESSAGES,
    VERSION,
    decode,
    header_to_json,
    message_to_json,
    thread_from_json,
)

_MARKS = ("parent", "pinned", "muted", "deleted")
"""Fields of a message that change by themselves; the others belong to its text."""
_SETS = ("tags", "tools")
_BETWEEN_DRAFTS = "\n\n* * *\n\n"


def merge_threads(base: Thread | None, one: Thread, other: Thread) -> Thread:
    """The thread that holds what both versions hold.

    Args:
        base: the last version that both have; None where it is not known.
        one: a version.
        other: the other one; the result is the same the other way round.

    Raises:
        CodecError: a version is of a newer format, or has a value without JSON.
    """
    if any(each is not None and each.read_only for each in (base, one, other)):
        raise CodecError(tr("it was written by a newer chat-tui. Update this one"))
    was, a, b = _Side.of(base), _Side.of(one), _Side.of(other)
    messages = _in_order(_merged_messages(was, a, b))
    header = _merged_header(was, a, b, messages)
    strays = _merged_list(was.strays, a.strays, b.strays)
    start: JsonObject = {"format": FORMAT, "version": VERSION}
    return thread_from_json(start | header | {MESSAGES: [*messages.values(), *strays]})


@dataclass(frozen=True, slots=True)
class _Side:
    """A version, as its file has it."""

    header: JsonObject
    messages: dict[str, JsonObject]
    strays: list[Json]

    @classmethod
    def of(cls, thread: Thread | None) -> _Side:
        if thread is None:
            return cls({}, {}, [])
        header = {name: value for name, value in header_to_json(thread).items() if name not in ("format", "version")}
        messages = {name: message_to_json(each) | {"id": name} for name, each in thread.messages.items()}
        strays = thread.extra.get(MESSAGES)
        return cls(header, messages, strays if isinstance(strays, list) else [])


# Messages


def _merged_messages(was: _Side, a: _Side, b: _Side) -> dict[str, JsonObject]:
    used_by_a, used_by_b = _used(was, a, b), _used(was, b, a)
    merged: dict[str, JsonObject] = {}
    copies: list[JsonObject] = []
    for name in dict.fromkeys((*a.messages, *b.messages)):
        before, mine, theirs = was.messages.get(name), a.messages.get(name), b.messages.get(name)
        if mine is None or theirs is None:
            there = mine if theirs is None else theirs
            if there is not None and (before is None or name in (used_by_a if theirs is None else used_by_b)):
                merged[name] = there
            continue
        merged[name], copy = _merged_message(before or {}, mine, theirs)
        if name in (used_by_a if theirs.get("deleted") else used_by_b):
            is_back = bool(mine.get("deleted")) != bool(theirs.get("deleted"))
            if is_back:
                merged[name].pop("deleted", None)
        if copy is not None:
            copies.append(copy | ({"deleted": merged[name]["deleted"]} if merged[name].get("deleted") else {}))
    for copy in copies:
        merged.setdefault(str(copy["id"]), copy)
    return merged


def _in_order(messages: dict[str, JsonObject]) -> dict[str, JsonObject]:
    """Parents before children, the rest by time; an order that a message has wherever it comes from."""
    keys: dict[str, tuple[str, int]] = {}
    for name in messages:
        path = list(_upwards(name, messages, keys))
        above = messages[path[-1]].get("parent") if path else None
        time, depth = keys.get(above, ("", 0)) if isinstance(above, str) else ("", 0)
        for each in reversed(path):
            time, depth = max(time, str(messages[each].get("created", ""))), depth + 1
            keys[each] = (time, depth)
    return {name: messages[name] for name in sorted(messages, key=lambda each: (*keys[each], each))}


def _used(was: _Side, side: _Side, other: _Side) -> set[str]:
    """The messages that a side wrote and did not delete, and all that they follow."""
    used: set[str] = set()
    for name, message in side.messages.items():
        before = was.messages.get(name)
        is_own = name not in other.messages if before is None else _text(message) != _text(before)
        if is_own and not message.get("deleted"):
            used.update(_upwards(name, side.messages, used))
    return used


def _upwards(name: Json, messages: dict[str, JsonObject], known: Iterable[str] = ()) -> Iterator[str]:
    """A message and those above it, up to one that is known. A cycle ends the walk."""
    seen: set[str] = set()
    while isinstance(name, str) and name in messages and name not in seen and name not in known:
        yield name
        seen.add(name)
        name = messages[name].get("parent")


def _merged_message(was: JsonObject, a: JsonObject, b: JsonObject) -> tuple[JsonObject, JsonObject | None]:
    """The message, and the one beside it where both sides wrote another text."""
    if a == b or b == was:
        return dict(a), None
    if a == was:
        return dict(b), None
    text_of_a, text_of_b, before = _unmarked(a), _unmarked(b), _unmarked(was)
    copy: JsonObject | None = None
    if text_of_a in (text_of_b, before):
        chosen = text_of_b
    elif text_of_b == before:
        chosen = text_of_a
    elif (later := _later(was, a, b)) is not None:
        chosen = _unmarked(later)
    else:
        if _larger(text_of_a, text_of_b) is text_of_b:
            a, b, text_of_a, text_of_b = b, a, text_of_b, text_of_a
        chosen = text_of_a
        number = hashlib.sha256(dump([a["id"], *_text(b)]).encode()).hexdigest()[:8]
        copy = {"id": number, "parent": b.get("parent"), **text_of_b}
    marks = {
        name: value for name in _MARKS if (value := _chosen(name, was, a, b)) is not None or (name in a and name in b)
    }
    return {"id": a["id"], **marks, **chosen}, copy


def _later(was: JsonObject, a: JsonObject, b: JsonObject) -> JsonObject | None:
    """The message that has the text of the other one and continues it, or ended; None where neither has."""
    text_of_a, text_of_b = _text(a), _text(b)
    if text_of_a == text_of_b:
        is_open, other_is_open = (each.get("status") == Status.INTERRUPTED for each in (a, b))
        if is_open is other_is_open:
            return a if _larger(_unmarked(a), _unmarked(b)) == _unmarked(a) else b
        return b if is_open else a
    for text, other, message in ((text_of_a, text_of_b, a), (text_of_b, text_of_a, b)):
        if was and other == _text(was):
            return message
        if all(own.startswith(its) for own, its in zip(text, other, strict=True)):
            return message
    return None


def _text(message: JsonObject) -> tuple[str, str, str]:
    content = message.get("content", "")
    calls = message.get("tool_calls")
    said = content if isinstance(content, str) else dump(content)
    return said, str(message.get("reasoning", "")), dump(calls) if calls else ""


def _unmarked(message: JsonObject) -> JsonObject:
    return {name: value for name, value in message.items() if name not in _MARKS and name != "id"}


# Header


def _merged_header(was: _Side, a: _Side, b: _Side, messages: dict[str, JsonObject]) -> JsonObject:
    merged: JsonObject = {}
    for name in sorted({*a.header, *b.header}):
        before, mine, theirs = was.header.get(name), a.header.get(name), b.header.get(name)
        value: Json
        if name in _SETS and _is_list(mine) and _is_list(theirs):
            value = _merged_list(before if _is_list(before) else [], mine, theirs)
        elif name == "parameters" and isinstance(mine, dict) and isinstance(theirs, dict):
            value = _merged_object(before if isinstance(before, dict) else {}, mine, theirs)
        elif name == "created":
            value = min((each for each in (mine, theirs) if each and isinstance(each, str)), default="")
        elif name == "updated":
            value = max(each if isinstance(each, str) else "" for each in (mine, theirs))
        elif name == "draft":
            value = _merged_draft(was, a, b)
        elif name == "head":
            value = _last(messages)
        else:
            value = _chosen(name, was.header, a.header, b.header)
        if value is not None or (name in a.header and name in b.header):
            merged[name] = value
    return merged


def _chosen(name: str, was: JsonObject, a: JsonObject, b: JsonObject) -> Json:
    """The value that was changed; of two the one that says more."""
    before, mine, theirs = was.get(name), a.get(name), b.get(name)
    if mine == before:
        return theirs
    return mine if theirs == before else _larger(mine, theirs)


def _larger(one: Json, other: Json) -> Json:
    """The one of two values that says more, whichever is named first."""
    return max(one, other, key=lambda each: (bool(each), len(dump(each)), dump(each)))


def _is_list(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def _merged_list(was: list[Json], a: list[Json], b: list[Json]) -> list[Json]:
    """What is in both, and what a side added."""
    if b in (a, was):
        return a
    if a == was:
        return b
    kept = [each for each in a if each in b or each not in was]
    return sorted(kept + [each for each in b if each not in a and each not in was], key=dump)


def _merged_object(was: JsonObject, a: JsonObject, b: JsonObject) -> JsonObject:
    names = [name for name in dict.fromkeys((*a, *b)) if (name in a and name in b) or name not in was]
    changed = [name for name in was if (name in a) != (name in b) and (a | b)[name] != was[name]]
    both = a.keys() & b.keys()
    return {name: _chosen(name, was, a, b) if name in both else (b | a)[name] for name in sorted(names + changed)}


def _merged_draft(was: _Side, a: _Side, b: _Side) -> str:
    """Both drafts, one below the other, without what has been sent by now. What both have is not said twice."""
    before, mine, theirs = (_draft(side) for side in (was, a, b))
    if mine in (before, theirs) or theirs == before:
        text, side, other = (theirs, b, a) if mine == before else (mine, a, b)
        return "" if _was_sent(text, side, other) else text
    sent = [text for text, side, other in ((mine, a, b), (theirs, b, a)) if _was_sent(text, side, other)]
    parts = ([] if text in sent else list[Json](text.split(_BETWEEN_DRAFTS)) for text in (mine, theirs))
    kept = [str(each) for each in _merged_list(list(before.split(_BETWEEN_DRAFTS)), *parts)]
    return _BETWEEN_DRAFTS.join(each for each in kept if not any(each != other and each in other for other in kept))


def _draft(side: _Side) -> str:
    text = side.header.get("draft", "")
    return text if isinstance(text, str) else ""


def _was_sent(draft: str, side: _Side, other: _Side) -> bool:
    """Whether a side's draft is a prompt that only the other side has."""
    return bool(draft.strip()) and any(
        message.get("role") == Role.USER and _text(message)[0].strip() == draft.strip()
        for name, message in other.messages.items()
        if name not in side.messages
    )


def _last(messages: dict[str, JsonObject]) -> str | None:
    """The last message that is not deleted, nor follows one: the same for all machines, wherever their readers are."""
    gone: set[Json] = set()
    for name, message in messages.items():
        if message.get("deleted") or message.get("parent") in gone:
            gone.add(name)
    return next((each for each in reversed(messages) if each not in gone), None)


def read_version(data: bytes) -> Thread | None:
    """A version of a thread as bytes of its file; None where there is nothing.

    Raises:
        CodecError: it is no thread.
    """
    return decode(data) if data.strip() else None
