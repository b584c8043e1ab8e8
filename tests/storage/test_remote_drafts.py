"""What another running program is writing is seen here as it grows, and is left to that program to save."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.message import MessageError, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.threads import News
from chat_tui.session.history import ThreadHistory
from chat_tui.storage.paths import Paths
from chat_tui.storage.state.undo_log import FileUndoLog
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads import sync
from chat_tui.storage.threads.sync import SaveJob
from tests.faults.children import Child
from tests.faults.editing import write_until_killed
from tests.storage.conftest import Writer, a_thread, on_disk


@pytest.fixture
async def writer(paths: Paths) -> Writer:
    writer = Writer(paths, a_thread("q"))
    await writer.store.save(writer.thread)
    return writer


def history(store: FileThreadStore, paths: Paths) -> ThreadHistory:
    return ThreadHistory(store, FileUndoLog(paths.undo_file, paths.lock_file))


def saved(paths: Paths, thread: Thread) -> list[tuple[str, str | None]]:
    return [(each["content"], each.get("status")) for each in on_disk(paths, thread)["messages"]]


def shown(thread: Thread) -> list[tuple[str, bool]]:
    return [(each.content, each.written_elsewhere) for each in thread.branch()]


async def test_the_text_grows_here_while_it_is_written_there(store: FileThreadStore, writer: Writer) -> None:
    ours = await store.load(writer.thread.id)
    await writer.begins("One")
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours) == [("q", False), ("One", True)]
    message = ours.branch()[-1]
    await writer.goes_on(", two")
    assert await store.sync_from_disk(ours) is News.GROWTH
    assert await store.sync_from_disk(ours) is News.NONE
    assert shown(ours) == [("q", False), ("One, two", True)]
    await writer.ends(", three")
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours) == [("q", False), ("One, two, three", False)]
    assert ours.branch()[-1] is message, "who draws it holds it"
    assert (message.status, message.finish_reason) == (Status.COMPLETE, "stop")
    assert await store.sync_from_disk(ours) is News.NONE


async def test_a_thread_that_is_opened_amid_the_stream_knows_what_is_written(
    store: FileThreadStore, writer: Writer
) -> None:
    await writer.begins("One")
    ours = await store.load(writer.thread.id)
    assert shown(ours) == [("q", False), ("One", True)]
    await writer.goes_on(", two")
    assert await store.sync_from_disk(ours) is News.GROWTH
    await writer.ends()
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours) == [("q", False), ("One, two", False)]


def grow_old(paths: Paths) -> None:
    """Lets the journal be one in which nothing has changed for a while: its time tells."""
    os.utime(paths.journal, (1, 1))


@pytest.mark.parametrize("looks", [False, True])
@pytest.mark.parametrize("order", ["they end first", "we save first"])
async def test_a_save_here_leaves_the_answer_to_who_writes_it(
    store: FileThreadStore, paths: Paths, writer: Writer, order: str, looks: bool
) -> None:
    writer.thread.draft = "typed there"
    await writer.begins("")
    writer.answer.reasoning = "All of it"
    await writer.notes()
    ours = await store.load(writer.thread.id)
    ours.title = "Renamed here"
    if order == "we save first":
        await store.save(ours)
        assert saved(paths, ours) == [("q", None)]
    writer.thread.draft, writer.answer.reasoning = "", ""  # what came as reasoning turns out to be the answer
    if looks:
        await writer.goes_on("All of it")
        await store.sync_from_disk(ours)
        await store.save(ours)
        await writer.ends()
    else:
        await writer.ends("All of it")
    ours.pinned = True
    await store.save(ours)
    assert saved(paths, ours) == [("q", None), ("All of it", "complete")]
    kept = on_disk(paths, ours)
    assert (kept["draft"], kept["title"], kept["pinned"], kept["head"]) == ("", "Renamed here", True, writer.answer.id)
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours) == [("q", False), ("All of it", False)]


@pytest.mark.parametrize("is_open", [False, True])
async def test_the_page_of_this_program_holds_nothing_of_the_others(
    store: FileThreadStore, paths: Paths, writer: Writer, is_open: bool
) -> None:
    if not is_open:
        await writer.begins("One")
    ours = await store.load(writer.thread.id)
    if is_open:
        await writer.begins("One")
        await store.sync_from_disk(ours)
    ours.draft = "typed here"
    await store.note(ours, ours.messages.values())
    (page,) = (each for each in paths.journal.glob("*.json") if store._files.journal._writer in each.name)
    assert "typed here" in page.read_text()
    assert "One" not in page.read_text()
    assert writer.answer.id not in page.read_text()


async def test_renaming_a_thread_that_is_written_elsewhere_saves_nothing_else(
    store: FileThreadStore, paths: Paths, writer: Writer
) -> None:
    writer.thread.draft, writer.thread.starred = "typed there", "q"
    await writer.begins("One")
    before = on_disk(paths, writer.thread)
    await history(store, paths).change(writer.thread.id, title="Renamed")
    assert on_disk(paths, writer.thread) == before | {"title": "Renamed"}


async def test_an_answer_that_is_continued_elsewhere_grows_in_its_place(
    store: FileThreadStore, paths: Paths, writer: Writer
) -> None:
    await writer.begins("One")
    writer.answer.status = Status.STOPPED
    await writer.store.save(writer.thread)
    ours = await store.load(writer.thread.id)
    assert shown(ours)[-1] == ("One", False)
    writer.answer.status = Status.INTERRUPTED
    await writer.goes_on(", two")
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours)[-1] == ("One, two", True)
    ours.title = "Renamed"
    await store.save(ours)
    assert saved(paths, ours)[-1] == ("One", "stopped")
    third = FileThreadStore(paths)
    await history(third, paths).change(ours.id, pinned=True)
    assert await store.sync_from_disk(ours) is News.MORE
    assert ours.pinned
    assert shown(ours)[-1] == ("One, two", True)
    await writer.ends(", three")
    await store.sync_from_disk(ours)
    assert shown(ours)[-1] == ("One, two, three", False)


async def test_a_mark_on_an_interrupted_answer_is_no_writing(store: FileThreadStore, writer: Writer) -> None:
    await writer.begins("One")
    await writer.store.save(writer.thread)
    ours = await store.load(writer.thread.id)
    writer.answer.pinned = True
    await writer.notes()
    await store.sync_from_disk(ours)
    assert shown(ours)[-1] == ("One", False)
    assert not (await FileThreadStore(store._paths).load(ours.id)).branch()[-1].written_elsewhere


async def test_a_save_amid_the_stream_is_no_end_of_it(
    store: FileThreadStore, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await store.load(writer.thread.id)
    await writer.begins("One")
    await store.sync_from_disk(ours)
    await writer.store.save(writer.thread)
    await store.sync_from_disk(ours)
    assert shown(ours)[-1] == ("One", True)
    await writer.goes_on(", two")
    await store.sync_from_disk(ours)
    assert shown(ours)[-1] == ("One, two", True)
    await writer.store.save(writer.thread)
    await store.sync_from_disk(ours)
    grow_old(store._paths)
    await store.sync_from_disk(ours)
    assert shown(ours)[-1] == ("One, two", True)
    monkeypatch.setattr(sync, "_PAUSE", 0.0)
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours)[-1] == ("One, two", False)


async def test_a_save_of_a_third_program_makes_the_answer_no_more_ours(
    store: FileThreadStore, paths: Paths, writer: Writer
) -> None:
    ours = await store.load(writer.thread.id)
    await writer.begins("One")
    await store.sync_from_disk(ours)
    await history(FileThreadStore(paths), paths).change(ours.id, pinned=True)
    await store.sync_from_disk(ours)
    ours.title = "Renamed"
    await store.save(ours)
    assert saved(paths, ours) == [("q", None)]
    assert shown(ours)[-1] == ("One", True)


async def test_what_grows_while_a_save_is_on_its_way_is_not_saved_with_it(
    store: FileThreadStore, paths: Paths, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await store.load(writer.thread.id)
    await writer.begins("One")
    await store.sync_from_disk(ours)
    ours.title = "Renamed"
    go = hold(store, monkeypatch)
    save = asyncio.create_task(store.save(ours))
    await asyncio.sleep(0)
    await writer.goes_on(", two")
    await store.sync_from_disk(ours)
    go.set()
    await save
    assert saved(paths, ours) == [("q", None)]
    await store.sync_from_disk(ours)
    assert shown(ours)[-1] == ("One, two", True)


def hold(store: FileThreadStore, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Holds what is written back until an event is set."""
    go, write = threading.Event(), store._files.write

    def late(job: SaveJob) -> None:
        assert go.wait(10)
        write(job)

    monkeypatch.setattr(store._files, "write", late)
    return go


