"""A damaged thread file gives back what is in it, wherever it broke."""

from __future__ import annotations

import json
import random

import pytest

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import encode
from chat_tui.storage.threads.damage import salvage
from tests.storage.conftest import a_thread, put_old

THREAD = a_thread("How?", 'So: "x", {y}\n\\ ü 😀', "And then?", "Then this.", title="Salvaged", tags=["a"])
DATA = encode(THREAD)


def contents(thread: Thread) -> list[str]:
    return [each.content for each in thread.messages.values()]


def test_a_file_cut_anywhere_gives_every_whole_message_and_the_last_as_far_as_it_goes() -> None:
    whole = contents(THREAD)
    ends = [DATA.find(json.dumps(each, ensure_ascii=False).encode()) for each in whole]
    for cut in range(len(DATA)):
        found = contents(salvage(DATA[:cut]))
        begun = sum(
            cut > at + len(json.dumps(text, ensure_ascii=False).encode()) for at, text in zip(ends, whole, strict=True)
        )
        assert found[:begun] == whole[:begun], cut
        assert len(found) <= begun + 1
        assert all(whole[begun].startswith(each.rstrip("\ufffd")) for each in found[begun:]), cut


def test_the_same_for_a_file_that_an_editor_laid_out_anew() -> None:
    data = json.dumps(json.loads(DATA), indent=4, ensure_ascii=False).encode()
    thread = salvage(data[: data.find(b"Then this.") + 4])
    assert contents(thread) == [*contents(THREAD)[:3], "Then"]
    assert (thread.title, thread.tags) == ("Salvaged", ["a"])


def test_one_flipped_bit_costs_at_most_the_messages_beside_it() -> None:
    chance = random.Random(7)
    whole = contents(THREAD)
    for _ in range(500):
        data = bytearray(DATA)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        found = contents(salvage(bytes(data)))
        assert len(set(whole) - set(found)) <= 2  # of a line break, two


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 5000, b"{" * 100_000, b'"' * 999, bytes(range(256)), b"[1,2]", b'{"messages":5}']
)
def test_of_nothing_comes_nothing(data: bytes) -> None:
    assert salvage(data).is_empty


def test_what_only_the_version_before_has_comes_from_there() -> None:
    thread = salvage(DATA[: len(DATA) // 2], DATA)
    assert contents(thread) == contents(THREAD)
    assert thread.title == "Salvaged"
    assert thread.head == THREAD.head


async def test_a_damaged_thread_is_listed_with_what_can_be_had_and_comes_back_under_a_new_id(
    store: FileThreadStore, paths: Paths
) -> None:
    thread = a_thread("How?", "So.")
    await store.save(thread)
    file = paths.threads / f"{thread.id}.json"
    damaged = file.read_bytes()[:-5]
    put_old(file, damaged)
    with pytest.raises(StorageError):
        await store.load(thread.id)
    (found,) = await store.damaged()
    assert (found.title, found.message_count) == ("How?", 2)
    again = await store.load(await store.salvage(found.name))
    assert again.id != thread.id
    assert again.title == "How? (salvaged)"
    assert contents(again) == ["How?", "So."]
    assert (paths.corrupt / found.name).read_bytes() == damaged


async def test_a_file_with_nothing_in_it_is_listed_and_says_so(store: FileThreadStore, paths: Paths) -> None:
    paths.threads.mkdir(parents=True)
    put_old(paths.threads / "bad.json", b"\0" * 100)
    await store.recent()
    (found,) = await store.damaged()
    assert found.message_count == 0
    with pytest.raises(StorageError, match="Nothing in"):
        await store.salvage(found.name)
    with pytest.raises(ThreadNotFoundError):
        await store.salvage("../settings.toml")
