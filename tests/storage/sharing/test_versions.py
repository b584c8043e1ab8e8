"""Threads of three machines that pull from each other in any order become the same."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.sharing.three_way import merge_threads
from chat_tui.storage.sharing.versions import HistoryMerge, Version, merge_versions
from chat_tui.storage.threads.codec import decode, encode
from tests.torture import amount


class MadeHistory:
    """Implements `History` over commits in memory."""

    def __init__(self, version: Version | None) -> None:
        self.versions = {"0": version}
        self._parents: dict[str, tuple[str, ...]] = {"0": ()}
        self._known = {"0": {"0"}}

    def commit(self, version: Version | None, *parents: str) -> str:
        name = str(len(self.versions))
        self.versions[name], self._parents[name] = version, parents
        self._known[name] = {name}.union(*(self._known[each] for each in parents))
        return name

    def knows(self, one: str, other: str) -> bool:
        return other in self._known[one]

    def merge_bases(self, commit: str, others: tuple[str, ...]) -> tuple[str, ...]:
        common = self._known[commit] & set[str]().union(*(self._known[each] for each in others))
        return tuple(sorted(each for each in common if not any(each in self._known[it] - {it} for it in common)))

    def has_edits_apart(self, one: str, other: str) -> bool:
        return any(len(self._parents[each]) < 2 for each in self._known[one] ^ self._known[other])

    def version(self, commit: str, name: str) -> Version | None:
        return self.versions[commit]


def add(thread: Thread, chance: Random, text: str) -> None:
    name = f"{chance.getrandbits(32):08x}"
    parent = chance.choice([None, thread.head, *thread.messages])
    thread.messages[name] = Message(name, parent, Role.USER, text, created=str(chance.randrange(3)))
    thread.head = name


def of_message(name: str, value: Callable[[Message, str], object]) -> Callable[[Thread, Random, str], None]:
    def change(thread: Thread, chance: Random, text: str) -> None:
        message = chance.choice(list(thread.messages.values())[:2])  # those that others change, too
        # One that is both changed and deleted may come back in one order of merges, and not in another.
        if name == "pinned" or not (message.deleted or not message.content.startswith("start")):
            setattr(message, name, value(message, text))

    return change


def undelete(thread: Thread, chance: Random, text: str) -> None:
    for message in thread.messages.values():
        message.deleted = ""


def untag(thread: Thread, chance: Random, text: str) -> None:
    del thread.tags[:1]


def send(thread: Thread, chance: Random, text: str) -> None:
    add(thread, chance, thread.draft or text)
    thread.draft = ""


def remove(thread: Thread, chance: Random, text: str) -> None:
    name = chance.choice(list(thread.messages))
    if len(thread.messages) > 3 and all(each.parent != name for each in thread.messages.values()):
        del thread.messages[name]
        thread.head = next(iter(thread.messages))


EDITS: list[Callable[[Thread, Random, str], object]] = [
    add,
    add,
    of_message("content", lambda _, text: text),
    of_message("deleted", lambda _, text: text),
    of_message("pinned", lambda message, _: not message.pinned),
    lambda thread, chance, text: setattr(thread, "title", text[: chance.randrange(9)]),
    lambda thread, chance, text: thread.tags.append(text),
    untag,
    lambda thread, chance, text: setattr(thread, "draft", text),
    send,
    lambda thread, chance, text: thread.parameters.update({chance.choice("ab"): chance.randrange(3)}),
    lambda thread, chance, text: thread.parameters.pop(chance.choice("ab"), None),
]
LATER: list[Callable[[Thread, Random, str], object]] = [
    *EDITS,
    undelete,
    remove,
]


def start() -> Version:
    thread, chance = Thread(id="x", title="t", created="1", updated="1", tags=["a", "b"]), Random(0)
    for number in range(5):
        add(thread, chance, f"start {number}")
    return Version(encode(thread))


def edited(version: Version, chance: Random, kinds: list[Callable[[Thread, Random, str], object]]) -> Version:
    thread = decode(version.data)
    for _ in range(chance.randrange(6)):
        chance.choice(kinds)(thread, chance, f"{chance.getrandbits(32):08x}")
    return Version(encode(thread), version.is_trashed ^ (kinds is LATER and chance.random() < 0.1))


@settings(max_examples=amount(60, 4000), deadline=None)
@given(st.integers(0, 2**32))
def test_the_merge_is_commutative_associative_and_idempotent(seed: int) -> None:
    base, chance = start(), Random(seed)
    a, b, c = (edited(base, chance, EDITS) for _ in range(3))
    ab, bc, ca = merge_versions(base, a, b), merge_versions(base, b, c), merge_versions(base, c, a)
    assert ab == merge_versions(base, b, a)
    assert ab is not None
    assert merge_versions(base, ab, ab) == ab == merge_versions(a, ab, a)
    once = merge_threads(None, decode(ab.data), decode(ab.data))
    assert once == merge_threads(None, once, once)
    everything = merge_versions(base, ab, c)
    assert everything == merge_versions(base, a, bc) == merge_versions(b, ab, bc) == merge_versions(c, ca, bc)


@settings(max_examples=amount(40, 3000), deadline=None)
@given(st.integers(0, 2**32))
def test_machines_that_go_on_writing_become_equal_once_they_stop(seed: int) -> None:
    history, chance = MadeHistory(start()), Random(seed)
    heads = ["0", "0", "0"]

    def pull(into: int, source: int) -> None:
        if history.knows(heads[source], heads[into]):
            heads[into] = heads[source]
        elif not history.knows(heads[into], heads[source]):
            both = heads[into], heads[source]
            heads[into] = history.commit(HistoryMerge(history).merge("x", both), *both)

    for _ in range(3):
        for at, head in enumerate(heads):
            if (version := history.versions[head]) is not None:
                heads[at] = history.commit(edited(version, chance, LATER), head)
        for _ in range(chance.randrange(3)):
            pull(*chance.sample(range(3), 2))
    for at in (0, 1, 2) * 3:
        pull(at, (at + 1) % 3)
    assert len({history.versions[each] for each in heads}) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("trash", "same", "trash"),
        ("trash", "changed", "changed"),
        ("gone", "same", "gone"),
        ("gone", "changed", "changed"),
        ("gone", "trash", "trash"),
    ],
)
def test_what_was_deleted_comes_back_only_where_it_was_changed(one: str, other: str, expected: str) -> None:
    base = start()
    thread = decode(base.data)
    thread.title = "changed"
    there = {"same": base, "trash": Version(base.data, True), "changed": Version(encode(thread)), "gone": None}
    assert merge_versions(base, there[one], there[other]) == there[expected]
    assert merge_versions(base, there[other], there[one]) == there[expected]
