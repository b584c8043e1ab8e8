"""What can be attached, what is refused and why, and which files `@` offers."""

from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.errors import StorageError
from chat_tui.storage.attachments.reader import IMAGE_LIMIT, TEXT_LIMIT, FileAttachments, read_attachment
from chat_tui.storage.thread_store import FileThreadStore
from tests.storage.conftest import a_thread

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


async def test_a_text_file_is_a_fenced_block_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "a b.py"
    file.write_bytes(b"\xef\xbb\xbfprint('```')\r\n\x1b[31m\n")
    read = await read_attachment(str(file))
    assert (read.name, read.path, read.size, read.url) == ("a b.py", str(file), file.stat().st_size, "")
    assert read.block == "````py a b.py\nprint('```')\r\n\u241b[31m\n````"


@pytest.mark.parametrize(
    ("start", "kind"),
    [(PNG, "png"), (b"\xff\xd8\xff\xe0", "jpeg"), (b"GIF89a", "gif"), (b"RIFF\0\n\0\0WEBPVP8 ", "webp")],
)
async def test_an_image_is_known_by_its_bytes_and_becomes_a_data_url(tmp_path: Path, start: bytes, kind: str) -> None:
    file = tmp_path / "no-suffix"
    file.write_bytes(start)
    head, _, data = (await read_attachment(str(file))).url.partition(",")
    assert (head, b64decode(data)) == (f"data:image/{kind};base64", start)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x7fELF\0\1", "not a text file, nor an image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "an old Office format"),
        (b"PK\x03\x04\0", "not a text file"),
        (b"<svg/>\0", "not a text file"),
        ("Grüße".encode("latin-1"), "not UTF-8"),
        (b"x" * (TEXT_LIMIT + 1), r"too large \(1.0 MB\)"),
        (PNG + bytes(IMAGE_LIMIT), r"too large \(10.5 MB\)"),
    ],
)
async def test_what_can_not_be_sent_is_refused_with_the_reason(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "file.txt"
    file.write_bytes(data)
    with pytest.raises(StorageError, match=words):
        await read_attachment(str(file))


async def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, words in (
        ("pipe", "not a regular file"),
        (".", "is a directory"),
        ("gone", "No such file"),
        ("a\0b", "No such fil"),
    ):
        with pytest.raises(StorageError, match=words):
            await read_attachment(f"{tmp_path}/{name}")


async def test_a_name_that_would_act_in_a_terminal_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b]0;x\x07.txt"
    file.write_text("x")
    with pytest.raises(StorageError, match="Rename"):
        await read_attachment(str(file))


async def test_files_are_found_as_they_are_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("report.md", "my report.txt", ".hidden", "evil\x1b.txt", "docs/Über.md", "docs/x.md"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("x")
    monkeypatch.chdir(tmp_path)
    files = FileAttachments()
    assert await files.matches("", 10) == ["docs/", "my report.txt", "report.md"]
    assert await files.matches("Rep", 10) == ["report.md", "my report.txt"]
    assert await files.matches("rptmd", 10) == ["report.md"]
    assert await files.matches(".h", 10) == [".hidden"]
    assert await files.matches("docs/üb", 10) == ["docs/Über.md"]
    assert await files.matches(f"{tmp_path}/docs/", 1) == [f"{tmp_path}/docs/x.md"]
    assert await files.matches("no/such/", 10) == await files.matches("a\0/", 10) == []
    assert (await files.exists("report.md"), await files.exists("docs"), await files.exists("a\0b")) == (
        True,
        True,
        False,
    )
    assert not await files.exists("gone")


async def test_another_thread_is_attached_by_its_id_or_by_words_of_it(store: FileThreadStore) -> None:
    thread = a_thread("How high is the tower?", "It is 333 m.", title='The "Tower"/')
    thread.add(Role.USER, "Other\x1b[31m branch", as_root=True)
    thread.head = list(thread.messages)[1]
    await store.save(thread)
    files = FileAttachments(threads=store)
    read = await files.read(f"thread:{thread.id[:-1]}")
    assert read.block.splitlines()[1:-1] == (
        ['# The "Tower"/', "", "## user", "", "How high is the tower?", "", "## assistant", "", "It is 333 m."]
    )
    assert (read.name, read.path) == ('The "Tower"/', f"thread:{thread.id}")
    hits = await files.read(f"thread:{thread.id}?branch OTHER")
    assert "Other\u241b[31m branch" in hits.block
    assert "333" not in hits.block
    assert (await files.read(hits.path)) == hits
    (name,) = await files.matches("thread:tow", 5)
    assert name == f"thread:{thread.id} The 'Tower'"
    assert await files.read(name) == read
    for wrong in ("thread:", f"thread:{thread.id}?none", "thread:gone"):
        with pytest.raises(StorageError):
            await files.read(wrong)
