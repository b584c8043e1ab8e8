"""The list of threads: fast from the first answer, true to the files, whatever becomes of its cache."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from pathlib import Path
from typing import Any

import pytest

from chat_tui.storage.files import atomic
from chat_tui.storage.paths import Paths
from chat_tui.storage.search import listing
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import encode
from tests.storage.conftest import a_thread, on_disk


def fill(paths: Paths, count: int) -> None:
    paths.threads.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name = f"t{number:05}"
        file = paths.threads / f"{name}.json"
        thread = a_thread(f"prompt {number}", id=name, updated=f"2026-01-01T{number // 3600:02}:00:00Z")
        file.write_bytes(encode(thread))
        os.utime(file, ns=(0, 10**18 + number * 10**9))


@pytest.fixture
def opened(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of thread files that the listing has opened."""
    names: list[str] = []

    def spy(path: Path, *args: Any, **named: Any) -> Any:
        if paths.data in path.parents:  # an earlier test's thread may still be reading
            names.append(path.stem)
        return atomic.safe_read(path, *args, **named)

    monkeypatch.setattr(listing, "safe_read", spy)
    monkeypatch.setattr(listing, "_HEAD_START", 3600)
    return names


async def test_the_first_answer_over_5000_threads_opens_the_newest_only(paths: Paths, opened: list[str]) -> None:
    fill(paths, 5000)
    store = FileThreadStore(paths)
    newest = [f"t{number:05}" for number in range(4999, 4899, -1)]
    assert [each.id for each in await store.recent(100)] == newest
    assert opened == newest
    assert [each.id for each in await FileThreadStore(paths).recent(100)] == newest
    assert opened == newest  # the cache knew the rest
    assert len(store._listing.all()) == 5000
    assert sorted(opened) == sorted(set(opened))
    assert len(opened) == 5000
    opened.clear()
    store._listing.all()
    assert opened == []
    store.close()


async def test_archived_threads_do_not_make_the_first_answer_open_more(paths: Paths, opened: list[str]) -> None:
    fill(paths, 20)
    for file in list(paths.threads.iterdir())[:20]:
        file.write_bytes(file.read_bytes().replace(b'"archived": false', b'"archived": true'))
    store = FileThreadStore(paths)
    assert await store.recent(5) == []
    assert len(opened) == 5
    store.close()


async def test_pinned_first_archived_only_by_a_query(store: FileThreadStore, paths: Paths) -> None:
    for name, fields in {"a": {"pinned": True}, "b": {"archived": True}, "c": {}, "d": {}}.items():
        await store.save(a_thread(f"word {name}", id=name, **fields))
    fresh = FileThreadStore(paths)
    assert {each.id for each in await fresh.recent()} == {"a", "c", "d"}
    assert (await fresh.recent())[0].id == "a"
    found = await fresh.search("word")
    assert [each.summary.id for each in found.hits if each.summary.archived] == ["b"]
    assert {each.summary.id for each in found.hits} == {"a", "b", "c", "d"}
    fresh.close()


async def test_a_summary_says_what_the_file_says(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("first words", "answer\n  {", model="p/m", tags=["x"], draft="d")
    await store.save(thread)
    (own,) = await store.recent()
    assert (own.title, own.message_count, own.model, own.tags, own.has_draft) == ("first words", 2, "p/m", ("x",), True)
    (paths.threads / f"{thread.id}.json").write_text(json.dumps(on_disk(paths, thread)))  # another program's layout
    (theirs,) = await store.recent()
    assert theirs == own


async def test_a_change_is_seen_through_the_cache(store: FileThreadStore, paths: Paths) -> None:
    thread = a_thread("q")
    await store.save(thread)
    await store.recent()
    thread.title = "new title"
    await store.save(thread)
    assert [each.title for each in await store.recent()] == ["new title"]
    assert [each.summary.title for each in (await store.search("new")).hits] == ["new title"]
    await store.delete(thread.id)
    assert await store.recent() == []
    assert (await store.search("new")).hits == []


@pytest.mark.parametrize("damage", [b"", b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
async def test_a_damaged_cache_is_made_anew(paths: Paths, damage: bytes) -> None:
    await FileThreadStore(paths).save(a_thread("q"))
    file = paths.cache / "threads.sqlite3"
    paths.cache.mkdir()
    file.write_bytes(damage)
    assert len(await FileThreadStore(paths).recent()) == 1
    assert len(FileThreadStore(paths)._listing.all()) == 1
    assert file.read_bytes() != damage


async def test_without_a_cache_directory_the_list_is_there_all_the_same(paths: Paths) -> None:
    await FileThreadStore(paths).save(a_thread("q"))
    paths.cache.write_bytes(b"a file where the directory should be")
    assert len(await FileThreadStore(paths).recent()) == 1


async def test_a_cache_that_cannot_be_opened_is_done_without(paths: Paths) -> None:
    await FileThreadStore(paths).save(a_thread("q"))
    (paths.cache / "threads.sqlite3").mkdir(parents=True)
    assert len(await FileThreadStore(paths).recent()) == 1


async def test_a_look_at_the_directory_holds_until_it_changes_or_for_a_moment(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(paths, 2)
    os.utime(paths.threads, (0, 0))  # long ago: not within the clock's last tick
    store = FileThreadStore(paths)
    assert len(await store.recent()) == 2
    file = paths.threads / "t00000.json"
    file.write_text(file.read_text().replace("prompt 0", "edited in place"))
    assert "edited in place" not in {each.title for each in await store.recent()}
    monkeypatch.setattr(listing, "_LOOK_HOLDS", 0)
    assert "edited in place" in {each.title for each in await store.recent()}
    monkeypatch.setattr(listing, "_LOOK_HOLDS", 3600)
    os.utime(paths.threads, (0, 0))
    await store.recent()
    await FileThreadStore(paths).save(a_thread("new", id="t9"))
    assert "t9" in {each.id for each in await store.recent()}
    store.close()


async def test_what_is_known_of_a_thread_goes_with_it(store: FileThreadStore) -> None:
    thread = a_thread("q")
    name = thread.id
    await store.save(thread)
    assert store._files.entry(name).lines
    del thread
    gc.collect()
    assert not store._files.entry(name).lines


async def test_the_background_fills_the_cache_and_sweeps_leftovers(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(paths, 30)
    stray, fresh = paths.threads / ".a.json.0.tmp", paths.threads / ".b.json.1.tmp"
    stray.write_bytes(b"")
    fresh.write_bytes(b"")
    os.utime(stray, (0, 0))
    monkeypatch.setattr(listing, "_HEAD_START", 0)
    store = FileThreadStore(paths)
    assert len(await store.recent(5)) == 5
    behind = store._listing._background
    assert behind is not None
    await asyncio.to_thread(behind.join, 10)
    assert len(store._listing._index.all()) == 30
    assert not stray.exists()
    assert fresh.exists()