async def test_an_answer_edited_elsewhere_is_not_being_written(store: FileThreadStore, writer: Writer) -> None:
    ours = await store.load(writer.thread.id)
    await writer.begins("")
    writer.answer.status = Status.COMPLETE
    await writer.goes_on("My own version")
    await store.sync_from_disk(ours)
    assert shown(ours) == [("q", False)]
    opened = await FileThreadStore(store._paths).load(ours.id)
    assert shown(opened) == [("q", False), ("My own version", False)]


async def test_what_was_cut_by_an_error_has_ended(store: FileThreadStore, writer: Writer) -> None:
    ours = await store.load(writer.thread.id)
    await writer.begins("One")
    await store.sync_from_disk(ours)
    writer.answer.error = MessageError("connection", "The connection broke.")
    await writer.store.save(writer.thread)
    await store.sync_from_disk(ours)
    assert shown(ours)[-1] == ("One", False)


async def test_the_answer_of_a_program_that_dies_has_ended(
    store: FileThreadStore, paths: Paths, writer: Writer
) -> None:
    ours = await store.load(writer.thread.id)
    await writer.begins("One")
    await store.sync_from_disk(ours)
    assert shown(ours)[-1] == ("One", True)
    grow_old(paths)
    await store.sync_from_disk(ours)
    writer.dies()
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours)[-1] == ("One", False)
    assert ours.branch()[-1].status is Status.INTERRUPTED
    assert saved(paths, ours) == [("q", None), ("One", "interrupted")]
    assert list(paths.journal.iterdir()) == []


