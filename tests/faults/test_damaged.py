"""Files damaged in every way: the program starts, each is kept as it was, and the others load."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.undo import Change
from chat_tui.domain.errors import StorageError
from chat_tui.storage.files import atomic
from chat_tui.storage.paths import Paths
from chat_tui.storage.state.undo_log import FileUndoLog
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads.codec import encode
from chat_tui.storage.threads.damage import salvage
from tests.faults.children import paths_in, seeded
from tests.faults.conftest import Home
from tests.faults.terminal import ROOT
from tests.storage.conftest import put_old
from tests.torture import amount

FILES = amount(800, 6000)
FLIPS = amount(100, 600)
STEP = amount(7, 1)
"""One cut, hole or wrong value of so many is tried: not a divisor of how many there are in a row."""
GOOD = "the good one"
MESSAGES = [f"message {number} {'ü 😀 x' * 12}" for number in range(20)]


def whole() -> bytes:
    """A thread of some 5 KB."""
    thread = Thread(id="whole", title="A title", draft="a draft", tags=["a"])
    for number, text in enumerate(MESSAGES):
        thread.add(Role.ASSISTANT if number % 2 else Role.USER, text)
    return encode(thread)


WHOLE = whole()
VALUES = [
    "null", "true", "-1", "NaN", "-Infinity", "9" * 5000, '"text"', '"\\ud800"', '"\\u0000"', "[]", "[[]]", "{}",
    "[" * 99 + "]" * 99, "[" * 100_000, '{"a":' * 5000, '{"id": 5}', "[null]", '[{"id": []}]', "1e999", "3e300", '""',
]  # fmt: skip
"""Of wrong types, and some that no reader of JSON likes."""
FIELDS = [
    "format", "version", "id", "title", "created", "updated", "pinned", "archived", "tags", "system_prompt", "model",
    "parameters", "draft", "head", "send_from", "messages",
]  # fmt: skip
OF_MESSAGES = [
    "id", "parent", "role", "content", "reasoning", "created", "model", "parameters", "status", "finish_reason",
    "usage", "timing", "error", "tool_calls", "tool_call_id", "deleted", "hidden_characters",
]  # fmt: skip


def cut_files() -> Iterator[bytes]:
    """The thread, ending after each of its bytes, or `STEP` of them."""
    return (WHOLE[:at] for at in range(0, len(WHOLE), STEP))


def spoilt_files(chance: random.Random, flips: int, step: int) -> Iterator[bytes]:
    """The thread with flipped bits, holes, wrong types everywhere, and other harm."""
    for _ in range(flips):
        data = bytearray(WHOLE)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        yield bytes(data)
    for _ in range(flips // 6):
        at, size = chance.randrange(len(WHOLE)), chance.choice([1, 16, 512, 4096])
        yield WHOLE[:at] + b"\0" * size + WHOLE[at + size :]
        yield WHOLE[:at] + WHOLE[at + size :]
    thread = json.loads(WHOLE)
    message = thread["messages"][3]
    places = [*((name, False) for name in FIELDS), *((name, True) for name in OF_MESSAGES)]
    for (name, in_message), value in list(product(places, VALUES))[::step]:
        if in_message:
            yield _with(thread, "messages", f"[{_with(message, name, value).decode()}]")
        else:
            yield _with(thread, name, value)
    yield from (each.encode() for each in VALUES)
    yield from (
        b"",
        b"\0" * 5000,
        WHOLE + WHOLE,
        WHOLE.decode().encode("utf-16"),
        b"\xff" * 100,
        b"\xef\xbb\xbf" + WHOLE,
    )
    yield WHOLE.replace(b'"head"', b'"title": "twice", "head"')
    yield WHOLE.replace(b'"version": 1', b'"version": 99')


def _with(source: dict[str, object], name: str, value: str) -> bytes:
    """The object with a field's value as given, even where that is no JSON."""
    return json.dumps(source | {name: "@VALUE@"}).replace('"@VALUE@"', value).encode()


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # it is not power that is cut here
    return paths_in(tmp_path)


