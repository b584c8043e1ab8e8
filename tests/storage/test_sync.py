"""An open thread takes up what another program wrote into its file, and keeps what is its own."""

from __future__ import annotations

from typing import Any

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from tests.storage.conftest import a_thread, on_disk


def texts(thread: Thread) -> list[str]:
    return [each.content for each in thread.branch()]


async def shared(store: FileThreadStore, paths: Paths) -> tuple[Thread, Thread, FileThreadStore]:
    """One thread, open in two programs."""
    ours = a_thread("q", "a")
    await store.save(ours)
    other = FileThreadStore(paths)
    return ours, await other.load(ours.id), other


async def test_messages_and_the_title_come_and_the_view_follows_what_goes_on_from_it(
    store: FileThreadStore, paths: Paths
) -> None:
    ours, theirs, other = await shared(store, paths)
    assert not await store.sync_from_disk(ours)
    theirs.add(Role.USER, "and?")
    theirs.title = "Renamed"
    await other.save(theirs)
    assert await store.sync_from_disk(ours)
    assert texts(ours) == ["q", "a", "and?"]
    assert ours.title == "Renamed"
    assert not await store.sync_from_disk(ours)


async def test_another_branch_comes_but_does_not_move_the_view(store: FileThreadStore, paths: Paths) -> None:
    ours, theirs, other = await shared(store, paths)
    first = ours.branch()[0]
    theirs.add(Role.ASSISTANT, "b", parent=first.id)
    await other.save(theirs)
    assert await store.sync_from_disk(ours)
    assert texts(ours) == ["q", "a"]
    assert [each.content for each in ours.siblings(ours.head or "")] == ["a", "b"]


async def test_what_is_not_saved_here_stays_and_is_still_saved(store: FileThreadStore, paths: Paths) -> None:
    ours, theirs, other = await shared(store, paths)
    theirs.add(Role.USER, "theirs")
    await other.save(theirs)
    ours.add(Role.USER, "ours")
    ours.draft = "typing"
    assert await store.sync_from_disk(ours)
    assert texts(ours) == ["q", "a", "ours"]
    assert ours.draft == "typing"
    await store.save(ours)
    kept = on_disk(paths, ours)
    assert {each["content"] for each in kept["messages"]} == {"q", "a", "ours", "theirs"}
    assert kept["draft"] == "typing"
    assert kept["head"] == ours.head


async def test_a_draft_left_elsewhere_stays_in_the_file_and_out_of_this_prompt(
    store: FileThreadStore, paths: Paths
) -> None:
    ours, theirs, other = await shared(store, paths)
    theirs.draft = "left behind"
    await other.save(theirs)
    await store.sync_from_disk(ours)
    assert ours.draft == ""
    ours.add(Role.USER, "more")
    await store.save(ours)
    assert on_disk(paths, ours)["draft"] == "left behind"


async def test_a_file_that_is_broken_meanwhile_changes_nothing_here(store: FileThreadStore, paths: Paths) -> None:
    ours, _, _ = await shared(store, paths)
    (paths.threads / f"{ours.id}.json").write_bytes(b"{")
    assert not await store.sync_from_disk(ours)
    await store.save(ours)
    assert [each["content"] for each in on_disk(paths, ours)["messages"]] == ["q", "a"]


async def test_a_message_both_wrote_stays_twice_here_too(store: FileThreadStore, paths: Paths) -> None:
    ours, theirs, other = await shared(store, paths)
    theirs.messages[theirs.head or ""].content = "theirs"
    await other.save(theirs)
    ours.messages[ours.head or ""].content = "ours"
    assert await store.sync_from_disk(ours)
    assert {each.content for each in ours.messages.values()} == {"q", "ours", "theirs"}
    await store.save(ours)
    await store.save(ours)
    assert len(on_disk(paths, ours)["messages"]) == 3


async def test_a_look_that_is_older_than_the_last_save_takes_nothing_back(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("q")
    answer = thread.add(Role.ASSISTANT, "The beginning")
    await store.save(thread)
    other = FileThreadStore(paths)
    theirs = await other.load(thread.id)
    theirs.title = "Renamed elsewhere"
    await other.save(theirs)
    look = store._look

    def saved_meanwhile(thread_id: str) -> Any:
        found = look(thread_id)
        answer.content += " and the end"
        store.save_blocking(thread)  # between the reading of the file and its taking up
        return found

    with monkeypatch.context() as patch:
        patch.setattr(store, "_look", saved_meanwhile)
        await store.sync_from_disk(thread)
    assert thread.messages[answer.id] is answer
    assert answer.content == "The beginning and the end"
    await store.sync_from_disk(thread)
    assert (thread.title, answer.content) == ("Renamed elsewhere", "The beginning and the end")


async def test_an_answer_that_is_being_written_stays_the_object_that_it_is(
    store: FileThreadStore, paths: Paths
) -> None:
    thread = a_thread("q")
    answer = thread.add(Role.ASSISTANT, "The begining")
    await store.save(thread)
    file = paths.threads / f"{thread.id}.json"
    file.write_text(file.read_text().replace("begining", "beginning"))  # somebody can't wait
    await store.sync_from_disk(thread)
    answer.content += " and the end"
    await store.save(thread)
    assert on_disk(paths, thread)["messages"][-1]["content"] == "The beginning and the end"
