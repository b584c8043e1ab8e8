"""Lets two running programs take turns at writing (SAFETY.md S6)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chat_tui.storage.atomic import make_directory

PATIENCE = 5.0
"""Seconds to wait for another program's turn. A stopped program must not stop this one: after that the write goes
ahead, and the merge still keeps what the other has written."""

_FLAGS = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
)


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[bool]:
    """Holds the lock at `path` for the body; yields whether it was had. The lock goes with the process.

    Raises:
        StorageError: its directory can't be created.
    """
    make_directory(path.parent)
    try:
        file = os.open(path, _FLAGS, 0o600)
    except OSError:  # a full or read-only disk: the write itself will say so
        yield False
        return
    try:
        yield _wait(file, time.monotonic() + patience)
    finally:
        os.close(file)


def take(path: Path) -> int | None:
    """Takes a lock for as long as the descriptor that it returns is open; None where it can't be had.

    The directory must be there.
    """
    try:
        file = os.open(path, _FLAGS, 0o600)
    except OSError:  # a full or read-only disk
        return None
    if not _try(file):
        os.close(file)
        return None
    return file


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock at `path`; true also where there is no such file."""
    try:
        file = os.open(path, _FLAGS & ~os.O_CREAT)
    except OSError:
        return True
    try:
        return _try(file)
    finally:
        os.close(file)


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
