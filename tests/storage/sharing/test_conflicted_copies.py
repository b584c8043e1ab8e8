"""Files that cloud drives and Syncthing put beside a thread's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.storage.paths import Paths
from chat_tui.storage.sharing.conflicted_copies import original
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import decode, encode
from tests.storage.conftest import a_thread

COPIES = [
    "{}.sync-conflict-20260131-101530-ABCDEF7",
    "{} (Ann's conflicted copy 2026-01-31)",
    "{} (conflicted copy 2026-01-31 101530)",
    "{} 2",
    "{} (1)",
]


@pytest.mark.parametrize("name", COPIES)
async def test_a_conflicted_copy_is_merged_and_told(store: FileThreadStore, paths: Paths, name: str) -> None:
    thread = a_thread("q", title="On towers")
    await store.save(thread)
    path = paths.threads / f"{thread.id}.json"
    other = decode(path.read_bytes())
    other.add(Role.ASSISTANT, "from the other machine")
    copy = path.with_name(f"{name.format(thread.id)}.json")
    copy.write_bytes(encode(other))
    assert [each.id for each in await store.recent()] == [thread.id]
    assert [each.content for each in (await store.load(thread.id)).branch()] == ["q", "from the other machine"]
    assert store.broken() == (f"A conflicted copy of On towers was merged into it: {copy.name}",)
    assert not copy.exists()
    assert (paths.backups / copy.name).exists()


async def test_a_copy_alone_becomes_the_thread_and_another_thread_stays(store: FileThreadStore, paths: Paths) -> None:
    thread, namesake = a_thread("q"), a_thread("other")
    await store.save(namesake)
    alone, other = (paths.threads / f"{name}.json" for name in (f"{thread.id}x 2", f"{namesake.id} 2"))
    alone.write_bytes(encode(thread))
    other.write_bytes(encode(thread))
    assert {each.id for each in await store.recent()} == {f"{thread.id}x", namesake.id, f"{namesake.id} 2"}
    assert store.broken() == ()


@pytest.mark.parametrize("name", ["20260101-101010-abcd", "chatgpt-1 two", "x.sync-conflict-1", "a (b)", " 2"])
def test_other_names_are_no_copies(name: str) -> None:
    assert original(name) is None


def test_a_file_in_a_link_is_left_alone(paths: Paths, tmp_path: Path) -> None:
    paths.threads.mkdir(parents=True)
    (tmp_path / "away.json").write_bytes(encode(a_thread("q", id="x")))
    (paths.threads / "x.json").write_bytes(encode(a_thread("q", id="x")))
    (paths.threads / "x 2.json").symlink_to(tmp_path / "away.json")
    store = FileThreadStore(paths)
    store._recent(5)
    store.close()
    assert (paths.threads / "x 2.json").is_symlink()
