"""What can be read of a thread file that is damaged: cut short, with flipped bits, with holes.

Two ways, of which the one that finds more counts: the whole text, closed where it breaks off; and line by line, as this
program writes a message on a line of its own, so that damage in one line costs that line's rest and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.files.strict_json import CodecError, dump
from chat_tui.storage.threads.codec import FORMAT, MESSAGES, VERSION, decode


def salvage(data: bytes, before: bytes = b"") -> Thread:
    """Reads what can be read; never fails.

    Args:
        data: the damaged file.
        before: an earlier version of it; what only it has is taken from it.

    Returns:
        A thread, empty where nothing could be read. The last text before a break is kept as far as it goes.
    """
    text = data.decode("utf-8", "replace").replace("\0", "")
    thread = max(_threads(text), key=lambda each: (len(each.messages), bool(each.title)), default=Thread())
    try:
        earlier = decode(before)
    except CodecError:
        return thread
    for message in earlier.messages.values():
        there = thread.messages.get(message.id)
        if there is None or (len(there.content) < len(message.content) and message.content.startswith(there.content)):
            thread.messages[message.id] = message
    for name in ("title", "system_prompt", "draft", "model", "head"):
        if not getattr(thread, name):
            setattr(thread, name, getattr(earlier, name))
    if thread.head not in thread.messages:
        thread.head = next(reversed(thread.messages), None)
    return thread


def _threads(text: str) -> Iterable[Thread]:
    whole = _loose(text)
    if isinstance(whole, dict):
        yield _thread(whole, whole.get(MESSAGES))
    header: JsonObject = {}
    messages: list[Json] = []
    for line in text.splitlines():
        piece = line.strip().removesuffix(",")
        if piece.startswith('"'):
            field = _loose("{" + piece + "}")
            header |= field if isinstance(field, dict) else {}
        elif piece.startswith("{") and isinstance(found := _loose(piece), dict):
            messages.append(found)
    yield _thread(header, messages)


def _thread(header: JsonObject, messages: Json) -> Thread:
    listed = messages if isinstance(messages, list) else []
    kept: list[Json] = [each for each in listed if isinstance(each, dict) and {"content", "reasoning"} & each.keys()]
    try:
        return _read(header | {MESSAGES: kept})
    except CodecError:  # a number out of range, a deep nesting: it is not to cost the rest
        fields = {name: value for name, value in header.items() if _is_thread({name: value})}
        return _read(fields | {MESSAGES: [each for each in kept if _is_thread({MESSAGES: [each]})]})


def _read(source: JsonObject) -> Thread:
    return decode(dump(source | {"format": FORMAT, "version": VERSION}).encode())


def _is_thread(source: JsonObject) -> bool:
    try:
        _read(source)
    except CodecError:
        return False
    return True


def _loose(text: str) -> Json:
    """Reads JSON that may break off or hold raw control characters; None where nothing can be read."""
    for attempt in (text, _closed(text)):
        try:
            value: Json = json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
        return value
    return None


def _closed(text: str) -> str:
    """Ends a JSON text where it breaks off: its last string is kept as far as it goes, all that is open is closed."""
    closers: list[str] = []
    in_string = escaped = False
    safe = 0
    """Up to where the text can be cut: nothing is opened or closed behind it."""
    for at, char in enumerate(text):
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            closers.append("}" if char == "{" else "]")
            safe = at + 1
        elif char in "}]" and closers:
            closers.pop()
            safe = at + 1
        elif char == ",":
            safe = at
    end = "".join(reversed(closers))
    if in_string:
        kept = text[:-1] if escaped else text
        kept = kept[: kept.rfind("\\u")] if "\\u" in kept[-5:] else kept
        ended = kept + '"' + end
        if _is_json(ended):
            return ended
    return text[:safe] + end


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True
