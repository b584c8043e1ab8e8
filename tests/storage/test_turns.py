"""Programs that get in each other's way: a lock that is held for too long, a file that changes at the last moment."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError
from chat_tui.storage.files import atomic, lock
from chat_tui.storage.files.lock import is_free, locked
from chat_tui.storage.files.swap import swap as swap_files
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads import thread_file
from chat_tui.storage.threads.codec import decode, encode
from chat_tui.storage.threads.merge import merge
from tests.storage.conftest import Writer, a_thread, on_disk


def contents(thread: Any) -> set[str]:
    return {each["content"] for each in thread["messages"]}


def file_of(paths: Paths, thread: Thread) -> Path:
    return paths.threads / f"{thread.id}.json"


def save_without_a_turn(store: FileThreadStore, paths: Paths, thread: Thread) -> None:
    """Saves while another program holds the lock, and waits for it no longer."""
    with locked(paths.lock_file):
        store._files.write(store._files.job(thread), 0)


# Who has no turn


async def test_who_has_no_turn_leaves_the_file_and_loses_nothing(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q", "a")
    await store.save(thread)
    file = file_of(paths, thread)
    before = file.read_bytes()
    thread.add(Role.USER, "my prompt")
    with locked(paths.lock_file):
        store._files.write(store._files.job(thread), 0)
        assert file.read_bytes() == before
        theirs = decode(before)  # the one that holds the lock had read the file, and replaces it now
        theirs.add(Role.USER, "their prompt")
        atomic.write_atomic(file, encode(theirs))
    store.close()
    await FileThreadStore(paths).load(thread.id)
    assert contents(on_disk(paths, thread)) == {"q", "a", "my prompt", "their prompt"}
    assert list(paths.journal.iterdir()) == []


async def test_what_had_no_turn_is_written_at_the_next_look(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    await store.save(thread)
    thread.add(Role.USER, "my prompt")
    save_without_a_turn(store, paths, thread)
    assert contents(on_disk(paths, thread)) == {"q"}
    await store.sync_from_disk(thread)
    assert contents(on_disk(paths, thread)) == {"q", "my prompt"}
    assert list(paths.journal.glob("*.json")) == []


async def test_a_new_thread_that_had_no_turn_is_there_after_the_end(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("my prompt", title="A title")
    save_without_a_turn(store, paths, thread)
    store.close()
    assert [each.title for each in await FileThreadStore(paths).recent()] == ["A title"]
    again = await FileThreadStore(paths).load(thread.id)
    assert (again.messages, again.head, again.created) == (thread.messages, thread.head, thread.created)


async def test_a_note_does_not_take_away_what_had_no_turn(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    await store.save(thread)
    thread.add(Role.USER, "my prompt")
    late = store._files.job(thread)
    thread.draft = "typed meanwhile"
    note = store._files.journal_job(thread, ())
    assert note is not None
    with locked(paths.lock_file):
        store._files.write(late, 0)
        store._files.write_journal(note)
    store.close()
    again = await FileThreadStore(paths).load(thread.id)
    assert ([each.content for each in again.messages.values()], again.draft) == (["q", "my prompt"], "typed meanwhile")


async def test_what_another_left_behind_waits_for_its_turn(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    await store.save(thread)
    thread.draft = "half a thought"
    await store.note(thread)
    store.close()
    before, other = file_of(paths, thread).read_bytes(), FileThreadStore(paths)

    def no_turn(path: Path) -> Any:
        return locked(path, 0)

    with locked(paths.lock_file), pytest.MonkeyPatch.context() as patch:
        patch.setattr(thread_file, "locked", no_turn)
        assert (await other.load(thread.id)).draft == "half a thought"
    assert file_of(paths, thread).read_bytes() == before
    other._files.fold()
    assert on_disk(paths, thread)["draft"] == "half a thought"


async def test_a_lock_that_no_program_can_have_keeps_nobody_from_writing(store: FileThreadStore, paths: Paths) -> None:
    paths.lock_file.parent.mkdir(parents=True)
    paths.lock_file.symlink_to("nowhere/at/all")
    thread = a_thread("q")
    await store.save(thread)
    assert contents(on_disk(paths, thread)) == {"q"}


# Who knows of no locks


@pytest.mark.parametrize("saves", [1, 3])
async def test_an_editors_save_amid_ours_is_merged(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    file, rest = file_of(paths, thread), list(range(saves))

    def merged(*args: Any) -> Any:
        if rest:  # what is to be written is settled; now an editor replaces the file
            edited = decode(file.read_bytes())
            edited.add(Role.USER, f"edited {rest.pop()}")
            temporary = file.with_suffix(".new")
            temporary.write_bytes(encode(edited))
            temporary.replace(file)
        return merge(*args)

    monkeypatch.setattr(thread_file, "merge", merged)
    thread.add(Role.USER, "ours")
    await store.save(thread)
    assert contents(on_disk(paths, thread)) == {"q", "ours", *(f"edited {each}" for each in range(saves))}


async def test_a_file_that_never_rests_costs_nothing(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    file = file_of(paths, thread)

    def merged(*args: Any) -> Any:
        data = file.read_bytes()
        file.unlink()
        file.write_bytes(data + b"\n")
        return merge(*args)

    thread.add(Role.USER, "ours")
    with monkeypatch.context() as patch:
        patch.setattr(thread_file, "merge", merged)
        await store.save(thread)
    assert contents(on_disk(paths, thread)) == {"q"}
    store.close()
    assert {each.content for each in (await FileThreadStore(paths).load(thread.id)).messages.values()} == {"q", "ours"}


def test_a_file_that_appears_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"theirs")
    with pytest.raises(atomic.ChangedError):
        atomic.write_atomic(file, b"ours", over=None)
    assert file.read_bytes() == b"theirs"
    atomic.write_atomic(file, b"ours", over=atomic.stamp_of(file))
    assert file.read_bytes() == b"ours"
    assert list(tmp_path.iterdir()) == [file]


# Whose page it is


async def test_a_page_that_changed_since_the_look_is_folded_as_it_is(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    await store.save(thread)
    writer = Writer(paths, thread)
    writer.thread = await writer.store.load(thread.id)
    await writer.begins("One")
    ((page, _, _),) = store._files.journal.pages()
    await writer.goes_on(" and two")
    writer.dies()
    assert page is not None
    store._files._fold(replace(page, is_left_behind=True))
    assert contents(on_disk(paths, thread)) == {"q", "One and two"}


async def test_the_page_of_a_program_that_runs_is_never_folded(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    await store.save(thread)
    writer = Writer(paths, thread)
    writer.thread = await writer.store.load(thread.id)
    await writer.begins("One")
    ((page, path, _),) = store._files.journal.pages()
    assert page is not None
    store._files._fold(replace(page, is_left_behind=True))
    assert path.exists()
    assert contents(on_disk(paths, thread)) == {"q"}


async def test_who_looks_at_a_lock_does_not_keep_its_program_from_taking_it(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    tried, tries = lock._try, [False, False]
    monkeypatch.setattr(lock, "_try", lambda file: tries.pop() if tries else tried(file))
    thread.draft = "half"
    await store.note(thread)
    monkeypatch.undo()
    (page,) = paths.journal.glob("*.json")
    assert not is_free(page.with_name(page.stem.partition("~")[2] + ".lock"))


async def test_a_lock_that_was_swept_while_it_was_taken_is_taken_anew(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    tried, once = lock._try, [True]

    def sweep_first(file: int) -> bool:
        if once:
            once.pop()
            next(paths.journal.glob("*.lock")).unlink()
        return tried(file)

    monkeypatch.setattr(lock, "_try", sweep_first)
    thread.draft = "half"
    await store.note(thread)
    monkeypatch.undo()
    (page,) = paths.journal.glob("*.json")
    assert not is_free(page.with_name(page.stem.partition("~")[2] + ".lock"))


@pytest.mark.skipif(os.name == "nt", reason="Windows always has locks")
async def test_where_the_file_system_has_no_locks_the_turn_is_everybodys(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(file: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with locked(paths.lock_file) as has_turn, locked(paths.lock_file, 0) as has_turn_too:
        assert has_turn
        assert has_turn_too


async def test_without_the_lock_that_says_it_runs_a_program_writes_no_page(
    store: FileThreadStore, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    thread.draft = "half"
    monkeypatch.setattr("chat_tui.storage.threads.journal.take", lambda path: None)
    with pytest.raises(StorageError, match="lock"):
        await store.note(thread)
    assert list(paths.journal.iterdir()) == []


# What is older


@pytest.mark.parametrize("shift", [-3600, 0, 3600])
async def test_no_clock_decides_what_is_shown(store: FileThreadStore, paths: Paths, shift: int) -> None:
    thread = a_thread("q")
    await store.save(thread)
    answer = thread.add(Role.ASSISTANT, "It is far")
    answer.status, thread.title, thread.draft = Status.INTERRUPTED, "Far", "and how"
    await store.note(thread, [answer])
    store.close()
    status = file_of(paths, thread).stat()
    os.utime(file_of(paths, thread), (status.st_atime, status.st_mtime + shift))
    again = await FileThreadStore(paths).load(thread.id)
    assert [each.content for each in again.branch()] == ["q", "It is far"]
    assert (again.title, again.draft) == ("Far", "and how")


@pytest.mark.parametrize("shift", [-3600, 0, 3600])
async def test_a_page_that_the_file_has_brings_nothing_old_back(
    store: FileThreadStore, paths: Paths, shift: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = a_thread("q")
    await store.save(thread)
    answer = thread.add(Role.ASSISTANT, "It is far")
    answer.status, thread.title, thread.draft = Status.INTERRUPTED, "Old", "and how?"
    await store.note(thread, [answer])
    monkeypatch.setattr(store._files.journal, "drop", lambda thread_id: None)  # it dies right before
    answer.status, thread.title, thread.draft = Status.COMPLETE, "New", ""
    thread.add(Role.USER, "and how?")
    await store.save(thread)
    store.close()
    status = file_of(paths, thread).stat()
    os.utime(file_of(paths, thread), (status.st_atime, status.st_mtime + shift))
    assert await FileThreadStore(paths).load(thread.id) == thread


async def test_a_draft_that_says_again_what_was_sent_long_ago_is_kept(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("go on", "a")
    await store.save(thread)
    thread.draft = "go on"
    await store.note(thread)
    store.close()
    assert (await FileThreadStore(paths).load(thread.id)).draft == "go on"


async def test_of_two_heads_the_one_further_down_is_shown(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    await store.save(thread)
    other = FileThreadStore(paths)
    theirs = await other.load(thread.id)
    theirs.add(Role.ASSISTANT, "a")
    await other.save(theirs)
    await store.sync_from_disk(thread)
    thread.add(Role.USER, "s")
    await store.note(thread, thread.messages.values())
    store.close()
    assert [each.content for each in (await FileThreadStore(paths).load(thread.id)).branch()] == ["q", "a", "s"]


@pytest.mark.parametrize("gone", [False, True])
def test_a_file_that_comes_between_the_look_and_the_replacing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"old")

    def swap(*args: Any) -> bool:
        monkeypatch.setattr("chat_tui.storage.files.atomic.swap", swapped)
        file.unlink()
        if not gone:
            file.write_bytes(b"an editor's")
        return swapped(*args)

    swapped = swap_files
    monkeypatch.setattr("chat_tui.storage.files.atomic.swap", swap)
    with pytest.raises(atomic.ChangedError):
        atomic.write_atomic(file, b"ours", over=atomic.stamp_of(file))
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"an editor's"] * (not gone)


def test_where_two_files_can_not_change_places_the_new_one_replaces_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"old")
    monkeypatch.setattr("chat_tui.storage.files.atomic.swap", lambda *_: False)
    atomic.write_atomic(file, b"ours", over=atomic.stamp_of(file))
    assert file.read_bytes() == b"ours"
