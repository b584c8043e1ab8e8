"""Lets two running programs take turns at writing.

The package filelock (4.3.1) would not do: it makes the file of a lock that is only looked at, leaves an existing file's
mode as it is, raises where the file system has no locks (ENOLCK, ENOTSUP) or the lock file can't be opened, and takes
29 ms to import.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chat_tui.storage.files.atomic import make_directory

PATIENCE = 5.0
"""Seconds to wait for another program's turn. A stopped program must not stop this one, nor may this one write where
that program is about to: what is to be written goes elsewhere then (see `ThreadFiles.write`)."""
_TAKING = 1.0
"""Seconds to wait for a lock that others only look at, or hold while they fold what its program left."""

_FLAGS = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
)


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[bool]:
    """Holds the lock at `path` for the body. The lock goes with the process.

    Yields:
        False if another program holds it. Where no program can have it (no lock file can be opened, or the file system
        has no locks) true: the write itself will say what is wrong.

    Raises:
        StorageError: its directory can't be created.
    """
    make_directory(path.parent)
    try:
        file = _open(path)
    except OSError:
        yield True
        return
    try:
        yield _wait(file, time.monotonic() + patience)
    finally:
        os.close(file)


def take(path: Path) -> int | None:
    """Takes a lock for as long as the descriptor that it returns is open; None where it can't be had.

    The directory must be there. Who looks whether the lock is free has it for a moment, so this waits a little; and the
    file may be swept away between its making and its locking, so what was locked must still be at `path`.
    """
    deadline = time.monotonic() + _TAKING
    while True:
        try:
            file = _open(path)
        except OSError:  # a full or read-only disk
            return None
        has_lock = _wait(file, deadline)
        if has_lock and _is_at(path, file):
            return file
        os.close(file)
        if not has_lock or time.monotonic() >= deadline:
            return None


@contextmanager
def left_behind(path: Path) -> Iterator[bool]:
    """Holds the lock at `path` for the body, if nobody has it; yields whether that is so. Makes no file."""
    try:
        file = os.open(path, _FLAGS & ~os.O_CREAT)
    except OSError:
        yield True
        return
    try:
        yield _try(file)
    finally:
        os.close(file)


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock at `path`; true also where there is no such file."""
    with left_behind(path) as is_left_behind:
        return is_left_behind


def _open(path: Path) -> int:
    file = os.open(path, _FLAGS, 0o600)
    with suppress(OSError):
        if os.name == "posix" and os.fstat(file).st_mode & 0o077:
            os.fchmod(file, 0o600)  # made by another program, or copied
    return file


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(file)) if os.name == "posix" else True
    except OSError:
        return False


def _wait(file: int, deadline: float) -> bool:
    while not _try(file):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.002)
    return True


if sys.platform == "win32":
    import msvcrt

    def _try(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks (some NFS): nobody can take turns there
            return True
        return True
