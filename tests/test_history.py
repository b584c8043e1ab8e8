"""ThreadHistory: what is changed in a thread that is not open, and undone again."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.domain.errors import ThreadNotFoundError
from chat_tui.session.history import ThreadHistory
from chat_tui.storage.paths import Paths
from chat_tui.storage.state.undo_log import FileUndoLog
from chat_tui.storage.thread_store import FileThreadStore
from tests.faults.children import paths_in
from tests.storage.conftest import a_thread


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return paths_in(tmp_path)


async def test_header_fields_are_changed_and_undone_and_the_thread_does_not_count_as_used(paths: Paths) -> None:
    store, log = FileThreadStore(paths), FileUndoLog(paths.undo_file, paths.lock_file)
    history = ThreadHistory(store, log)
    thread = a_thread("q", title="Before", tags=["a"])
    await store.save(thread)
    await history.change(thread.id, title="After", pinned=True, archived=True, tags=["b", "c"])
    after = await store.load(thread.id)
    assert (after.title, after.pinned, after.archived, after.tags) == ("After", True, True, ["b", "c"])
    assert after.updated == thread.updated
    change = await log.last()
    assert change is not None
    assert (change.what, change.thread_title) == ("rename and pin and archive and tags", "Before")
    await history.undo(change)
    before = await store.load(thread.id)
    assert (before.title, before.pinned, before.archived, before.tags) == ("Before", False, False, ["a"])
    assert await log.last() is None


async def test_a_thread_without_a_title_has_none_again(paths: Paths) -> None:
    store, log = FileThreadStore(paths), FileUndoLog(paths.undo_file, paths.lock_file)
    thread = a_thread()
    thread.draft = "only a draft"
    await store.save(thread)
    await ThreadHistory(store, log).change(thread.id, title="After")
    change = await log.last(thread.id)
    assert change is not None
    await ThreadHistory(store, log).undo(change)
    assert (await store.load(thread.id)).title == ""


async def test_a_deleted_thread_comes_back_from_the_trash(paths: Paths) -> None:
    store, log = FileThreadStore(paths), FileUndoLog(paths.undo_file, paths.lock_file)
    history, thread = ThreadHistory(store, log), a_thread("q", title="T")
    await store.save(thread)
    await history.delete(thread.id, "T")
    with pytest.raises(ThreadNotFoundError):
        await store.load(thread.id)
    change = await log.last()
    assert change is not None
    await history.undo(change)
    assert (await store.load(thread.id)).title == "T"
