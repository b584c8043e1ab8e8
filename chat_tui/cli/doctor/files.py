"""Checks of the directories and what is in them. All functions block."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from chat_tui.cli.doctor.findings import Finding, Findings, Grade
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import make_private
from chat_tui.storage.files.lock import is_free
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads.codec import SUFFIX
from chat_tui.storage.threads.damage import Damage
from chat_tui.storage.threads.journal import LOCK
from chat_tui.storage.threads.thread_file import ThreadFiles

AREA = "Files"
LITTLE_SPACE = 100_000_000
"""Bytes; a long thread with pictures takes some of them."""
INDEXES = ("threads.sqlite3", "search.sqlite3", "usage.sqlite3")
"""Derived from the thread files: made anew where they are missing."""
_STEPS = 2_000_000
"""Of SQLite's machine, before the check of a large index ends without a result."""


def directories(paths: Paths) -> Findings:
    """Whether the directories can be written, are private, and have room."""
    private = {"data": [paths.data, paths.threads, paths.backups, paths.corrupt, paths.journal, paths.trash]}
    found = []
    for name, folder in (("config", paths.config), ("data", paths.data), ("cache", paths.cache)):
        found.append(_directory(name, folder, [each for each in private.get(name, []) if _is_open(each)]))
    there = next((each for each in (paths.data, *paths.data.parents) if each.exists()), paths.data)
    free = shutil.disk_usage(there).free
    grade = Grade.PROBLEM if free < LITTLE_SPACE else Grade.OK
    return [*found, Finding(AREA, "free space", grade, f"{free / 1e9:,.1f} GB")]


def _directory(name: str, folder: Path, open_ones: list[Path]) -> Finding:
    if not folder.exists():
        return Finding(AREA, name, Grade.NOTE, tr("{folder} (not created yet)", folder=folder))
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            AREA,
            name,
            Grade.PROBLEM,
            tr("{folder} can't be read and written.", folder=folder),
            tr("Check its owner and mode."),
        )
    if open_ones:

        def close() -> None:
            for each in open_ones:
                make_private(each)

        return Finding(AREA, name, Grade.PROBLEM, tr("Others can read {folder}.", folder=folder), fix=close)
    return Finding(AREA, name, Grade.OK, str(folder))


def _is_open(folder: Path) -> bool:
    """Whether others may read a directory of this user."""
    if os.name != "posix":
        return False
    try:
        status = folder.stat()
    except OSError:
        return False
    return bool(status.st_uid == os.geteuid() and status.st_mode & 0o077)


def credentials(paths: Paths) -> Findings:
    """Whether the file of keys is readable by its owner alone."""
    path = paths.credentials_file
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return []
    if os.name == "posix" and mode & 0o077:
        advice = tr("Replace the keys if somebody else uses this machine.")
        return [
            Finding(
                AREA,
                path.name,
                Grade.PROBLEM,
                tr("Others can read it, so it is not used."),
                advice,
                lambda: path.chmod(0o600),
            )
        ]
    return [Finding(AREA, path.name, Grade.OK, tr("readable only by you"))]


def threads(paths: Paths) -> Findings:
    """How many threads there are, who has locks, and what programs that crashed left behind."""
    count = len(list(paths.threads.glob(f"*{SUFFIX}"))) if paths.threads.is_dir() else 0
    found = [Finding(AREA, "threads", Grade.OK, f"{count:,}")]
    if damaged := _count(paths.corrupt):
        advice = tr("chat-tui threads salvage lists them.")
        found.append(Finding(AREA, "damaged files", Grade.NOTE, f"{damaged:,}", advice))
    held = [] if is_free(paths.lock_file) else [(paths.lock_file, tr("is writing"))]
    files = ThreadFiles(paths, Damage(paths))
    stale = 0
    for path in sorted(paths.journal.glob(f"*{LOCK}")):
        if is_free(path):
            stale += 1
        else:
            held.append((path, "runs"))
    for path, what in held:
        found.append(Finding(AREA, "lock", Grade.NOTE, f"{path.name}: {_holder(path)} {what}."))
    pages = sum(page is None or page.is_left_behind for page, _, _ in files.journal.pages())
    if stale or pages:
        text = tr("{pages:,} pages and {stale:,} locks of ended programs", pages=pages, stale=stale)
        advice = tr("The app recovers them when it starts next.")
        found.append(Finding(AREA, "journal", Grade.NOTE, text, advice, files.fold))
    else:
        found.append(Finding(AREA, "journal", Grade.OK, tr("nothing left behind")))
    return found


def _count(folder: Path) -> int:
    return sum(1 for each in folder.iterdir() if each.name[0] != ".") if folder.is_dir() else 0


def _holder(path: Path) -> str:
    """The program that holds a lock, as far as the system says."""
    with suppress(OSError, ValueError):
        status = path.stat()
        for pid in _lock_holders(f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"):
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            return tr("process {pid} ({name})", pid=pid, name=name)
    return tr("another program")


def _lock_holders(file: str) -> Iterator[int]:
    """The processes that hold a lock on a file, given as in /proc/locks (Linux)."""
    if sys.platform != "linux":
        return
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if len(fields) >= 6 and fields[1] != "->" and fields[5] == file and int(fields[4]) > 0:
            yield int(fields[4])


def indexes(paths: Paths) -> Findings:
    """Whether the indexes in the cache directory are whole."""
    found = []
    for name in INDEXES:
        path = paths.cache / name
        if not path.exists():
            continue
        size = f"{path.stat().st_size / 1e6:,.1f} MB"
        problem = _damage(path)
        if problem:
            text = tr("{size}, damaged: {problem}", size=size, problem=problem)
            advice = tr("It is rebuilt from the threads.")
            found.append(Finding(AREA, name, Grade.PROBLEM, text, advice, lambda path=path: _remove(path)))  # type: ignore[misc]
        else:
            found.append(Finding(AREA, name, Grade.OK, size))
    return found


def _damage(path: Path) -> str:
    """What is wrong in an index; empty where nothing was found."""
    import sqlite3

    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1.0)) as db:
            db.set_progress_handler(lambda: 1, _STEPS)
            (result,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:  # it is in use, or too large to be checked in time
        return ""
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if result == "ok" else str(result)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