async def test_a_process_that_is_killed_leaves_its_text_in_the_open_thread(
    store: FileThreadStore, paths: Paths, tmp_path: Path
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    with Child(write_until_killed, tmp_path, thread.id) as child:
        assert child.hear() == "One"
        await store.sync_from_disk(thread)
        assert shown(thread)[-1] == ("One", True)
        child.kill()
    await store.sync_from_disk(thread)
    assert shown(thread)[-1] == ("One", False)
    assert saved(paths, thread) == [("q", None), ("One", "interrupted")]


async def test_a_draft_typed_elsewhere_does_not_come_into_this_prompt(store: FileThreadStore, writer: Writer) -> None:
    ours = await store.load(writer.thread.id)
    ours.draft = "typed here"
    writer.thread.draft, writer.thread.title = "typed there", "Named there"
    await writer.begins("One")
    assert await store.sync_from_disk(ours) is News.MORE
    assert (ours.draft, ours.title) == ("typed here", "q")


async def test_a_view_that_was_moved_elsewhere_does_not_follow(store: FileThreadStore, writer: Writer) -> None:
    ours = await store.load(writer.thread.id)
    ours.add(Role.USER, "asked here")
    await writer.begins("One")
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours) == [("q", False), ("asked here", False)]
    assert writer.answer.id in ours.messages


async def test_a_view_of_another_version_does_not_follow(store: FileThreadStore, paths: Paths) -> None:
    ours = a_thread("q", "a")
    await store.save(ours)
    other = FileThreadStore(paths)
    writer = Writer(paths, await other.load(ours.id))
    writer.store, writer.thread.head = other, writer.thread.branch()[0].id
    await writer.begins("One")
    assert await store.sync_from_disk(ours) is News.MORE
    assert shown(ours) == [("q", False), ("a", False)]
    assert len(ours.siblings(writer.answer.id)) == 2
    ours.head = ours.branch()[0].id  # moved here: that is ours, and not for another program to move on
    await writer.goes_on(", two")
    assert await store.sync_from_disk(ours) is News.GROWTH
    assert shown(ours) == [("q", False)]


async def test_what_this_program_changed_is_not_written_over_by_what_grows(
    store: FileThreadStore, writer: Writer
) -> None:
    await writer.begins("One")
    ours = await store.load(writer.thread.id)
    ours.messages[writer.answer.id].content = "Mine"
    await writer.goes_on(", two")
    await store.sync_from_disk(ours)
    assert ours.messages[writer.answer.id].content == "Mine"


async def test_what_a_save_found_in_the_file_comes_into_the_open_thread(store: FileThreadStore, paths: Paths) -> None:
    ours = a_thread("q", "a")
    await store.save(ours)
    other = FileThreadStore(paths)
    theirs = await other.load(ours.id)
    theirs.add(Role.USER, "theirs")
    await other.save(theirs)
    ours.pinned = True
    await store.save(ours)
    assert await store.sync_from_disk(ours) is News.MORE
    assert [each.content for each in ours.branch()] == ["q", "a", "theirs"]
    assert store._files.changed(ours.id) is None


async def test_what_is_taken_up_while_a_save_is_on_its_way_is_not_lost_by_it(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = a_thread("q", "a")
    await store.save(ours)
    other = FileThreadStore(paths)
    theirs = await other.load(ours.id)
    theirs.add(Role.USER, "theirs")
    await other.save(theirs)
    go = hold(store, monkeypatch)
    ours.add(Role.USER, "ours")
    save = asyncio.create_task(store.save(ours))
    await asyncio.sleep(0)
    await store.sync_from_disk(ours)
    go.set()
    await save
    assert {each for each, _ in saved(paths, ours)} == {"q", "a", "ours", "theirs"}


async def test_where_nobody_writes_a_look_takes_the_time_of_two_files(
    store: FileThreadStore, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await store.load(writer.thread.id)
    await writer.begins("One")
    await writer.ends()
    grow_old(store._paths)
    await store.sync_from_disk(ours)

    def forbidden(*_: Any, **__: Any) -> Any:
        raise AssertionError("a file is opened")

    opened = os.open

    def open_elsewhere(path: Any, *flags: Any, **options: Any) -> int:
        if str(path).startswith(str(store._paths.data)):  # another test's index may still be built in its thread
            forbidden()
        return opened(path, *flags, **options)

    monkeypatch.setattr(store._files.journal, "_files", forbidden)
    monkeypatch.setattr(os, "open", open_elsewhere)
    assert await store.sync_from_disk(ours) is News.NONE