async def put_and_start(paths: Paths, damaged: dict[str, bytes]) -> int:
    """Puts the files beside a good thread, starts, lists and loads all; returns how many were set aside.

    Each is afterwards in its place or aside, byte for byte.
    """
    store = FileThreadStore(paths)
    await store.save(Thread(id="good", title=GOOD, draft="x"))
    for name, data in damaged.items():
        put_old(paths.threads / f"{name}.json", data)
    store = FileThreadStore(paths)
    listed = {each.id for each in await store.recent(2 * FILES)}
    assert "good" in listed
    for name in damaged:
        try:
            await store.load(name)
        except StorageError:
            assert not (paths.threads / f"{name}.json").exists(), name
    store.close()
    assert (await store.load("good")).title == GOOD
    aside = {each.name.rpartition("-")[0]: each for each in paths.corrupt.glob("*.json")}
    for name, data in damaged.items():
        kept = aside[name] if name in aside else paths.threads / f"{name}.json"
        assert kept.read_bytes() == data, name
    assert len(store.broken()) == len(aside)
    return len(aside)


async def test_a_thread_cut_after_each_byte_is_kept_and_gives_its_messages(paths: Paths) -> None:
    damaged = {f"cut{at:05}": data for at, data in enumerate(cut_files())}
    is_whole = sum(len(each) >= len(WHOLE) - 1 for each in damaged.values())  # without its last line break
    assert await put_and_start(paths, damaged) == len(damaged) - is_whole
    ends = [WHOLE.find(b"\n", WHOLE.find(each.encode())) for each in MESSAGES]
    for data in list(damaged.values())[::5]:  # each byte of a smaller one: tests/storage/test_salvage.py
        found = [each.content for each in salvage(data).messages.values()]
        whole = sum(end - 1 <= len(data) for end in ends)
        assert found[:whole] == MESSAGES[:whole], len(data)


async def test_a_spoilt_thread_is_kept_and_gives_what_it_can(paths: Paths) -> None:
    damaged = {f"spoilt{at:05}": data for at, data in enumerate(spoilt_files(seeded(), FLIPS, STEP))}
    assert len(WHOLE) // STEP + len(damaged) >= FILES
    assert await put_and_start(paths, damaged) > FLIPS / 2
    for number, data in enumerate(damaged.values()):
        found = {each.content for each in salvage(data).messages.values()}
        if number < FLIPS:
            assert len(set(MESSAGES) - found) <= 2  # of a line break, two


def test_a_number_that_is_none_costs_its_own_message_only() -> None:
    for value in (b"NaN", b"1e999", b"9" * 5000, b"[" * 200 + b"]" * 200):
        data = WHOLE.replace(b'"role": "user"', b'"x": ' + value + b', "role": "user"', 1)
        assert {each.content for each in salvage(data).messages.values()} >= set(MESSAGES[1:]), value


async def test_damaged_pages_of_the_journal_are_set_aside(paths: Paths) -> None:
    store = FileThreadStore(paths)
    thread = Thread(id="good", title=GOOD)
    thread.add(Role.USER, "q")
    await store.save(thread)
    thread.draft = "half a thought"
    await store.note(thread)
    (own,) = paths.journal.glob("*.json")
    page = own.read_bytes()
    chance = seeded()
    damaged = {f"good~{at:08x}": page[:at] for at in range(len(page) - 2)}
    for at in range(300):
        spoilt = bytearray(page)
        spoilt[chance.randrange(len(spoilt))] ^= 0x80  # no UTF-8 any more
        damaged[f"good~f{at:07x}"] = bytes(spoilt)
    for name, data in damaged.items():
        (paths.journal / f"{name}.json").write_bytes(data)
    other = FileThreadStore(paths)
    assert [each.title for each in await other.recent()] == [GOOD]
    other.close()
    assert (await other.load("good")).draft == "half a thought"
    aside = {each.name.rpartition("-")[0]: each.read_bytes() for each in paths.corrupt.glob("*.json")}
    assert aside == damaged


async def test_a_damaged_undo_log_gives_what_is_whole_of_it(paths: Paths) -> None:
    log = FileUndoLog(paths.undo_file, paths.lock_file)
    await log.add(Change("rename", "one", "One", {"title": "Once"}))
    await log.add(Change("rename", "two", "Two", {"title": "Twice"}))
    data, chance = paths.undo_file.read_bytes(), seeded()
    first = data.find(b"\n") + 1
    for at in range(first, len(data)):
        paths.undo_file.write_bytes(data[:at])
        last = await log.last()
        assert last is not None
        assert last.thread_id == ("one" if at < len(data) - 1 else "two")
    for _ in range(200):
        spoilt = bytearray(data)
        spoilt[chance.randrange(first, len(data))] ^= 1 << chance.randrange(8)
        paths.undo_file.write_bytes(bytes(spoilt))
        assert await log.last("one") is not None
    await log.add(Change("rename", "three", "Three", {"title": "Thrice"}))
    assert [each.thread_id for each in (await log.last("one"), await log.last()) if each] == ["one", "three"]


