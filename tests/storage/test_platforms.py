"""What is done otherwise on macOS and Windows, simulated here."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from chat_tui.cli.main import _no_core_dumps
from chat_tui.cli.raw_mode import raw_mode
from chat_tui.domain.errors import StorageError
from chat_tui.storage.files import atomic, lock, swap
from chat_tui.storage.files.limits import limit_process
from chat_tui.ui.terminal.clipboard import clipboard_tools
from chat_tui.ui.terminal.external import editor_command, has_browser


@pytest.fixture
def windows_lock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of locks as Windows loads it; a lock of a file is one of this system, with the errors of that one."""

    def locking(file: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(sys, "platform", "win32")
    assert lock.__file__ is not None
    spec = importlib.util.spec_from_file_location("lock_on_windows", lock.__file__)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.undo()
    return module


def test_windows_programs_take_turns(windows_lock: Any, tmp_path: Path) -> None:
    path = tmp_path / "it.lock"
    with windows_lock.locked(path) as has_turn:
        assert has_turn
        with windows_lock.locked(path, 0.01) as has_another:
            assert not has_another
        assert not windows_lock.is_free(path)
    assert windows_lock.is_free(path)
    file = windows_lock.take(path)
    assert not windows_lock.is_free(path)
    os.close(file)


def test_windows_has_no_directory_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, real = [], os.open

    def spy(path: Any, *rest: Any, **named: Any) -> int:
        assert named.get("dir_fd") is None
        opened.append(Path(path))
        return real(path, *rest, **named)

    monkeypatch.setattr(atomic, "_POSIX", False)
    monkeypatch.setattr(os, "open", spy)
    file = tmp_path / "folder" / "file.json"
    atomic.write_atomic(file, b"one")
    stamp = atomic.stamp_of(file)
    atomic.write_atomic(file, b"two", over=stamp)
    with pytest.raises(StorageError, match="another program"):
        atomic.write_atomic(file, b"three", over=stamp)
    atomic.move(file, tmp_path / "moved.json")
    atomic.make_private(tmp_path)
    assert (tmp_path / "moved.json").read_bytes() == b"two"
    assert list(file.parent.iterdir()) == []
    assert not any(each.is_dir() for each in opened)


def test_a_mac_flushes_the_drive_where_the_file_system_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def full_sync(file: int, what: int) -> None:
        asked.append(what)
        if len(asked) > 1:
            raise OSError(errno.ENOTSUP, "not here")

    synced: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", full_sync)
    monkeypatch.setattr(os, "fsync", synced.append)
    monkeypatch.setattr(sys, "platform", "darwin")
    atomic._sync_file(0)
    assert (asked, synced) == ([51], [])
    atomic._sync_file(0)
    assert (asked, synced) == ([51, 51], [0])


@pytest.mark.parametrize(("platform", "wanted"), [("linux", "renameat2"), ("darwin", "renameatx_np"), ("win32", "")])
def test_two_names_are_exchanged_by_the_call_of_the_system(
    platform: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ctypes

    asked: list[str] = []

    class Library:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return lambda *_: 0

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Library())
    monkeypatch.setattr(sys, "platform", platform)
    swap._call.cache_clear()
    try:
        assert swap.swap(0, "one", "other") == bool(wanted)
    finally:
        swap._call.cache_clear()
    assert asked == [wanted] * bool(wanted)


def test_without_posix_modules_there_are_no_limits_and_no_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("resource", "termios"):
        monkeypatch.setitem(sys.modules, name, None)
    limit_process(1, 1)  # would end this process
    _no_core_dumps()
    with raw_mode() as modes:
        assert modes is None


def test_programs_of_the_desktop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("pbcopy", "clip.exe"):
        (tmp_path / name).touch(0o755)
    path = {"PATH": str(tmp_path)}
    assert clipboard_tools(path, "darwin") == [[str(tmp_path / "pbcopy")]]
    assert clipboard_tools(path, "win32") == [[str(tmp_path / "clip.exe")]]
    assert clipboard_tools(path | {"WSL_DISTRO_NAME": "Debian"}, "linux") == [[str(tmp_path / "clip.exe")]]
    assert has_browser({}, "darwin")
    assert has_browser({}, "win32")
    assert not has_browser({}, "linux")
    assert not has_browser({"SSH_TTY": "/dev/pts/1"}, "darwin")
    named = {"VISUAL": r"C:\Program Files\Editor\editor.exe"}
    with monkeypatch.context() as patch, contextlib.suppress(NotImplementedError):
        patch.setattr(os, "name", "nt")
        assert editor_command(named) == [named["VISUAL"]]
