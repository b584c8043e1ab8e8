"""Makes a thread's tree of another program's nodes: empty ones fall away, circles are cut, no text is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chat_tui.domain.conversation.message import Message, Role, Status, Timing
from chat_tui.domain.conversation.thread import Thread

LONE_THOUGHT = "~thought"
"""How the id of an answer ends that is nothing but thoughts."""


@dataclass(slots=True)
class SourceNode:
    """One place of the foreign tree."""

    id: str
    parent: str | None
    messages: list[Message] = field(default_factory=list)
    """What stands there, one below the other; none where the place is hidden or empty."""
    reasoning: str = ""
    """What was thought there: it goes to the next answer below."""
    reasoning_s: float | None = None


@dataclass(slots=True)
class _Reasoning:
    text: str = ""
    seconds: float | None = None


def plant(thread: Thread, nodes: Iterable[SourceNode]) -> dict[str, str | None]:
    """Puts the nodes' messages into the thread, parents before children, siblings in their order.

    Args:
        thread: the thread.
        nodes: in any order; one without a parent among them is a root, and of a circle the first is made one.

    Returns:
        The last message at or above each node, by the node's id: where a head that names the node is.
    """
    known = _by_id(nodes)
    children: dict[str | None, list[SourceNode]] = {}
    for node in known.values():
        children.setdefault(node.parent if node.parent in known else None, []).append(node)
    ends: dict[str, str | None] = {}
    thoughts: dict[str | None, _Reasoning] = {}
    for start in (*children.get(None, []), *known.values()):  # the second time round, what hangs in circles is left
        todo = [start]
        while todo:
            node = todo.pop()
            if node.id in ends:
                continue
            below = children.get(node.id, [])
            thoughts[node.id] = _think(node, thoughts.get(node.parent, _Reasoning()), is_leaf=not below)
            ends[node.id] = _append(thread, node.messages, ends.get(node.parent or ""))
            todo += reversed(below)
    return ends


def _by_id(nodes: Iterable[SourceNode]) -> dict[str, SourceNode]:
    known: dict[str, SourceNode] = {}
    for number, node in enumerate(nodes):
        while node.id in known:  # two of one id: the second keeps its text under another
            node.id = f"{node.id}~{number}"
        known[node.id] = node
    return known


def _append(thread: Thread, messages: list[Message], parent: str | None) -> str | None:
    for message in messages:
        while message.id in thread.messages:
            message.id = f"{message.id}~{len(thread.messages)}"
        message.parent = parent
        thread.messages[message.id] = message
        parent = message.id
    return parent


def _think(node: SourceNode, before: _Reasoning, *, is_leaf: bool) -> _Reasoning:
    """Gives what was thought to the node's answer; returns what still waits for one further below."""
    text = "\n\n".join(each for each in (before.text, node.reasoning) if each)
    seconds = node.reasoning_s if node.reasoning_s is not None else before.seconds
    if not text and seconds is None:
        return before
    first = node.messages[0] if node.messages else None
    if first is not None and first.is_answer:
        first.reasoning = "\n\n".join(each for each in (text, first.reasoning) if each)
        first.timing = Timing(reasoning_s=seconds) if seconds is not None else None
        return _Reasoning()
    if text and (is_leaf or (first is not None and first.role is Role.USER)):
        lone = Message(f"{node.id}{LONE_THOUGHT}", None, Role.ASSISTANT, reasoning=text, status=Status.INTERRUPTED)
        lone.created = first.created if first else ""
        node.messages.insert(0, lone)
        return _Reasoning()
    return _Reasoning(text, seconds)
