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


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[bool]:
    """Holds the lock at `path` for the body; yields whether it was had. The lock goes with the process.

    Raises:
        StorageError: its directory can't be created.
    """
    make_directory(path.parent)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        file = os.open(path, flags, 0o600)
    except OSError:  # a full or read-only disk: the write itself will say so
        yield False
        return
    try:
        yield _wait(file, time.monotonic() + patience)
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
