"""The undo log: what was done last comes first, after a restart too, and a broken line harms nothing."""

from __future__ import annotations

import pytest

from chat_tui.domain.conversation.undo import Change
from chat_tui.domain.errors import StorageError
from chat_tui.storage.files import records
from chat_tui.storage.paths import Paths
from chat_tui.storage.state.undo_log import LIMIT, FileUndoLog


def log(paths: Paths) -> FileUndoLog:
    return FileUndoLog(paths.undo_file, paths.lock_file)


async def test_the_last_change_comes_first_of_one_thread_or_of_any(paths: Paths) -> None:
    one = Change("rename", "t1", "One", {"title": "Old"})
    said = Change("answer again", "t1", "One", {"head": "m"}, {"n": "2026"})
    two = Change("delete thread", "t2", "Two", trashed=True)
    await log(paths).add(one)
    await log(paths).add(two)
    await log(paths).add(said)
    assert await log(paths).last() == two, "a list does not show answers"
    assert await log(paths).last("t1") == said
    await log(paths).remove(two)
    assert await log(paths).last() == one
    assert await log(paths).last("t2") is None
    assert paths.undo_file.stat().st_mode & 0o777 == 0o600


async def test_the_oldest_go_and_what_is_no_change_is_passed_over(paths: Paths) -> None:
    for number in range(LIMIT + 5):
        await log(paths).add(Change(str(number), "t", trashed=True))
    lines = paths.undo_file.read_bytes().splitlines()
    assert len(lines) == LIMIT
    paths.undo_file.write_bytes(b"\n".join([*lines, b"{", b"\xff", b'{"fields": 3}', b"[]"]))
    last = await log(paths).last()
    assert last is not None
    assert last.what == str(LIMIT + 4)


async def test_a_log_that_can_not_be_written_stops_nothing(paths: Paths) -> None:
    paths.undo_file.mkdir(parents=True)
    await log(paths).add(Change("rename", "t"))
    assert await log(paths).last() is None


async def test_a_change_that_could_not_be_written_can_be_undone_and_is_written_with_the_next(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("The disk is full.")

    undo_log, renamed, deleted = log(paths), Change("rename", "t"), Change("delete thread", "t", trashed=True)
    with monkeypatch.context() as patch:
        patch.setattr(records, "write_atomic", full)
        await undo_log.add(renamed)
        assert await undo_log.last("t") == renamed
    await undo_log.add(deleted)
    await log(paths).remove(deleted)
    assert await log(paths).last("t") == renamed
