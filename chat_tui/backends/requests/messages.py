"""Converts a branch of a thread into the `messages` of a request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chat_tui.domain.conversation.message import Message, Role, tool_call_text
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.provider import Provider, ReasoningBack

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A tool's name as servers take it."""


def wire_messages(messages: Iterable[Message], provider: Provider | None = None) -> list[Json]:
    """Writes a branch in OpenAI's shape.

    Answers without text or tool calls are left out (failed ones, reasoning alone), and so are tool calls that nobody
    answered, which servers refuse. Turns of one role that follow each other become one: many chat templates accept
    nothing but alternation. Reasoning goes back only where the provider demands it, and what came beside
    a tool call only to the provider that it came from. Calls of other programs that no server would take, and their
    results, are sent as text.
    """
    turns = _with_calls_as_text(messages)
    wire: list[JsonObject] = []
    open_calls: set[str] = set()
    for at, message in enumerate(turns):
        turn = _turn(message, turns[at + 1 :], open_calls, provider)
        if turn is None:
            continue
        if wire and message.role is not Role.TOOL and _can_join(wire[-1], turn):
            wire[-1]["content"] = _joined(wire[-1]["content"], turn["content"], message.role)
        else:
            wire.append(turn)
    return list(wire)


def _with_calls_as_text(messages: Iterable[Message]) -> list[Message]:
    """Makes text of another program's calls that no server takes, and of results that belong to no call."""
    turns = list(messages)
    run_here = {each.tool_call_id for each in turns if each.tool_run is not None}
    as_text: set[str | None] = {None}
    for at, message in enumerate(turns):
        if message.is_answer:
            odd = [call for call in message.tool_calls if call.get("id") not in run_here and not _is_valid(call)]
            if odd:
                said = "\n".join("[called {}: {}]".format(*tool_call_text(call)) for call in odd)
                kept = [call for call in message.tool_calls if call not in odd]
                as_text.update(str(call.get("id")) for call in odd)
                content = "\n\n".join(each for each in (message.content, said) if each)
                turns[at] = replace(message, content=content, parts=None, tool_calls=kept)
        elif message.role is Role.TOOL and message.tool_run is None:
            if message.tool_call_id in as_text and message.content.strip():
                content = f"[result of a tool]\n{message.content}"
                turns[at] = replace(message, role=Role.USER, content=content, parts=None)
            as_text.add(message.tool_call_id)  # servers refuse a second result of one call
    return turns


def _is_valid(call: JsonObject) -> bool:
    """Whether servers take a call: its tool has a name that tools can have, its arguments are a JSON object."""
    function = call.get("function")
    if not isinstance(function, dict):
        return True
    name, arguments = tool_call_text(call)
    try:
        return _NAME.fullmatch(name) is not None and (not arguments or isinstance(json.loads(arguments), dict))
    except (ValueError, RecursionError):
        return False


def _turn(
    message: Message, later: Sequence[Message], open_calls: set[str], provider: Provider | None
) -> JsonObject | None:
    content: Json = message.parts if message.parts else message.content
    match message.role:
        case Role.ASSISTANT:
            calls = _answered_calls(message, later)
            open_calls.clear()
            open_calls.update(str(call.get("id")) for call in calls)
            if calls:
                own = provider is not None and (message.model or "").partition("/")[0] == provider.key
                sent: list[Json] = [call if own else _bare(call) for call in calls]
                turn: JsonObject = {"role": "assistant", "content": message.content, "tool_calls": sent}
                return turn | _reasoning(message, provider, with_calls=True)
            if not message.content.strip():
                return None
            return {"role": "assistant", "content": content} | _reasoning(message, provider, with_calls=False)
        case Role.TOOL:
            if message.tool_call_id not in open_calls:
                return None
            return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
        case Role.SYSTEM:
            return {"role": "system", "content": content} if message.content.strip() or message.parts else None
        case _:
            return {"role": "user", "content": content}


def _bare(call: JsonObject) -> JsonObject:
    return {name: value for name, value in call.items() if name in ("id", "type", "function", "custom")}


def _reasoning(message: Message, provider: Provider | None, *, with_calls: bool) -> JsonObject:
    policy = provider.reasoning_back if provider else ReasoningBack.NEVER
    if policy is ReasoningBack.NEVER or (policy is ReasoningBack.TOOL_CALLS and not with_calls):
        return {}
    return {"reasoning_content": message.reasoning} if message.reasoning else {}


def _answered_calls(message: Message, later: Sequence[Message]) -> list[JsonObject]:
    answered = set()
    for turn in later:
        if turn.role is not Role.TOOL:
            break
        answered.add(turn.tool_call_id)
    return [call for call in message.tool_calls if call.get("id") in answered]


def _can_join(one: JsonObject, other: JsonObject) -> bool:
    apart = ("tool_calls", "reasoning_content")
    return one["role"] == other["role"] and not any(name in turn for name in apart for turn in (one, other))


def _joined(one: Json, other: Json, role: Role) -> Json:
    if isinstance(one, str) and isinstance(other, str):
        # An answer after an answer continues it.
        return one + ("" if role is Role.ASSISTANT else "\n\n") + other
    return [*_as_parts(one), *_as_parts(other)]


def _as_parts(content: Json) -> list[Json]:
    return content if isinstance(content, list) else [{"type": "text", "text": content}]
