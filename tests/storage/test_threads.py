"""The store: what is saved is there again, whoever else writes, whatever is broken beside it."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.storage.files import atomic
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import encode
from tests.storage.conftest import a_thread, on_disk, put_old


def texts(thread: Thread) -> set[str]:
    return {each.content for each in thread.messages.values()}


async def test_a_saved_thread_loads_as_it_was(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("How?", "So.", draft="and")
    await store.save(thread)
    assert await FileThreadStore(paths).load(thread.id) == thread
    assert await store.resolve("") == thread.id


async def test_an_empty_thread_is_not_written_and_one_that_became_empty_goes(
    store: FileThreadStore, paths: Paths
) -> None:
    thread = Thread()
    await store.save(thread)
    assert not paths.data.exists()
    thread.draft = "x"
    await store.save(thread)
    thread.draft = ""
    await store.save(thread)
    assert list(paths.threads.glob("*.json")) == []


async def test_a_thread_whose_messages_were_all_deleted_waits_in_the_trash(
    store: FileThreadStore, paths: Paths
) -> None:
    thread = a_thread("How?")
    await store.save(thread)
    thread.messages.clear()
    await store.save(thread)
    await store.restore(thread.id)
    assert texts(await store.load(thread.id)) == {"How?"}


async def test_a_change_after_the_call_is_the_next_saves(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("before")
    saving = asyncio.ensure_future(store.save(thread))
    await asyncio.sleep(0)
    thread.title = "after"
    await saving
    assert on_disk(paths, thread)["title"] == "before"


async def test_an_older_snapshot_never_overwrites_a_newer_one(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("q")
    held, entered, write = threading.Event(), threading.Event(), store._files.write

    def delayed(job: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            entered.set()
            assert held.wait(10)
        write(job)

    monkeypatch.setattr(store._files, "write", delayed)
    thread.title = "older"
    saving = asyncio.ensure_future(store.save(thread))
    await asyncio.to_thread(entered.wait, 10)
    thread.title = "newer"
    store.save_blocking(thread)
    held.set()
    await saving
    assert on_disk(paths, thread)["title"] == "newer"


async def test_many_saves_at_once_end_with_the_last(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    saves = []
    for number in range(50):
        thread.title = str(number)
        saves.append(asyncio.ensure_future(store.save(thread)))
        await asyncio.sleep(0)
    await asyncio.gather(*saves)
    assert on_disk(paths, thread)["title"] == "49"


async def test_a_failed_save_says_so_keeps_the_file_and_can_be_tried_again(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("one")
    await store.save(thread)
    thread.add(Role.ASSISTANT, "two")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("chat_tui.storage.files.atomic.swap", full)
        with pytest.raises(StorageError, match="disk is full"):
            await store.save(thread)
    assert len(on_disk(paths, thread)["messages"]) == 1
    await store.save(thread)
    assert len(on_disk(paths, thread)["messages"]) == 2


# Two programs on one thread


async def test_another_programs_messages_are_kept(store: FileThreadStore, paths: Paths) -> None:
    other = FileThreadStore(paths)
    ours = a_thread("q")
    await store.save(ours)
    theirs = await other.load(ours.id)
    theirs.add(Role.ASSISTANT, "theirs")
    await other.save(theirs)
    ours.add(Role.ASSISTANT, "ours")
    await store.save(ours)
    await store.save(ours)
    assert texts(await store.load(ours.id)) == {"q", "theirs", "ours"}


async def test_an_answer_that_another_program_finished_is_not_written_over_by_its_beginning(
    store: FileThreadStore, paths: Paths
) -> None:
    writer = FileThreadStore(paths)
    streaming = a_thread("q", "The beg")
    await writer.save(streaming)
    reader = await store.load(streaming.id)
    answer = streaming.messages[streaming.head or ""]
    answer.content, answer.status = "The beginning and the end", Status.COMPLETE
    await writer.save(streaming)
    for title in ("a", "b"):  # the second save knows the file, and still not its text
        reader.title = title
        await store.save(reader)
    assert texts(await store.load(streaming.id)) == {"q", "The beginning and the end"}
    assert on_disk(paths, reader)["title"] == "b"


async def test_a_message_that_both_changed_stays_twice(store: FileThreadStore, paths: Paths) -> None:
    other = FileThreadStore(paths)
    ours = a_thread("q", "half")
    await store.save(ours)
    theirs = await other.load(ours.id)
    theirs.messages[theirs.head or ""].content = "half, theirs"
    await other.save(theirs)
    ours.messages[ours.head or ""].content = "half, ours"
    await store.save(ours)
    assert texts(await store.load(ours.id)) == {"q", "half, theirs", "half, ours"}


async def test_of_two_that_grew_alike_the_longer_stays(store: FileThreadStore, paths: Paths) -> None:
    other = FileThreadStore(paths)
    ours = a_thread("q", "ha")
    await store.save(ours)
    theirs = await other.load(ours.id)
    theirs.messages[theirs.head or ""].content = "half done"
    await other.save(theirs)
    ours.messages[ours.head or ""].content = "half"
    await store.save(ours)
    assert texts(await store.load(ours.id)) == {"q", "half done"}


async def test_what_was_deleted_here_stays_deleted(store: FileThreadStore, paths: Paths) -> None:
    other = FileThreadStore(paths)
    ours = a_thread("q", "bad")
    await store.save(ours)
    theirs = await other.load(ours.id)
    theirs.add(Role.USER, "more")
    await other.save(theirs)
    del ours.messages[ours.head or ""]
    await store.save(ours)
    assert texts(await store.load(ours.id)) == {"q", "more"}


async def test_a_second_object_of_one_thread_does_not_delete_what_it_never_had(store: FileThreadStore) -> None:
    thread = a_thread("q")
    await store.save(thread)
    first, second = await store.load(thread.id), await store.load(thread.id)
    second.add(Role.ASSISTANT, "second")
    await store.save(second)
    first.add(Role.ASSISTANT, "first")
    await store.save(first)
    assert texts(await store.load(thread.id)) == {"q", "first", "second"}


async def test_an_unknown_field_that_another_program_added_is_kept(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    await store.save(thread)
    file = paths.threads / f"{thread.id}.json"
    file.write_text(json.dumps(on_disk(paths, thread) | {"color": "red", "title": "Renamed"}))
    thread.draft = "d"
    await store.save(thread)
    assert on_disk(paths, thread).items() >= {"color": "red", "title": "Renamed", "draft": "d"}.items()


async def test_programs_writing_in_turn_lose_nothing(paths: Paths) -> None:
    thread = a_thread("q")
    await FileThreadStore(paths).save(thread)

    def work(name: str) -> None:
        store = FileThreadStore(paths)
        mine = asyncio.run(store.load(thread.id))
        for number in range(25):
            mine.add(Role.USER, f"{name}{number}")
            store.save_blocking(mine)

    await asyncio.gather(*(asyncio.to_thread(work, each) for each in "abcd"))
    assert len((await FileThreadStore(paths).load(thread.id)).messages) == 101


async def test_a_file_that_goes_while_it_is_looked_at_is_written_again(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    file = paths.threads / f"{thread.id}.json"
    file.touch()
    read = atomic.safe_read

    def after_git(path: Path) -> object:
        path.unlink(missing_ok=True)
        return read(path)

    monkeypatch.setattr(atomic, "safe_read", after_git)
    thread.draft = "d"
    await store.save(thread)
    assert on_disk(paths, thread)["draft"] == "d"


# Broken files


async def test_a_thread_cut_anywhere_is_set_aside_whole_and_the_others_load(paths: Paths) -> None:
    good = a_thread("good", id="good")
    data = encode(a_thread("How?" * 50, "So. ü 😀" * 50, id="broken"))
    await FileThreadStore(paths).save(good)
    cuts = range(0, len(data) - 1, max(1, len(data) // 150))
    for cut in cuts:
        put_old(paths.threads / "broken.json", data[:cut])
        store = FileThreadStore(paths)
        if cut % 2:
            with pytest.raises(StorageError, match=r"broken.json can't be read.*kept as it was"):
                await store.load("broken")
        assert [each.id for each in await store.recent()] == ["good"], cut
        assert len(store.broken()) == 1
        assert not (paths.threads / "broken.json").exists()
        store.close()
    kept = {each.read_bytes() for each in paths.corrupt.iterdir()}
    assert kept == {data[:cut] for cut in cuts}
    assert len(kept) == len(list(paths.corrupt.iterdir()))


async def test_what_is_no_file_is_named_and_left_alone(store: FileThreadStore, paths: Paths) -> None:
    good = a_thread("good")
    await store.save(good)
    os.mkfifo(paths.threads / "fifo.json")
    (paths.threads / "link.json").symlink_to("/dev/zero")
    (paths.threads / "folder.json").mkdir()
    assert [each.id for each in await store.recent()] == [good.id]
    for name in ("fifo", "link", "folder"):
        with pytest.raises(StorageError, match="not a regular file"):
            await store.load(name)
    assert len(store.broken()) == 3
    assert (paths.threads / "link.json").is_symlink()


async def test_a_broken_file_under_an_open_thread_is_kept_and_the_thread_is_written(
    store: FileThreadStore, paths: Paths
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    put_old(paths.threads / f"{thread.id}.json", b"{")
    await store.save(thread)
    assert texts(await store.load(thread.id)) == {"q"}
    assert [each.read_bytes() for each in paths.corrupt.iterdir()] == [b"{"]


async def test_a_newer_format_is_shown_and_never_written(store: FileThreadStore, paths: Paths) -> None:
    data = b'{"format": "chat-tui.thread", "version": 2, "title": "new"}'
    paths.threads.mkdir(parents=True)
    (paths.threads / "n.json").write_bytes(data)
    thread = await store.load("n")
    for own in (thread, a_thread("x", id="n")):
        with pytest.raises(StorageError, match="newer"):
            await store.save(own)
    assert (paths.threads / "n.json").read_bytes() == data


@pytest.mark.parametrize("name", ["../x", "..", ".x", "", "a/b", "a\\b", "a\0", "x" * 300])
async def test_an_id_is_no_path(store: FileThreadStore, paths: Paths, name: str) -> None:
    with pytest.raises(ThreadNotFoundError):
        await store.load(name)
    with pytest.raises(ThreadNotFoundError):
        await store.save(a_thread("x", id=name))
    assert not paths.data.exists()


# Finding


async def test_an_id_is_resolved_by_its_start_or_else_any_part(store: FileThreadStore) -> None:
    for name in ("2026-abc", "2025-xyz", "abc-2026"):
        await store.save(a_thread("q", id=name))
    assert await store.resolve("abc") == "abc-2026"
    assert await store.resolve("xy") == "2025-xyz"
    with pytest.raises(ThreadNotFoundError, match="2 threads"):
        await store.resolve("202")
    with pytest.raises(ThreadNotFoundError, match="No thread"):
        await store.resolve("nope")


async def test_delete_and_restore(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("first")
    await store.save(thread)
    await store.delete(thread.id)
    with pytest.raises(ThreadNotFoundError):
        await store.load(thread.id)
    again = a_thread("second", id=thread.id)
    await store.save(again)
    with pytest.raises(StorageError, match="already exists"):
        await store.restore(thread.id)
    await store.delete(thread.id)
    assert len(list(paths.trash.iterdir())) == 2
    await store.restore(thread.id)
    assert texts(await store.load(thread.id)) == {"second"}
    assert await store.resolve_trashed(thread.id[3:]) == thread.id


async def test_long_results_go_with_the_last_thread_of_their_id(store: FileThreadStore, paths: Paths) -> None:
    kept, gone = a_thread("One"), a_thread("Two")
    files = [paths.tool_results / each.id / "result.txt" for each in (kept, gone)]
    for thread, file in zip((kept, gone), files, strict=True):
        await store.save(thread)
        file.parent.mkdir(parents=True)
        file.write_text("long")
        await store.delete(thread.id)
    await store.delete_trashed(gone.id)
    assert [each.exists() for each in files] == [True, False]
    await store.restore(kept.id)
    (paths.trash / f"{kept.id}.json").write_text("{}")
    (paths.trash / "..json").write_text("{}")
    await store.empty_trash()
    assert files[0].exists()
    await store.delete(kept.id)
    await store.empty_trash()
    assert not files[0].exists()
