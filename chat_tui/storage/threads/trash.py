"""Where deleted threads wait: data/trash/ID.json, then ID~1.json and so on; nothing in it is overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from chat_tui.domain.conversation.thread import TrashedThread
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import move, remove, safe_read
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads.codec import SUFFIX, is_id, summarise

_PLACES = 1000
"""Threads of one id that it holds."""


def put_in(trash: Path, thread_id: str, path: Path) -> None:
    """Moves a thread's file into the trash.

    Raises:
        FileNotFoundError: there is none.
        StorageError: it can't be moved.
    """
    for place in _places(trash, thread_id):
        try:
            move(path, place)
        except FileExistsError:
            continue
        return
    raise StorageError(
        tr(
            "Could not move {path} to {trash}: it holds {n} of this id. Empty it.",
            path=path,
            trash=trash,
            n=_PLACES,
        )
    )


def take_out(trash: Path, thread_id: str, path: Path) -> None:
    """Moves a thread's file back; of several of one id, that which was deleted last.

    Raises:
        ThreadNotFoundError: it is not in the trash.
        StorageError: it can't be moved, or another file is in its place.
    """
    place, shown = _last(trash, thread_id), clean(thread_id, multiline=False)
    try:
        move(place, path)
    except FileExistsError:
        raise StorageError(tr("The thread {id} already exists; the one in the trash stays there.", id=shown)) from None


def delete(trash: Path, thread_id: str) -> None:
    """Removes a thread's file for good; of several of one id, that which was deleted last.

    Raises:
        ThreadNotFoundError: it is not in the trash.
        StorageError: it can't be removed.
    """
    remove(_last(trash, thread_id))


def delete_results(paths: Paths, thread_ids: Iterable[str]) -> None:
    """Removes the long results of tools of threads that are neither there nor in the trash; what can't be, stays."""
    import shutil  # the first frame needs none

    trashed = set(ids(paths.trash))
    for each in thread_ids:
        if is_id(each) and each not in trashed and not os.path.lexists(paths.threads / f"{each}{SUFFIX}"):
            shutil.rmtree(paths.tool_results / each, ignore_errors=True)


def _last(trash: Path, thread_id: str) -> Path:
    there = [place for place in _places(trash, thread_id) if os.path.lexists(place)]
    if not there:
        raise ThreadNotFoundError(tr("No thread {id} in the trash.", id=clean(thread_id, multiline=False)))
    return there[-1]


def listed(trash: Path) -> list[TrashedThread]:
    """What is in the trash, the last deleted first; a file that is no thread is left out."""
    found = []
    for path in _files(trash):
        thread_id = path.stem.partition("~")[0]
        try:
            data, status = safe_read(path)
            summary = summarise(data, thread_id)
        except (FileNotFoundError, StorageError, CodecError):
            continue
        when = datetime.fromtimestamp(status.st_ctime, UTC)  # renaming a file sets it
        found.append((status.st_ctime_ns, TrashedThread(summary, f"{when:%Y-%m-%dT%H:%M:%SZ}")))
    return [each for _, each in sorted(found, key=lambda pair: pair[0], reverse=True)]


def empty(trash: Path) -> int:
    """Removes what is in the trash; how many files that were.

    Raises:
        StorageError: one can't be removed.
    """
    files = _files(trash)
    for path in files:
        remove(path)
    return len(files)


def ids(trash: Path) -> list[str]:
    """The ids of what is in the trash."""
    return sorted({each.stem.partition("~")[0] for each in _files(trash)}, reverse=True)


def _files(trash: Path) -> list[Path]:
    try:
        return [each for each in trash.iterdir() if each.suffix == SUFFIX]
    except OSError:  # nothing was ever deleted
        return []


def _places(trash: Path, thread_id: str) -> list[Path]:
    return [trash / f"{thread_id}{f'~{number}' if number else ''}{SUFFIX}" for number in range(_PLACES)]
