"""The order in which an export tells a thread: the shown branch, then the others, all turns numbered."""

from __future__ import annotations

from dataclasses import dataclass

from chat_tui.domain.conversation.message import Message, Role, Status, ToolState, tool_call_text
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tree import living
from chat_tui.domain.text.clean import clean

_RAN = {
    ToolState.WAITING: "not run",
    ToolState.RUNNING: "interrupted: not known whether it had an effect",
    ToolState.FAILED: "failed",
    ToolState.REFUSED: "refused",
}
_WHO = {Role.USER: "You", Role.SYSTEM: "System", Role.TOOL: "Tool", Role.ASSISTANT: "Assistant"}
_ENDED = {
    Status.STOPPED: "stopped by the user",
    Status.INTERRUPTED: "interrupted: the answer is not complete",
    Status.FAILED: "failed",
}
_FINISHED = {"length": "cut at the token limit", "content_filter": "cut by the content filter"}


MOST_NAMED = 20
"""If each of a thousand versions named all others, the file would be longer by the square of their number."""


@dataclass(slots=True)
class ExportedTurn:
    """A message and its place."""

    number: int
    """From 1, the shown branch first."""
    message: Message
    follows: int | None
    """The number of the turn above; None at the start."""
    others: tuple[int, ...] = ()
    """The numbers of the other turns in the same place; of many, the nearest `MOST_NAMED` on either side."""


def outline(thread: Thread) -> tuple[list[ExportedTurn], list[ExportedTurn]]:
    """The turns of the shown branch, and those of all others that are not deleted: parents before what follows them."""
    shown = thread.branch()
    order = {each.id: None for each in shown} | {each.id: None for each in _others(thread, {each.id for each in shown})}
    numbers = {name: number for number, name in enumerate(order, 1)}
    places: dict[str | None, list[int]] = {}
    positions: dict[str, int] = {}
    for name, number in numbers.items():
        place = places.setdefault(_above(thread, name), [])
        positions[name] = len(place)
        place.append(number)
    turns = []
    for name, number in numbers.items():
        parent, at = _above(thread, name), positions[name]
        place = places[parent]
        beside = (*place[max(0, at - MOST_NAMED) : at], *place[at + 1 : at + 1 + MOST_NAMED])
        turns.append(ExportedTurn(number, thread.messages[name], numbers.get(parent or ""), beside))
    return turns[: len(shown)], turns[len(shown) :]


def _above(thread: Thread, name: str) -> str | None:
    """The parent that there is."""
    parent = thread.messages[name].parent
    return parent if parent in thread.messages and parent != name else None


def _others(thread: Thread, shown: set[str]) -> list[Message]:
    """Each other branch from where it leaves to its leaves, one branch after the other."""
    children: dict[str | None, list[Message]] = {}
    kept = [each for each in living(thread).values() if each.id not in shown]
    for each in kept:
        children.setdefault(_above(thread, each.id), []).append(each)
    forks = (None, *(each.id for each in thread.branch()))
    starts = [each for fork in forks for each in children.get(fork, [])]
    found: dict[str, Message] = {}
    for start in (*starts, *kept):
        todo = [start]
        while todo:
            message = todo.pop()
            if message.id not in found:
                found[message.id] = message
                todo += reversed(children.get(message.id, []))
    return list(found.values())


def who(message: Message) -> tuple[str, str]:
    """Who speaks, and whose it is: `gpt-5`, `openai`; `auto → gpt-5` where another one answered; `Tool`, `time:now`."""
    provider, _, model = clean(message.model or "", multiline=False).partition("/")
    if message.is_answer and model:
        other, upstream = (clean(each, multiline=False) for each in (message.substitute(), message.upstream_provider))
        return model + f" → {other}" * bool(other), provider + f" · {upstream}" * bool(upstream)
    if (run := message.tool_run) is not None:
        return "Tool", clean(f"{run.server}:{run.name}" if run.server else run.name, multiline=False)
    return "Summary" if message.summarizes else _WHO[message.role], ""


def ending(message: Message) -> str:
    """How an answer, or a tool call, ended where it did not end well, in words; else nothing."""
    if (run := message.tool_run) is not None:
        return _RAN.get(run.state, "")
    return _ENDED.get(message.status or Status.COMPLETE, "") or _FINISHED.get(message.finish_reason or "", "")


def failure(message: Message) -> str:
    """What went wrong, in words; else nothing."""
    error = message.error
    if error is None:
        return ""
    status = f" ({error.http_status})" if error.http_status else ""
    return clean(f"{error.message}{status} {error.advice}".strip(), multiline=False)


def calls(message: Message) -> list[tuple[str, str]]:
    """The tool calls: name and arguments."""
    said = map(tool_call_text, message.tool_calls)
    return [(clean(name, multiline=False), clean(arguments)) for name, arguments in said]


def moment(iso: str) -> str:
    """A time as a reader wants it: `2026-11-21 20:27 UTC`; what is none stays as it is."""
    text = clean(iso[:40], multiline=False)
    return f"{text[:10]} {text[11:16]} UTC" if len(text) == 20 and text.endswith("Z") else text
