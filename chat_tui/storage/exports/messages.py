"""A thread as data: a line of JSON for each message, or the `messages` of a request."""

from __future__ import annotations

import json

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tree import living
from chat_tui.domain.json import Json, JsonObject


def to_lines(thread: Thread) -> str:
    """All messages that are not deleted, parents before what follows them; `shown` are those of the shown branch."""
    shown = {each.id for each in thread.branch()}
    head: JsonObject = {"thread": thread.id, "title": thread.title, "tags": list[Json](thread.tags)}
    lines: list[JsonObject] = []
    if thread.system_prompt:
        lines.append(head | {"id": "system", "parent": None, "role": "system", "content": thread.system_prompt})
    for message in living(thread).values():
        about = _facts(message) | {"shown": message.id in shown}
        lines.append(head | {"id": message.id, "parent": message.parent} | _turn(message) | about)
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in lines)


def to_openai(thread: Thread) -> str:
    """The shown branch as the body of a request, on one line: its model, and its messages in OpenAI's shape."""
    messages: list[Json] = []
    if thread.system_prompt:
        messages.append({"role": "system", "content": thread.system_prompt})
    branch = thread.branch()
    answered = {each.tool_call_id for each in branch if each.role is Role.TOOL}
    called = {call.get("id") for each in branch for call in each.tool_calls}
    for each in branch:
        turn = _turn(each)
        calls = [call for call in each.tool_calls if call.get("id") in answered]  # a call without a result is refused
        if calls:
            turn["tool_calls"] = list[Json](calls)
        else:
            turn.pop("tool_calls", None)
        is_orphan = each.role is Role.TOOL and each.tool_call_id not in called
        if not is_orphan and (turn["content"] or calls):
            messages.append(turn)
    model = (thread.model or thread.last_model() or "").partition("/")[2]
    return json.dumps(({"model": model} if model else {}) | {"messages": messages}, ensure_ascii=False) + "\n"


def _turn(message: Message) -> JsonObject:
    content: Json = message.parts if message.parts and not message.is_answer else message.content
    turn: JsonObject = {"role": str(message.role), "content": content}
    if message.tool_calls:
        turn["tool_calls"] = list[Json](message.tool_calls)
    if message.tool_call_id:
        turn["tool_call_id"] = message.tool_call_id
    return turn


def _facts(message: Message) -> JsonObject:
    """What is known of a message beside what is said; what it has not is left out."""
    known: JsonObject = {
        "created": message.created,
        "reasoning": message.reasoning,
        "model": message.model,
        "status": str(message.status) if message.status else None,
        "finish_reason": message.finish_reason,
        "usage": message.usage,
        "parameters": message.parameters,
        "sources": list[Json](message.sources),
    }
    return {name: value for name, value in known.items() if value}
