"""The journal: what is under way is on disk without the thread being written, and comes back whoever dies."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError
from chat_tui.storage.files import atomic
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from tests.storage.conftest import a_thread, on_disk


def pages(paths: Paths) -> list[Path]:
    return sorted(paths.journal.glob("*.json"))


def dies(store: FileThreadStore) -> None:
    """What the end of a process does: its lock goes, its files stay."""
    lock = store._files.journal._lock
    assert lock is not None
    lock()


async def a_noted_draft(store: FileThreadStore, draft: str = "half a thought") -> Thread:
    thread = a_thread("q", "a")
    await store.save(thread)
    thread.draft = draft
    await store.note(thread)
    return thread


async def test_a_note_leaves_the_thread_file_as_it_is_and_is_small(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread(*["long " * 1000] * 100)
    await store.save(thread)
    file = paths.threads / f"{thread.id}.json"
    before = file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino
    answer = thread.add(Role.ASSISTANT, "The beginning")
    thread.draft = "more"
    await store.note(thread, [answer])
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before
    (page,) = pages(paths)
    assert page.stat().st_size < 2000
    assert page.stat().st_mode & 0o777 == 0o600


async def test_what_a_dead_program_noted_is_in_the_thread_again(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store)
    answer = thread.add(Role.ASSISTANT, "It is far away, and")
    answer.status = Status.INTERRUPTED
    await store.note(thread, [answer])
    dies(store)
    other = FileThreadStore(paths)
    assert await other.load(thread.id) == thread
    assert on_disk(paths, thread)["draft"] == "half a thought"
    assert pages(paths) == []
    assert list(paths.journal.iterdir()) == []


async def test_the_list_and_the_last_thread_know_what_a_dead_program_noted(
    store: FileThreadStore, paths: Paths
) -> None:
    thread = await a_noted_draft(store)
    dies(store)
    other = FileThreadStore(paths)
    assert await other.resolve("") == thread.id
    assert [each.has_draft for each in await other.recent()] == [True]
    other.close()


async def test_a_living_programs_notes_are_read_and_left_to_it(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store)
    seen = await FileThreadStore(paths).load(thread.id)
    assert seen.draft == "half a thought"
    assert on_disk(paths, thread)["draft"] == ""
    assert len(pages(paths)) == 1


async def test_a_save_folds_the_note_in(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store)
    await store.save(thread)
    assert on_disk(paths, thread)["draft"] == "half a thought"
    assert pages(paths) == []


async def test_a_note_of_nothing_new_is_no_page(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store)
    thread.draft = ""
    await store.note(thread, thread.messages.values())
    assert pages(paths) == []


async def test_a_thread_that_has_no_file_is_written_whole(store: FileThreadStore, paths: Paths) -> None:
    thread = Thread(draft="first words")
    await store.note(thread)
    assert on_disk(paths, thread)["draft"] == "first words"
    assert pages(paths) == []


async def test_an_older_save_that_comes_late_takes_no_newer_note_away(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store)
    late = store._files.job(thread)
    thread.draft = "half a thought, and more"
    await store.note(thread)
    await asyncio.to_thread(store._files.write, late)
    dies(store)
    assert (await FileThreadStore(paths).load(thread.id)).draft == "half a thought, and more"


async def test_an_older_note_that_comes_late_is_not_written_over_a_newer_one(
    store: FileThreadStore, paths: Paths
) -> None:
    thread = await a_noted_draft(store)
    late = store._files.journal_job(thread, [])
    thread.draft = "half a thought, and more"
    await store.note(thread)
    assert late is not None
    await asyncio.to_thread(store._files.write_journal, late)
    dies(store)
    assert (await FileThreadStore(paths).load(thread.id)).draft == "half a thought, and more"


async def test_two_drafts_of_two_programs_both_stay(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store, "mine")
    other = FileThreadStore(paths)
    theirs = await other.load(thread.id)
    theirs.draft = "theirs"
    await other.save(theirs)
    dies(store)
    assert (await FileThreadStore(paths).load(thread.id)).draft == "theirs\n\nmine"


async def test_drafts_saved_by_two_programs_both_stay(store: FileThreadStore, paths: Paths) -> None:
    one = a_thread("q")
    await store.save(one)
    other = FileThreadStore(paths)
    two = await other.load(one.id)
    one.draft, two.draft = "one", "two"
    await other.save(two)
    await store.save(one)
    assert on_disk(paths, one)["draft"] == "two\n\none"
    one.title = "Renamed"
    await store.save(one)
    assert on_disk(paths, one)["draft"] == "two\n\none"
    file = paths.threads / f"{one.id}.json"
    file.write_bytes(file.read_bytes().replace(b"Renamed", b"Anew"))  # another program changes something else
    one.add(Role.USER, "s")
    await store.save(one)
    assert on_disk(paths, one)["draft"] == "two\n\none"
    one.draft = "one, longer"
    await store.save(one)
    assert on_disk(paths, one)["draft"] == "two\n\none, longer"
    one.draft = ""
    await store.save(one)
    assert on_disk(paths, one)["draft"] == "two"


async def test_an_answer_that_was_finished_elsewhere_is_not_cut_by_an_old_note(
    store: FileThreadStore, paths: Paths
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    answer = thread.add(Role.ASSISTANT, "The beg")
    await store.note(thread, [answer])
    other = FileThreadStore(paths)
    theirs = await other.load(thread.id)
    theirs.messages[answer.id].content = "The beginning and the end"
    await other.save(theirs)
    dies(store)
    again = await FileThreadStore(paths).load(thread.id)
    assert [each.content for each in again.messages.values()] == ["q", "The beginning and the end"]


async def test_a_damaged_page_is_set_aside_and_the_thread_loads(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store)
    (page,) = pages(paths)
    page.write_bytes(page.read_bytes()[:40])
    dies(store)
    other = FileThreadStore(paths)
    assert (await other.load(thread.id)).draft == ""
    assert "journal" in other.broken()[0]
    assert len(list(paths.corrupt.iterdir())) == 1


async def test_a_page_that_can_not_be_opened_now_is_no_damaged_one(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = await a_noted_draft(store)
    dies(store)
    read = atomic.safe_read

    def busy(path: Path) -> object:
        if path.parent == paths.journal:
            raise StorageError("too many files are open")
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "safe_read", busy)
        assert (await FileThreadStore(paths).load(thread.id)).draft == ""
    assert (await FileThreadStore(paths).load(thread.id)).draft == "half a thought"


async def test_a_note_that_can_not_be_folded_in_is_read_from_the_journal(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = await a_noted_draft(store)
    dies(store)

    def full(*_: object, **__: object) -> None:
        raise StorageError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "write_atomic", full)
        assert (await FileThreadStore(paths).load(thread.id)).draft == "half a thought"
    assert len(pages(paths)) == 1
    assert (await FileThreadStore(paths).load(thread.id)).draft == "half a thought"


async def test_a_closed_store_leaves_no_lock(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store)
    await store.save(thread)
    store.close()
    assert list(paths.journal.iterdir()) == []


async def test_the_lock_of_a_program_that_left_nothing_is_swept(store: FileThreadStore, paths: Paths) -> None:
    thread = await a_noted_draft(store)
    await store.save(thread)
    (lock,) = paths.journal.iterdir()
    other = FileThreadStore(paths)
    os.utime(lock, (0, 0))
    await other.recent()
    assert lock.exists(), "its program lives"
    dies(store)
    await other.recent()
    assert not lock.exists()
    other.close()


async def test_a_note_that_outlived_the_save_after_it_brings_nothing_old_back(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = await a_noted_draft(store, "How far?")
    answer = thread.add(Role.ASSISTANT, "Far.")
    answer.status = Status.INTERRUPTED
    thread.title = "Old"
    await store.note(thread, [answer])
    monkeypatch.setattr(store._files.journal, "drop", lambda thread_id: None)  # it dies right before
    thread.add(Role.USER, "How far?")
    thread.draft, thread.title, answer.status = "", "New", Status.COMPLETE
    await store.save(thread)
    dies(store)
    again = await FileThreadStore(paths).load(thread.id)
    assert (again.draft, again.title, again.messages[answer.id].status) == ("", "New", Status.COMPLETE)
    assert pages(paths) == []
