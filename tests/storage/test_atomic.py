"""A file is whole, private and durable, or the old one is still there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.errors import StorageError
from chat_tui.storage.files import atomic
from chat_tui.storage.files.lock import locked


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "file.json"
    file.write_bytes(b"old")
    return file


def fail(code: int) -> Callable[..., Any]:
    def failing(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return failing


@pytest.mark.parametrize("call", ["fsync", "replace", "write"])
@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EIO, "an error"), (errno.EACCES, "permission")],
)
def test_a_failing_call_leaves_the_old_file_and_no_temporary(
    old: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, words: str
) -> None:
    monkeypatch.setattr(os, call, fail(code))
    with pytest.raises(StorageError, match=words) as caught:
        atomic.write_atomic(old, b"new")
    monkeypatch.undo()
    assert str(old) in str(caught.value)
    assert old.read_bytes() == b"old"
    assert list(old.parent.iterdir()) == [old]


def test_every_write_syncs_the_file_then_replaces_then_syncs_the_directory(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def spy_fsync(fd: int) -> None:
        calls.append("directory" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        fsync(fd)

    def spy_replace(*args: Any, **names: Any) -> None:
        calls.append("replace")
        replace(*args, **names)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "replace", spy_replace)
    atomic.write_atomic(old, b"new")
    assert calls == ["file", "replace", "directory"]


def test_short_writes_are_gone_on_with(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data[:3])))
    atomic.write_atomic(old, b"0123456789")
    assert old.read_bytes() == b"0123456789"


def test_modes_do_not_depend_on_the_umask_or_on_what_was_there(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = tmp_path / "a" / "b" / "file"
        atomic.write_atomic(file, b"x")
        file.chmod(0o666)
        atomic.write_atomic(file, b"y")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [stat.S_IMODE(each.stat().st_mode) for each in (file.parent, file.parent.parent)] == [0o700, 0o700]


def test_a_link_is_replaced_or_on_request_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    atomic.write_atomic(link, b"followed", follow=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"followed"
    atomic.write_atomic(link, b"own")
    assert not link.is_symlink()
    assert target.read_bytes() == b"followed"


def test_reading_refuses_what_is_no_regular_file(tmp_path: Path) -> None:
    fifo, link, device = tmp_path / "fifo", tmp_path / "link", tmp_path / "device"
    os.mkfifo(fifo)
    (tmp_path / "target").write_bytes(b"x")
    link.symlink_to(tmp_path / "target")
    device.symlink_to("/dev/zero")
    for each in (fifo, link, device, tmp_path):
        with pytest.raises(StorageError, match="not a regular file"):
            atomic.safe_read(each)
    with pytest.raises(StorageError, match="not a regular file"):
        atomic.safe_read(device, follow=True)
    assert atomic.safe_read(link, follow=True)[0] == b"x"


def test_reading_refuses_what_is_too_large(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with file.open("wb") as stream:
        stream.truncate(1024**3)  # sparse: takes no space
    with pytest.raises(StorageError, match="larger than 256 MiB"):
        atomic.safe_read(file)
    file.write_bytes(b"12345")
    assert atomic.safe_read(file, 5)[0] == b"12345"
    with pytest.raises(StorageError, match="larger"):
        atomic.safe_read(file, 4)


def test_moving_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    with pytest.raises(FileExistsError):
        atomic.move(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"b"


def test_what_others_may_read_is_made_private(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "threads", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.write_text("not ours to change")
    elsewhere.chmod(0o666)
    (folder / "link.json").symlink_to(elsewhere)
    for name in ("t.json", ".lock"):
        (folder / name).write_text("{}")
        (folder / name).chmod(0o777)
    folder.chmod(0o777)
    atomic.make_private(folder)
    atomic.make_private(tmp_path / "nowhere")
    modes = {each.name: each.stat().st_mode & 0o777 for each in (folder, elsewhere, *folder.iterdir())}
    assert modes == {"threads": 0o700, "elsewhere": 0o666, "link.json": 0o666, "t.json": 0o600, ".lock": 0o600}


def test_the_copy_and_the_lock_are_private_whatever_the_file_was(tmp_path: Path) -> None:
    file, lock = tmp_path / "t.json", tmp_path / ".lock"
    for each in (file, lock):
        each.write_text("old")
        each.chmod(0o777)
    with locked(lock):
        atomic.keep_copy(file, tmp_path / ".bak" / "t.json")
        atomic.write_atomic(file, b"new", over=atomic.stamp_of(file))
    modes = [each.stat().st_mode & 0o777 for each in (file, lock, tmp_path / ".bak/t.json")]
    assert modes == [0o600, 0o600, 0o600]
