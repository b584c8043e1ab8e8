"""Lists threads without opening their files: one look at the directory, and the summary cache for the rest.

Without a cache the first answer reads only the newest files; a thread of low priority reads the others meanwhile, a few
at a time, so that neither start-up nor typing waits for it.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from chat_tui.domain.conversation.thread import ThreadSummary
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import is_fresh, make_private, safe_read
from chat_tui.storage.files.database import Signature
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.search.summary_cache import SummaryCache, SummaryRow
from chat_tui.storage.threads.codec import SUFFIX, is_id, summarise

_BATCH = 256
_SLICE = 4
"""Files that the background reads before it lets others run."""
_PAUSE = 0.005
"""Seconds between two slices."""
_HEAD_START = 0.5
"""Seconds before the background begins: the first frame comes first."""
_LOOK_HOLDS = 2.0
"""Seconds for which a look at an unchanged directory holds."""
_TICK = 50_000_000
"""Nanoseconds; more than any file system's clock needs for a tick."""
_STRAY_AGE = 3600
"""Seconds after which a temporary file is a crash's leftover."""


def choose(part: str, ids: list[str]) -> str:
    """Finds the one id that begins with `part`, or else holds it.

    Raises:
        ThreadNotFoundError: none, or several: the message says which.
    """
    shown = clean(part, multiline=False)
    if part in ids:
        return part
    found = [each for each in ids if each.startswith(part)] or [each for each in ids if part in each]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ThreadNotFoundError(tr("No thread id contains {text!r}. `chat-tui threads` lists them.", text=shown))
    some = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
    raise ThreadNotFoundError(
        tr("{n} threads' ids contain {text!r}: {threads}. Type more of the id.", n=len(found), text=shown, threads=some)
    )