async def test_a_damaged_cache_costs_nothing(paths: Paths) -> None:
    store = FileThreadStore(paths)
    await store.save(Thread(id="good", title=GOOD, draft="x"))
    await store.recent()
    file = paths.cache / "threads.sqlite3"
    data, chance = file.read_bytes(), seeded()
    for _ in range(100):
        spoilt = bytearray(data)
        for _ in range(chance.choice([1, 50])):
            at = chance.randrange(len(data))
            spoilt[at : at + 8] = chance.randbytes(8)
        file.write_bytes(bytes(spoilt[: chance.choice([len(data), 100, 4096])]))
        assert [each.id for each in await FileThreadStore(paths).recent()] == ["good"]
    unknown = bytearray(data)
    unknown[44:48] = b"\0\0\0\x09"  # the schema format number in SQLite's header: 1 to 4 are known
    file.write_bytes(bytes(unknown))
    assert [each.id for each in await FileThreadStore(paths).recent()] == ["good"]
    with sqlite3.connect(file) as db:
        db.executescript("DROP TABLE IF EXISTS threads; CREATE TABLE threads (id, mtime_ns); PRAGMA user_version = 1")
    db.close()
    assert [each.id for each in await FileThreadStore(paths).recent()] == ["good"]
    store.close()


def strange_files(home: Home) -> dict[str, bytes]:
    """What is no regular file or too large, everywhere, and a good thread; returns what is to be set aside."""
    threads = home.root / "data/threads"
    home.write("data/threads/good.json", encode(Thread(id="good", title=GOOD, draft="x")).decode())
    os.mkfifo(threads / "fifo.json")
    (threads / "zero.json").symlink_to("/dev/zero")
    (threads / "dangling.json").symlink_to("nowhere")
    (threads / "folder.json").mkdir()
    with (threads / "huge.json").open("wb") as stream:
        stream.truncate(1024**3)
    for folder in ("config/themes", "config/prompts", "data/trash", "data/journal", "data/threads/.corrupt"):
        (home.root / folder).mkdir(parents=True)
    os.mkfifo(home.root / "data/journal/good~0123abcd.json")
    os.mkfifo(home.root / "data/journal/0123abcd.lock")
    os.mkfifo(home.root / "data/trash/fifo.json")
    os.mkfifo(home.root / "config/themes/fifo.toml")
    os.mkfifo(home.root / "config/prompts/fifo.toml")
    os.mkfifo(home.root / "data/undo.jsonl")
    aside = {"cut": WHOLE[:1000], "nul": b"\0" * 100, "deep": b"[" * 100_000}
    for name, data in aside.items():
        put_old(threads / f"{name}.json", data)
    (home.root / "config/settings.toml").write_bytes(b'theme = "x\0')
    (home.root / "cache/models").mkdir(parents=True)
    os.mkfifo(home.root / "cache/models/work.json")
    (home.root / "cache/threads.sqlite3").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    return aside


def assert_aside(home: Home, aside: dict[str, bytes]) -> None:
    corrupt = list((home.root / "data/threads/.corrupt").glob("*.json"))
    found = {each.name.rpartition("-")[0]: each.read_bytes() for each in corrupt if each.is_file()}
    assert found == aside
    assert (home.root / "data/threads/huge.json").stat().st_size == 1024**3
    assert (home.root / "data/threads/zero.json").is_symlink()


def test_the_command_line_lists_the_good_thread_among_the_strangest_files(home: Home) -> None:
    aside = strange_files(home)
    command = [sys.executable, "-m", "chat_tui", "threads", "list"]
    done = subprocess.run(command, env=home.environ, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert GOOD in done.stdout
    assert "Traceback" not in done.stderr
    assert_aside(home, aside)


async def test_the_app_opens_the_good_thread_among_the_strangest_files(home: Home) -> None:
    aside = strange_files(home)
    home.use_server("http://127.0.0.1:9")
    async with home.terminal("--resume", "good") as terminal:
        await terminal.shows(GOOD)
        terminal.send("\x11")
        assert await terminal.exits() == 0
    assert_aside(home, aside)


async def test_a_store_that_would_overwrite_is_caught(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "move", lambda source, _: source.unlink())
    with pytest.raises((AssertionError, FileNotFoundError)):
        await put_and_start(paths, {"cut": WHOLE[:1000]})
