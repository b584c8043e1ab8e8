"""Nothing that is done to a thread takes time that grows with the square of its length, whatever its shape."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tokens import next_turn
from chat_tui.domain.conversation.tree import fork, graph, living
from chat_tui.domain.conversation.undo import Change, take_back
from chat_tui.storage.exports.outline import outline
from chat_tui.storage.threads.codec import decode, encode
from tests.work import growth

LINEAR = 3.0
"""Between the 2 of linear work and the 4 of its square."""
SIZE = 30


def chain(size: int) -> Thread:
    """One branch."""
    thread = Thread(title="x")
    for at in range(size):
        thread.add((Role.USER, Role.ASSISTANT)[at % 2], f"message {at}")
    return thread


def versions(size: int) -> Thread:
    """One prompt and as many answers."""
    thread = Thread(title="x")
    prompt = thread.add(Role.USER, "prompt")
    for at in range(size):
        thread.add(Role.ASSISTANT, f"answer {at}", parent=prompt.id)
    return thread


def comb(size: int) -> Thread:
    """A branch whose every message has a second version, each of which has more below it."""
    thread = Thread(title="x")
    for at in range(size // 3):
        above = thread.add(Role.USER, f"message {at}")
        thread.add(Role.ASSISTANT, f"left {at}", parent=above.id)
        thread.add(Role.USER, f"below {at}")
        thread.add(Role.ASSISTANT, f"right {at}", parent=above.id)
    return thread


def first(thread: Thread) -> Message:
    return next(iter(thread.messages.values()))


def middle(thread: Thread) -> Message:
    branch = thread.branch()
    return branch[len(branch) // 2]


ACTIONS: dict[str, Callable[[Thread], object]] = {
    "positions": Thread.positions,
    "sent": lambda thread: next_turn(thread.sent()),
    "leaf": lambda thread: thread.leaf_below(first(thread).id),
    "graph": graph,
    "living": living,
    "fork": lambda thread: fork(thread, middle(thread).id, whole=True),
    "fork from": lambda thread: fork(thread, middle(thread).id, whole=False),
    "delete": lambda thread: thread.delete(middle(thread).id),
    "undo": lambda thread: take_back(thread, Change("x", thread.id, deleted={middle(thread).id: ""})),
    "save and load": lambda thread: decode(encode(thread)),
    "export": lambda thread: outline(thread),
}


@pytest.mark.parametrize("shape", [chain, versions, comb])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_linear_in_the_length_of_a_thread(shape: Callable[[int], Thread], action: str) -> None:
    def prepare(size: int) -> Callable[[], object]:
        thread = shape(size)
        return lambda: ACTIONS[action](thread)

    assert growth(prepare, SIZE) < LINEAR


def test_the_measure_knows_linear_work_from_its_square() -> None:
    def all_siblings(size: int) -> Callable[[], object]:
        thread = chain(size)
        return lambda: [thread.siblings(each.id) for each in thread.branch()]

    assert growth(all_siblings, SIZE) > LINEAR
    assert growth(lambda size: chain(size).branch, SIZE) < LINEAR


@pytest.mark.parametrize("shape", [chain, versions, comb])
def test_positions_are_those_among_the_siblings(shape: Callable[[int], Thread]) -> None:
    thread = shape(12)
    thread.delete(thread.branch()[1].id)
    found = thread.positions()
    assert found.keys() == thread.messages.keys()
    for message in thread.messages.values():
        beside = thread.siblings(message.id)
        assert found[message.id] == (beside.index(message) + 1, len(beside))