class ThreadListing:
    """Answers what threads there are. All methods block: call them in a thread."""

    def __init__(
        self,
        threads: Path,
        index: SummaryCache,
        broken: Callable[[str, str, os.stat_result], object],
        unreadable: Callable[[str], object],
        private: Sequence[Path] = (),
    ) -> None:
        """Looks at nothing yet.

        Args:
            threads: the directory.
            index: the cache.
            broken: called with a file that is no thread: its id, why, and what was read.
            unreadable: called with a message about a file that can't be read.
            private: directories that are nobody else's to read; set right in the background.
        """
        self._threads = threads
        self._private = private
        self._index = index
        self._broken = broken
        self._unreadable = unreadable
        self._stop = threading.Event()
        self._guard = threading.Lock()
        self._background: threading.Thread | None = None
        self._filled = False
        self._scanned: tuple[int, float, dict[str, Signature]] | None = None
        self._known: dict[str, tuple[Signature, ThreadSummary]] = {}
        self._all: tuple[dict[str, Signature], list[ThreadSummary]] = ({}, [])

    def close(self) -> None:
        """Stops the background."""
        self._stop.set()

    def ids(self) -> dict[str, Signature]:
        """Every thread file by id, with what its cached summary must be good for; no file is opened.

        The same object for as long as nothing changes.

        A directory whose own modification time stands still has had no file made, replaced or removed: then the last
        look holds, for `_LOOK_HOLDS` seconds at most (an editor may write in place). So a search as one types looks
        at the disk once.

        Raises:
            StorageError: the directory can't be read.
        """
        began, now = time.monotonic(), time.time_ns()
        try:
            changed = self._threads.stat().st_mtime_ns
            last = self._scanned
            if last and last[0] == changed and began - last[1] < _LOOK_HOLDS:
                return last[2]
            found = self._scan()
            if last and last[2] == found:
                found = last[2]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageError(
                tr(
                    "Could not list {path}: {error}. Check its mode.",
                    path=self._threads,
                    error=error.strerror,
                )
            ) from error
        # A change within the clock's last tick would leave the same time: such a look is not kept.
        self._scanned = (changed, began, found) if now - changed > _TICK else None
        return found

    def _scan(self) -> dict[str, Signature]:
        found: dict[str, Signature] = {}
        with os.scandir(self._threads) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX) and is_id(entry.name[: -len(SUFFIX)]):
                    status = _status(entry)
                    if status is not None and stat.S_ISREG(status.st_mode):
                        found[entry.name[: -len(SUFFIX)]] = (status.st_mtime_ns, status.st_size)
                    elif status is not None:
                        self._unreadable(
                            tr("{path} is not a regular file, so it is not read. Move it away.", path=entry.path)
                        )
        return found

    def recent(self, limit: int) -> list[ThreadSummary]:
        """The threads that are not archived, pinned first, then the last used; opens at most `limit` files."""
        files = self.ids()
        pinned = dict.fromkeys(each for each in self._index.pinned() if each in files)
        newest = sorted(files.keys() - pinned.keys(), key=lambda each: files[each], reverse=True)
        found: list[ThreadSummary] = []
        reads, complete = 0, True
        for batch in _batches([*pinned, *newest]):
            cached = self._index.get(batch)
            fresh: list[SummaryRow] = []
            for each in batch:
                if len(found) >= limit:
                    break
                row = cached.get(each)
                if row is None or row.signature != files[each]:
                    if reads >= limit:
                        complete = False
                        break
                    row = self._read(each)
                    reads += 1
                    fresh += [row] if row else []
                if row and not row.summary.archived:
                    found.append(row.summary)
            self._index.put(fresh)
            if len(found) >= limit or not complete:
                break
        if not self._filled or not complete:
            self._fill_behind()
        return _ordered(found, files)[:limit]

    def all(self) -> list[ThreadSummary]:
        """Every thread, archived ones too, the last used first; what the last call knew is not read again."""
        files = self.ids()
        if self._all[0] is files:
            return self._all[1]
        for batch in _batches(
            [each for each, signature in files.items() if self._known.get(each, (None,))[0] != signature]
        ):
            cached, fresh = self._index.get(batch), []
            for each in batch:
                row = cached.get(each)
                if row is None or row.signature != files[each]:
                    row = self._read(each)
                    fresh += [row] if row else []
                if row:
                    self._known[each] = (files[each], row.summary)
                else:
                    self._known.pop(each, None)
            self._index.put(fresh)
        found = [each for name, (_, each) in self._known.items() if name in files]
        found.sort(key=lambda each: (each.updated, files[each.id]), reverse=True)
        self._all = (files, found)
        return found

    def _read(self, thread_id: str) -> SummaryRow | None:
        path = self._threads / (thread_id + SUFFIX)
        try:
            data, status = safe_read(path)
        except FileNotFoundError:
            return None
        except StorageError as error:
            self._unreadable(str(error))
            return None
        try:
            return SummaryRow((status.st_mtime_ns, status.st_size), summarise(data, thread_id))
        except CodecError as error:
            if not is_fresh(status):  # else the next look will tell
                self._broken(thread_id, str(error), status)
        return None

    def _fill(self, files: dict[str, Signature]) -> None:
        """Reads all that the cache lacks, the newest first."""
        known = self._index.signatures()
        self._index.forget(known.keys() - files.keys())
        missing = [each for each, signature in files.items() if known.get(each) != signature]
        missing.sort(key=lambda each: files[each], reverse=True)
        for batch in _batches(missing):
            rows: list[SummaryRow] = []
            for number, each in enumerate(batch):
                if number % _SLICE == 0 and self._stop.wait(_PAUSE):
                    return
                row = self._read(each)
                rows += [row] if row else []
            self._index.put(rows)
        self._filled = True

    def _fill_behind(self) -> None:
        with self._guard:
            if self._background is None or not self._background.is_alive():
                # A daemon: what it does is derived, and quitting must not wait for it.
                self._background = threading.Thread(target=self._work_behind, name="thread-index", daemon=True)
                self._background.start()

    def _work_behind(self) -> None:
        if self._stop.wait(_HEAD_START):
            return
        for folder in self._private:
            make_private(folder)
        try:
            self._fill(self.ids())
            self._sweep()
        except StorageError as error:
            self._unreadable(str(error))

    def _sweep(self) -> None:
        """Removes temporary files that a crash left behind."""
        for path in [*self._threads.glob(".*.tmp"), *self._threads.glob(".bak/.*.tmp")]:
            try:
                if path.lstat().st_mtime < time.time() - _STRAY_AGE:
                    path.unlink()
            except OSError:
                continue


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:  # gone since
        return None


def _batches(ids: list[str]) -> Iterator[list[str]]:
    return (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH))


def _ordered(found: list[ThreadSummary], files: dict[str, Signature]) -> list[ThreadSummary]:
    found.sort(key=lambda each: (each.pinned, each.updated, files[each.id]), reverse=True)
    return found
