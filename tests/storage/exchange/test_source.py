"""What a file holds is found by its content; what is no file, too large or damaged is told and holds nothing up."""

from __future__ import annotations

import gc
import json
import os
import tracemalloc
import zipfile

import pytest

from chat_tui.domain.errors import UsageError
from chat_tui.domain.ports.backend import Progress
from chat_tui.storage.threads.codec import thread_to_json
from chat_tui.storage.threads.sync import ThreadEntry
from tests.storage.conftest import a_thread
from tests.storage.exchange.conftest import Conversations
from tests.storage.exchange.samples import (
    chatgpt_conversation,
    chatgpt_export,
    chatgpt_message,
    claude_export,
    elia_database,
    zipped,
)


async def test_the_name_says_nothing(desk: Conversations) -> None:
    both = desk.file([chatgpt_export(), claude_export(), thread_to_json(a_thread("Ours"))], "store.db")
    assert len((await desk.take(both)).imported) == 3
    database = elia_database(desk.folder / "conversations.json")
    assert len((await desk.take(database)).imported) == 2


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "it is not JSON"),
        (b"hello", "it is not JSON"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"[" * 200_000, "nested deeper"),
        (b'[{"title": NaN}]', "NaN is not JSON"),
        (b'{"a": 1}', "an object with the fields a can't be read yet"),
        (b"7", "a number can't be read yet"),
        (b'{"format": "chat-tui.thread", "version": 0}', '"version" is not a whole number'),
        (b"PK\x03\x04 and then nothing", "a damaged archive"),
    ],
)
async def test_what_cannot_be_read_is_told(desk: Conversations, data: bytes, problem: str) -> None:
    report = await desk.take(desk.file(data, "x.json"))
    assert (report.imported, report.present) == ([], [])
    (line,) = report.problems
    assert problem in line


async def test_what_is_no_file_is_not_opened(desk: Conversations) -> None:
    fifo = desk.folder / "fifo"
    os.mkfifo(fifo)
    for path, words in ((fifo, "not a regular file"), (desk.folder / "no", "No such")):
        with pytest.raises(UsageError, match=words):
            await desk.exchange.import_file(str(path))


async def test_an_archive_cannot_swell(desk: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_tui.storage.imports.files.READ_LIMIT", 1024 * 1024)
    bomb = zipped(desk.folder / "bomb.zip", [("conversations.json", b" " * 20_000_000)])
    assert bomb.stat().st_size < 50_000
    tracemalloc.start()
    report = await desk.take(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
    assert report.problems == ["bomb.zip: it is larger than 1 MiB, more than is read at once"]
    large = desk.file(b" " * 2_000_000, "large.json")
    assert report.imported == []
    assert (await desk.take(large)).problems == [
        "large.json: it is larger than 1 MiB, more than is read at once",
    ]


def _kept() -> int:
    """How many threads something is kept of in memory."""
    return sum(isinstance(each, ThreadEntry) for each in gc.get_objects())


async def test_a_list_is_read_whatever_its_length(desk: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_tui.storage.imports.files.READ_LIMIT", 10_000)
    monkeypatch.setattr("chat_tui.storage.imports.entries._CHUNK", 1000)
    listed = [chatgpt_export() | {"conversation_id": str(number), "title": f"{number} 東京"} for number in range(40)]
    export = json.dumps(listed, ensure_ascii=False).encode()
    assert len(export) > 100_000
    before = _kept()
    assert len((await desk.take(desk.file(export))).imported) == 40
    assert _kept() <= before, "something of each thread stays in memory"
    archive = zipped(desk.folder / "x.zip", [("conversations.json", export)])
    assert len((await desk.take(archive)).present) == 40
    monkeypatch.setattr("chat_tui.storage.imports.files._ARCHIVE_LIMITS", 5)
    report = await desk.take(archive)
    assert 0 < len(report.present) < 40
    assert report.problems[-1] == "x.zip: its conversations are larger than 0 MiB"


async def test_what_comes_before_the_damage_of_a_list_is_imported(desk: Conversations) -> None:
    export = json.dumps([chatgpt_export(), claude_export()]).encode()
    report = await desk.take(desk.file(export[:-200], "cut.json"))
    assert len(report.imported) == 1
    assert report.problems[-1].startswith("cut.json: only its first 1 entries could be read: it is not JSON")


async def test_an_archive_is_not_unpacked(desk: Conversations) -> None:
    export = json.dumps([claude_export()]).encode()
    path = zipped(desk.folder / "x.zip", [("../../evil.txt", b"boo"), ("a/conversations.json", export)])
    before = set(desk.folder.rglob("*"))
    assert len((await desk.take(path)).imported) == 1
    assert {each.name for each in set(desk.folder.rglob("*")) - before if each.is_file()} <= {
        *(each.name for each in (desk.folder / "data").rglob("*")),
        *(each.name for each in (desk.folder / "cache").rglob("*")),
    }
    assert not list(desk.folder.parent.rglob("evil.txt"))


async def test_an_archive_of_something_else(desk: Conversations) -> None:
    report = await desk.take(
        zipped(desk.folder / "photos.zip", [("a.png", b"x"), ("__MACOSX/._conversations.json", b"")])
    )
    assert report.problems == ["photos.zip: an archive without a file that could hold conversations"]


async def test_an_archive_with_a_password(desk: Conversations) -> None:
    path = zipped(desk.folder / "x.zip", [("conversations.json", b"[]")])
    with zipfile.ZipFile(path) as archive:
        offset = archive.infolist()[0].header_offset
    data = bytearray(path.read_bytes())
    data[offset + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    report = await desk.take(desk.file(bytes(data), "locked.zip"))
    assert report.problems == ["locked.zip: an archive with a password or of an unusual kind; unpack it first"]


async def test_progress_goes_from_entry_to_entry_and_from_file_to_file(desk: Conversations) -> None:
    export = json.dumps([chatgpt_export() | {"conversation_id": name} for name in "ab"]).encode()
    path = zipped(desk.folder / "x.zip", [("conversations-0.json", export), ("conversations-1.json", export)])
    heard: list[Progress] = []
    await desk.exchange.import_file(str(path), heard.append)
    total = 2 * len(export)
    assert [(round(100 * each.done / total), each.total) for each in heard] == [
        (done, total) for done in (25, 50, 75, 100)
    ]
    assert heard[-1].message == "Reading x.zip: 4 threads"


async def test_attachments_of_an_archive_are_bounded(desk: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_tui.storage.imports.assets._LARGEST", 1000)
    monkeypatch.setattr("chat_tui.storage.imports.assets._ALL", 1500)
    names = [f"file-Abcdefgh{number}" for number in range(4)]
    parts = [{"content_type": "file_asset_pointer", "asset_pointer": f"file-service://{name}"} for name in names]
    message = chatgpt_message("q", "user", {"content_type": "multimodal_text", "parts": parts})
    members = [("conversations.json", json.dumps([chatgpt_conversation(("q", None, message))]).encode())]
    members += [
        (f"{name}.txt", bytes(str(at), "ascii") * size)
        for at, (name, size) in enumerate(zip(names, (5000, 900, 900, 9), strict=True))
    ]
    report = await desk.take(zipped(desk.folder / "x.zip", members))
    content = (await desk.store.load(report.imported[0].id)).branch()[0].content
    assert [f"[file: {name}]" in content for name in names] == [True, False, True, False]
    assert content.count("1") >= 900
