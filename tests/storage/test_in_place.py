"""Programs that write a thread's file in place: what is half-written is waited for, never taken for damage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.errors import StorageError
from chat_tui.storage.files import atomic
from chat_tui.storage.paths import Paths
from chat_tui.storage.search import listing
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads import thread_file
from chat_tui.storage.threads.codec import encode
from tests.storage.conftest import a_thread, put_old

WHOLE = encode(a_thread("How?", "So.", id="t"))
HALF = WHOLE[: len(WHOLE) // 2]


@pytest.fixture
def file(paths: Paths) -> Path:
    paths.threads.mkdir(parents=True)
    return paths.threads / "t.json"


@pytest.fixture
def written(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A half-written file that is whole as soon as it has been read once."""
    file.write_bytes(HALF)

    def read(path: Path, *args: Any, **others: Any) -> Any:
        found = safe_read(path, *args, **others)
        if path == file and found[0] == HALF:
            file.write_bytes(WHOLE)
        return found

    safe_read = atomic.safe_read
    monkeypatch.setattr(atomic, "safe_read", read)
    return file


def put(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def is_half(file: Path) -> bool:
    return file.read_bytes() == HALF


def contents(thread: Any) -> list[str]:
    return [each.content for each in thread.messages.values()]


async def test_the_list_leaves_it_and_has_it_once_it_is_whole(
    store: FileThreadStore, paths: Paths, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_LOOK_HOLDS", 0)  # a look that is kept does not see what is written in place
    put(file, HALF)
    assert await store.recent() == []
    assert (await store.search("How", wait=True)).hits == []
    assert is_half(file)
    put(file, WHOLE)
    assert [each.id for each in await store.recent()] == ["t"]
    assert [each.summary.id for each in (await store.search("So", wait=True)).hits] == ["t"]
    assert store.broken() == ()
    assert not paths.corrupt.exists()


async def test_it_loads_once_it_is_whole(store: FileThreadStore, paths: Paths, written: Path) -> None:
    assert contents(await store.load("t")) == ["How?", "So."]
    assert not paths.corrupt.exists()


async def test_what_is_saved_over_it_takes_in_what_it_becomes(
    store: FileThreadStore, paths: Paths, written: Path
) -> None:
    thread = a_thread("ours", id="t")
    await store.save(thread)
    assert set(contents(await store.load("t"))) == {"ours", "How?", "So."}
    assert not paths.corrupt.exists()


async def test_a_broken_file_that_is_replaced_before_it_is_moved_stays(
    store: FileThreadStore, paths: Paths, written: Path
) -> None:
    put_old(written, HALF)
    assert contents(await store.load("t")) == ["How?", "So."]
    assert not paths.corrupt.exists()
    assert store.broken() == ()


async def test_one_that_goes_on_changing_and_stays_broken_is_told_of_and_stays(
    store: FileThreadStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_file, "_LOOKS", 2)
    put(file, HALF)
    with pytest.raises(StorageError, match="being written by another program"):
        await store.load("t")
    thread = a_thread(id="t")
    thread.add(Role.USER, "ours")
    with pytest.raises(StorageError, match="being written by another program"):
        await store.save(thread)
    assert is_half(file)
