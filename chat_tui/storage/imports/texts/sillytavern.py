"""Reads SillyTavern's chats: lines of JSON, a header first; swipes are other answers in the same place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import Turns, get
from chat_tui.storage.imports.foreign import ImportContext, as_line, as_list, as_object, as_time, new_thread
from chat_tui.storage.imports.layout import planted, source_model
from chat_tui.storage.imports.tree import SourceNode

_OLD_TIME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\s*@(\d{1,2})h\s*(\d{1,2})m\s*(\d{1,2})s")


def is_chat(value: Json) -> bool:
    """Whether it is the lines of one of SillyTavern's chats."""
    if not isinstance(value, list) or len(value) < 2:
        return False
    return get(value[1], "mes") is not None and (
        get(value[0], "user_name") is not None or get(value[0], "chat_metadata") is not None
    )


def read(value: Json, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of the lines."""
    head, *lines = [as_object(each) for each in as_list(value)]
    name, created = as_line(head.get("character_name")), _time(head.get("create_date"))
    origin = (
        as_line(get(head, "chat_metadata.integrity")) or f"{name} {as_line(head.get('create_date'))} {context.name}"
    )
    thread = new_thread("sillytavern", origin, name or context.name, created, "")
    thread.tags = ["-".join(name.split())] if name else []
    nodes: list[SourceNode] = []
    above = ""
    for number, line in enumerate(lines):
        swipes = [each for each in as_list(line.get("swipes")) if isinstance(each, str)]
        chosen = line.get("swipe_id")
        at = chosen if isinstance(chosen, int) and 0 <= chosen < len(swipes) else 0
        texts: list[Json] = [*swipes] if len(swipes) > 1 else [line.get("mes")]
        if len(swipes) > 1 and isinstance(line.get("mes"), str):
            texts[at] = line["mes"]
        information = as_list(line.get("swipe_info"))
        for place, text in enumerate(texts):
            more = as_object(information[place]) if place < len(information) else line
            node = SourceNode(f"line-{number}.{place}", above or None)
            node.messages = _turns(node.id, text, line, more, context)
            nodes.append(node)
        above = f"line-{number}.{at if len(swipes) > 1 else 0}"
    yield planted(thread, nodes, above, context)


def _turns(identity: str, text: Json, line: JsonObject, more: JsonObject, context: ImportContext) -> list[Message]:
    role = Role.USER if line.get("is_user") is True else Role.ASSISTANT
    if line.get("is_system") is True and as_line(line.get("name")) == "System":
        role = Role.SYSTEM
    turns = Turns(identity, role, _time(more.get("send_date") or line.get("send_date")), context, "")
    turns.thought(get(more, "extra.reasoning") or (get(line, "extra.reasoning") if more is line else None))
    turns.text(text)
    for url in (get(line, "extra.image"), *as_list(get(line, "extra.images"))):
        if url is not None:
            turns.image(url)
    done = turns.done()
    for message in done:
        if message.is_answer:
            extra = get(more, "extra") or get(line, "extra")
            message.model = source_model(get(extra, "model"), get(extra, "api"), "sillytavern")
    return done


def _time(value: Json) -> str:
    if (found := as_time(value)) or not isinstance(value, str):
        return found
    if (old := _OLD_TIME.match(value)) is not None:
        with suppress(ValueError):
            year, month, day, hour, minute, second = map(int, old.groups())
            return as_time(datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat())
    for form in ("%B %d, %Y %I:%M%p", "%B %d, %Y %I:%M %p"):
        with suppress(ValueError):
            return as_time(datetime.strptime(value[:60], form).replace(tzinfo=UTC).isoformat())
    return ""
