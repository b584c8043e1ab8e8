"""Finding threads: by every filter, in every script, whatever becomes of the index."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.search.results import SearchResult, ThreadHit
from chat_tui.storage.files import atomic
from chat_tui.storage.paths import Paths
from chat_tui.storage.search import search
from chat_tui.storage.search.text_index import TextIndex
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import encode
from tests.storage.conftest import a_thread


def put(paths: Paths, *threads: Thread) -> None:
    """Writes files as another program would; the first thread is the one used last."""
    paths.threads.mkdir(parents=True, exist_ok=True)
    for number, thread in enumerate(threads):
        thread.updated = f"2026-11-{28 - number:02}T00:00:00Z"
        (paths.threads / f"{thread.id}.json").write_bytes(encode(thread))


def ids(result: SearchResult) -> list[str]:
    return [each.summary.id for each in result.hits]


async def found(store: FileThreadStore, query: str) -> list[str]:
    result = await store.search(query)
    assert result.complete
    return ids(result)


def marked(hit: ThreadHit) -> list[str]:
    return [hit.snippet[start:end] for start, end in hit.ranges]


@pytest.fixture
def library(paths: Paths) -> Paths:
    """Four threads."""
    bytes_, kyoto = a_thread("How do I split a stream?", "Split the bytes.\n```\ncode\n```", id="bytes"), Thread(id="k")
    bytes_.messages[bytes_.head or ""].model = "modelmax/DeepSeek-v3.2"
    kyoto.title, kyoto.tags, kyoto.pinned = "Kyoto", ["travel"], True
    kyoto.add(Role.USER, "四日間で京都を見る").created = "2026-10-31T12:00:00Z"
    kyoto.add(Role.ASSISTANT, "北京大学 is elsewhere; the café is open").created = "2026-11-02T12:00:00Z"
    old = a_thread("An old question", "An old answer", id="old", archived=True, model="openai/gpt-4.1")
    draft = a_thread(id="draft", draft="an unsent idea about kerning")
    put(paths, bytes_, kyoto, old, draft)
    return paths


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("split", ["bytes"]),
        ("spl", ["bytes"]),
        ("byt split", []),
        ("stream bytes", ["bytes"]),
        ("kyoto cafe", ["k"]),
        ("trav elsewhere", ["k"]),
        ("CAFÉ", ["k"]),
        ("北京", ["k"]),
        ("京大", ["k"]),
        ("北京大学", ["k"]),
        ("北大", []),
        ("学", ["k"]),
        ("京都", ["k"]),
        ("間で京", ["k"]),
        ('"the bytes"', ["bytes"]),
        ('"bytes the"', []),
        ("old", ["old"]),
        ("is:archived", ["old"]),
        ("is:pinned", ["k"]),
        ("tag:trav", ["k"]),
        ("tag:rav", []),
        ("has:code", ["bytes"]),
        ("has:code kyoto", []),
        ("model:deepseek", ["bytes"]),
        ("model:gpt", ["old"]),
        ("model:deepseek stream", ["bytes"]),
        ("role:user split", ["bytes"]),
        ("role:user bytes", []),
        ("role:assistant kyoto", []),
        ("before:2026-11-01 京都", ["k"]),
        ("before:2026-11-01 北京", []),
        ("before:2026-11-01", ["k"]),
        ("after:2026-11-01 before:2026-11-03", ["k"]),
        ("after:2126", []),
        ("kern", ["draft"]),
        ("open;", ["k"]),
        ("…!?", []),
    ],
)
async def test_what_is_found(library: Paths, query: str, expected: list[str]) -> None:
    store = FileThreadStore(library)
    assert await found(store, query) == expected
    store.close()


@pytest.mark.parametrize(
    "query",
    [
        'split" OR "x',
        "split*",
        "spl^it",
        "NEAR(split bytes)",
        "text:split",
        "split AND bytes",
        "-split",
        "'; DROP",
        "((",
    ],
)
async def test_the_index_s_own_syntax_means_nothing(library: Paths, query: str) -> None:
    store = FileThreadStore(library)
    expected = ["bytes"] if query in ("split*", "-split") else []
    assert await found(store, query) == expected
    store.close()


async def test_a_hit_says_where_and_how_often(library: Paths) -> None:
    store = FileThreadStore(library)
    (hit,) = (await store.search("split bytes")).hits
    thread = await store.load("bytes")
    assert hit.message_id == thread.head  # it holds both words
    assert marked(hit) == ["Split", "bytes"]
    assert hit.messages == 2
    (chinese,) = (await store.search("京大")).hits
    assert marked(chinese) == ["京大"]
    (accented,) = (await store.search("cafe")).hits
    assert marked(accented) == ["café"]
    (unsent,) = (await store.search("kerning")).hits
    assert (unsent.message_id, marked(unsent)) == (None, ["kerning"])
    (titled,) = (await store.search("kyoto")).hits
    assert (titled.message_id, titled.ranges, titled.messages) == (None, (), 0)
    assert titled.snippet.endswith("café is open")
    store.close()


async def test_a_snippet_of_a_long_message_is_short_and_around_the_hit(store: FileThreadStore) -> None:
    await store.save(a_thread("word " * 5000 + "needle " + "word " * 5000))
    (hit,) = (await store.search("needle")).hits
    assert marked(hit) == ["needle"]
    assert len(hit.snippet) < 1000
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")


@pytest.mark.parametrize(
    ("text", "opening", "begin", "is_prompt"),
    [
        ("Intro.\n\n```python\nx = 1\nneedle = 2\n```", "```python", "needle = 2", False),
        ("```\na\n```\n\n- A needle\n", "", "- A needle", True),
        ("~~~ sh\n```\nneedle", "~~~ sh", "needle", False),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| needle | 3 |", "| a | b |\n|---|---|", "| needle | 3", False),
        ("a | b\n\nneedle | c", "", "needle | c", False),
    ],
)
async def test_a_snippet_begins_with_the_line_of_the_hit_and_names_what_it_is_below(
    store: FileThreadStore, text: str, opening: str, begin: str, is_prompt: bool
) -> None:
    await store.save(a_thread(*(["hello"] * (not is_prompt)), text))
    (hit,) = (await store.search("needle")).hits
    assert (hit.opening, hit.is_prompt) == (opening, is_prompt)
    assert hit.snippet.startswith(begin)
    assert marked(hit) == ["needle"]


async def test_without_a_query_it_is_the_list_with_the_ends_of_the_threads(library: Paths) -> None:
    store = FileThreadStore(library)
    result = await store.search("")
    assert ids(result) == ["k", "bytes", "draft"]  # pinned first, nothing archived
    assert result.hits[0].snippet.endswith("café is open")
    assert result.hits[0].message_id is None
    store.close()


async def test_deleted_messages_and_what_follows_them_are_not_found(store: FileThreadStore) -> None:
    thread = a_thread("a question about llamas", "an answer about alpacas", title="Animals")
    first = next(iter(thread.messages))
    await store.save(thread)
    assert await found(store, "alpacas") == [thread.id]
    thread.delete(first)
    await store.save(thread)
    assert await found(store, "llamas") == []
    assert await found(store, "alpacas") == []
    assert await found(store, "animals") == [thread.id]


async def test_a_change_is_found_at_once_and_what_is_gone_is_not(store: FileThreadStore) -> None:
    thread = a_thread("first words")
    await store.save(thread)
    assert await found(store, "first words") == [thread.id]
    thread.add(Role.ASSISTANT, "then an answer")
    await store.save(thread)
    assert await found(store, "first answer") == [thread.id]
    await store.delete(thread.id)
    assert await found(store, "answer") == []


async def test_what_a_hostile_file_holds_is_clean_in_the_snippet(store: FileThreadStore, paths: Paths) -> None:
    put(paths, a_thread("evil \x1b]52;c;aGk=\x07 \u202eneedle", id="evil"))
    (hit,) = (await store.search("needle")).hits
    assert "\x1b" not in hit.snippet
    assert "\u202e" not in hit.snippet
    assert marked(hit) == ["needle"]


# The index


@pytest.fixture
def many(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """More threads than a search reads itself."""
    monkeypatch.setattr(search, "_HEAD_START", 3600)
    put(paths, *[a_thread(f"prompt {number}", f"reply{number}", id=f"t{number}") for number in range(20)])
    return paths


async def test_before_the_index_is_there_titles_are_found_and_it_says_so(many: Paths) -> None:
    store = FileThreadStore(many)
    first = await store.search("prompt 17")
    assert not first.complete
    assert ids(first) == ["t17"]
    behind = store._search._background
    assert behind is not None
    await asyncio.to_thread(behind.join, 20)
    assert await found(store, "reply17") == ["t17"]
    store.close()


async def test_the_start_lets_the_background_fill_the_index(many: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_HEAD_START", 0)
    store = FileThreadStore(many)
    await store.recent()
    behind = store._search._background
    assert behind is not None
    await asyncio.to_thread(behind.join, 20)
    monkeypatch.setattr(search, "_AT_ONCE", 0)  # a search would not read anything itself
    assert await found(store, "reply3") == ["t3"]
    store.close()


async def test_who_waits_gets_everything(many: Paths) -> None:
    store = FileThreadStore(many)
    result = await store.search("reply17", wait=True)
    assert (ids(result), result.complete) == (["t17"], True)
    store.close()


async def test_only_what_changed_is_read_again(many: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def spy(path: Path, *args: Any) -> Any:
        if path.parent == many.threads:  # another test's background may still be at work
            read.append(path.stem)
        return atomic.safe_read(path, *args)

    monkeypatch.setattr(search, "safe_read", spy)
    await FileThreadStore(many).search("", wait=True)
    assert len(read) == 20
    read.clear()
    put(many, a_thread("prompt", "another answer", id="t7"))
    os.utime(many.threads / "t7.json", ns=(0, 10**18))
    assert await found(FileThreadStore(many), "another") == ["t7"]
    assert read == ["t7"]
    assert await found(FileThreadStore(many), "reply7") == []


async def test_an_index_that_fails_in_the_middle_of_a_search_is_told_of(
    library: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileThreadStore(library)
    assert await found(store, "bytes") == ["bytes"]
    monkeypatch.setattr(TextIndex, "look", lambda self, query: None)
    result = await store.search("split")
    assert (ids(result), result.complete) == (["bytes"], False)  # by its title


@pytest.mark.parametrize("damage", [b"", b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000, None])
async def test_a_damaged_or_missing_index_is_made_anew(library: Paths, damage: bytes | None) -> None:
    file = library.cache / "search.sqlite3"
    store = FileThreadStore(library)
    assert await found(store, "bytes") == ["bytes"]
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    assert await found(store, "bytes") == ["bytes"]
    assert await found(FileThreadStore(library), "bytes") == ["bytes"]


async def test_an_index_that_cannot_be_used_leaves_titles(library: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    (library.cache / "search.sqlite3").mkdir(parents=True)
    store = FileThreadStore(library)
    for wait in (False, True):
        result = await store.search("kyoto tag:travel", wait=wait)
        assert (ids(result), result.complete) == (["k"], False)
        assert ids(await store.search("bytes", wait=wait)) == []
        assert ids(await store.search("has:code", wait=wait)) == []


async def test_a_locked_index_costs_nothing_but_time(library: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def connect_in_haste(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options | {"timeout": 0.01})
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_in_haste)
    assert await found(FileThreadStore(library), "bytes") == ["bytes"]
    other = sqlite3.connect(library.cache / "search.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = FileThreadStore(library)
    result = await store.search("kyoto")
    assert (ids(result), result.complete) == (["k"], False)
    other.execute("COMMIT")
    other.close()
    assert await found(store, "bytes") == ["bytes"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_the_index_is_for_its_owner_alone(library: Paths) -> None:
    library.cache.mkdir(mode=0o755)
    await FileThreadStore(library).search("", wait=True)
    for file in library.cache.glob("*.sqlite3"):
        assert file.stat().st_mode & 0o777 == 0o600, file


async def test_the_text_of_a_deleted_thread_leaves_the_index_with_the_next_search(store: FileThreadStore) -> None:
    thread = a_thread("secret words")
    await store.save(thread)
    assert await found(store, "secret") == [thread.id]
    await store.delete(thread.id)
    await store.search("other")
    assert store._search._index.threads() == {}


async def test_a_file_that_cannot_be_read_does_not_keep_the_index_from_being_complete(library: Paths) -> None:
    (library.threads / "broken.json").write_bytes(b"{")
    store = FileThreadStore(library)
    assert await found(store, "bytes") == ["bytes"]
    store.close()


# Copies


async def test_a_copy_has_everything_but_the_id_and_the_times(store: FileThreadStore) -> None:
    thread = a_thread("q", "one", title="T", draft="unsent", tags=["x"], created="2025-01-01T00:00:00Z", pinned=True)
    thread.add(Role.ASSISTANT, "two", parent=next(iter(thread.messages)))
    thread.updated = "2025-01-01T00:00:00Z"
    await store.save(thread)
    copy = await store.load(await store.duplicate(thread.id))
    assert copy.id != thread.id
    assert (copy.title, copy.draft, copy.tags, copy.head) == ("T (copy)", "unsent", ["x"], thread.head)
    assert copy.messages == thread.messages
    assert copy.created > thread.created
    assert copy.updated > thread.updated


async def test_copying_does_not_touch_what_is_known_of_the_open_thread(store: FileThreadStore) -> None:
    thread = a_thread("q", "a")
    await store.save(thread)
    await store.duplicate(thread.id)
    del thread.messages[thread.head or ""]  # a stranger's message would come back
    await store.save(thread)
    assert len((await store.load(thread.id)).messages) == 1


async def test_a_title_is_found_by_the_beginnings_of_its_words(store: FileThreadStore, paths: Paths) -> None:
    put(
        paths, a_thread("q", "a", id="one", title="DeepSeek V3 benchmarks"), a_thread("q", "a", id="two", title="dense")
    )
    assert await found(store, "dsv3") == ["one"]
    assert await found(store, "dns") == []
    assert await found(store, '"ds v3"') == []
