"""The usage ledger: a row for each request, in an SQLite file in the cache directory.

A row is written where an answer ends, and again when its thread's file is read: its key makes it the same row. So the
ledger may be lost, two programs may write it, and what one could not write is read from the threads later. Only what
stands in no thread any more, and was kept nowhere else, goes with the file.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.errors import StorageError
from chat_tui.domain.ports.ledger import SyncProgress
from chat_tui.domain.text.clean import clean
from chat_tui.domain.usage.ledger import Grouping, LedgerEntry, Price, Spent, UsageSum, entries_of, sort_sums
from chat_tui.storage.files.atomic import safe_read
from chat_tui.storage.files.database import Database, Signature
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.files.writer import Writer
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads.codec import SUFFIX, decode, is_id

if TYPE_CHECKING:
    import sqlite3

_VERSION = 1
_SCHEMA = """
DROP TABLE IF EXISTS requests;
DROP TABLE IF EXISTS files;
DROP TABLE IF EXISTS threads;
DROP TABLE IF EXISTS tags;
CREATE TABLE requests (
  key TEXT PRIMARY KEY, time TEXT, provider TEXT, model TEXT, thread TEXT, input INTEGER, cached INTEGER,
  output INTEGER, reasoning INTEGER, cost REAL, currency TEXT, price_from TEXT, source TEXT) WITHOUT ROWID;
CREATE INDEX by_time ON requests (time);
CREATE INDEX by_thread ON requests (thread);
CREATE TABLE files (name TEXT PRIMARY KEY, thread TEXT, mtime_ns INTEGER, size INTEGER) WITHOUT ROWID;
CREATE TABLE threads (id TEXT PRIMARY KEY, title TEXT) WITHOUT ROWID;
CREATE TABLE tags (thread TEXT, tag TEXT, PRIMARY KEY (thread, tag)) WITHOUT ROWID;
"""
_COLUMNS = [each.name for each in fields(LedgerEntry)]
_KEPT_WHERE_UNKNOWN = ("input", "cached", "output", "cost")
"""What a later state of the same request may not know any more."""
_PUT = f"""
INSERT INTO requests ({", ".join(_COLUMNS)}) VALUES ({", ".join("?" * len(_COLUMNS))})
ON CONFLICT (key) DO UPDATE SET
  {", ".join(f"{name} = coalesce(excluded.{name}, {name})" for name in _KEPT_WHERE_UNKNOWN)},
  reasoning = max(reasoning, excluded.reasoning),
  currency = CASE WHEN excluded.cost IS NULL THEN currency ELSE excluded.currency END,
  price_from = CASE WHEN excluded.cost IS NULL THEN price_from ELSE excluded.price_from END,
  thread = CASE WHEN thread = '' OR excluded.thread < thread AND excluded.thread <> '' THEN excluded.thread
    ELSE thread END
"""
"""A copy of a thread holds the same requests: they count as the oldest thread's."""
_KEYS = {
    Grouping.DAY: "date(time, 'localtime')",
    Grouping.MODEL: "provider || '/' || model",
    Grouping.PROVIDER: "provider",
    Grouping.THREAD: "requests.thread",
    Grouping.TAG: "tag",
}
_SUMS = """
SELECT {key}, currency, count(*), total(input), total(cached), total(output), total(reasoning),
  total(input IS NULL OR output IS NULL), total(cost), total(cost IS NULL), max(title)
FROM requests LEFT JOIN threads ON threads.id = requests.thread {join}
WHERE (? = '' OR time >= ?) AND (? = '' OR time < ?) GROUP BY 1, 2
"""
_TAGGED = "LEFT JOIN tags ON tags.thread = requests.thread"
_BATCH = 32
"""Threads that are written in one transaction: no other program waits long."""
_MOST_OWED = 1000
"""Entries that are kept in memory while they can't be written."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a thread's file says."""

    name: str
    thread: str
    signature: Signature
    title: str
    tags: tuple[str, ...]
    entries: list[LedgerEntry]


class FileLedger:
    """Implements `UsageLedger`."""

    def __init__(self, paths: Paths, price: Price, keeps_deleted: Callable[[], bool] = lambda: True) -> None:
        """Reads nothing yet.

        Args:
            paths: where the threads are, and the cache directory.
            price: prices requests of which the file says no cost.
            keeps_deleted: whether the sums of threads that were deleted permanently are kept.
        """
        self._paths = paths
        self._price = price
        self._keeps_deleted = keeps_deleted
        self._db = Database(paths.cache / "usage.sqlite3", _VERSION, _SCHEMA)
        self._writer = Writer("usage")
        self.writers = (self._writer,)
        self._reader = Writer("usage of threads")  # nobody waits for it at the end: it only reads what stays
        self._stop = threading.Event()
        self._owed: list[LedgerEntry] = []
        self._is_month_read = False

    def close(self) -> None:
        """Stops reading threads."""
        self._stop.set()

    def add(self, entries: Sequence[LedgerEntry]) -> None:
        """See `UsageLedger.add`."""
        if entries:
            self._writer.put(lambda: self._add(entries))

    async def sync(self, progress: SyncProgress | None = None) -> bool:
        """See `UsageLedger.sync`."""
        return await self._reader.run(lambda: self._sync(0, progress))

    async def sums(self, by: Grouping, since: str = "", until: str = "") -> list[UsageSum] | None:
        """See `UsageLedger.sums`."""
        return await self._writer.run(lambda: self._db.use(lambda db: _sums(db, by, since, until), None))

    async def spent(self) -> Spent | None:
        """See `UsageLedger.spent`."""
        day = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        month = day.replace(day=1)
        if not self._is_month_read:
            read = await self._reader.run(lambda: self._sync(int(month.timestamp() * 1e9)))
            self._is_month_read = read
            if not read:
                return None

        def look(db: sqlite3.Connection) -> Spent:
            return Spent(_spent(db, day), _spent(db, month))

        return await self._writer.run(lambda: self._db.use(look, None))

    def _add(self, entries: Sequence[LedgerEntry]) -> None:
        entries = [*self._owed, *entries]
        done = self._db.use(lambda db: _put(db, entries), False)
        self._owed = [] if done else entries[-_MOST_OWED:]

    # What the threads say

    def _sync(self, since_ns: int, progress: SyncProgress | None = None) -> bool:
        """Reads the files that changed since a time; of 0, all that changed, and forgets those that are gone."""
        try:
            files = dict(self._files())
        except OSError:
            return False
        known = self._db.use(_signatures, None)
        if known is None:
            return False
        stale = [each for each, (_, at) in files.items() if known.get(each) != at and at[0] >= since_ns]
        stale.sort(key=lambda each: files[each][1], reverse=True)
        for start in range(0, len(stale), _BATCH):
            if self._stop.is_set():
                return False
            if progress is not None:
                progress(start, len(stale))
            read = [found for each in stale[start : start + _BATCH] if (found := self._read(each, files[each][0]))]
            if not self._db.use(partial(_put_files, read), False):
                return False
        if since_ns:
            return True
        keeps, threads = self._keeps_deleted(), {_thread_of(each) for each in files}
        return self._db.use(lambda db: _forget(db, files.keys(), threads, keeps=keeps), False)

    def _files(self) -> Iterator[tuple[str, tuple[Path, Signature]]]:
        """The thread files by name, those in the trash with `trash/` before it.

        Raises:
            OSError: a directory can't be read.
        """
        for prefix, folder in (("", self._paths.threads), ("trash/", self._paths.trash)):
            try:
                entries = os.scandir(folder)
            except FileNotFoundError:
                continue
            with entries:
                for entry in entries:
                    name = entry.name.removesuffix(SUFFIX)
                    if name == entry.name or not is_id(name):
                        continue
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    if stat.S_ISREG(status.st_mode):
                        yield prefix + name, (Path(entry.path), (status.st_mtime_ns, status.st_size))

    def _read(self, name: str, path: Path) -> _Read | None:
        try:
            data, status = safe_read(path)
            thread = decode(data)
        except (FileNotFoundError, StorageError, CodecError):  # the list of threads tells of it
            return None
        thread_id = _thread_of(name)
        entries = [each for message in thread.messages.values() for each in entries_of(message, thread_id, self._price)]
        title = _text(thread.display_title)
        return _Read(
            *(name, thread_id, (status.st_mtime_ns, status.st_size), title, tuple(map(_text, thread.tags)), entries)
        )


def _thread_of(name: str) -> str:
    return _text(name.removeprefix("trash/").partition("~")[0] if name.startswith("trash/") else name)


def _text(text: str) -> str:
    return clean(text, multiline=False).encode("utf-8", "replace").decode()


def _signatures(db: sqlite3.Connection) -> dict[str, Signature]:
    return {name: (mtime, size) for name, mtime, size in db.execute("SELECT name, mtime_ns, size FROM files")}


def _put(db: sqlite3.Connection, entries: Sequence[LedgerEntry]) -> bool:
    db.executemany(_PUT, [astuple(each) for each in entries])
    return True


def _put_files(files: Sequence[_Read], db: sqlite3.Connection) -> bool:
    for each in files:
        _put(db, each.entries)
        db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (_text(each.name), each.thread, *each.signature))
        db.execute("INSERT OR REPLACE INTO threads VALUES (?, ?)", (each.thread, each.title))
        db.execute("DELETE FROM tags WHERE thread = ?", (each.thread,))
        db.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(each.thread, tag) for tag in each.tags])
    return True


def _forget(db: sqlite3.Connection, names: Iterable[str], threads: set[str], *, keeps: bool) -> bool:
    """Takes out files that are gone, and of threads that are gone the requests, or the thread's name in them."""
    known = {name for (name,) in db.execute("SELECT name FROM files")}
    db.executemany("DELETE FROM files WHERE name = ?", [(each,) for each in known - {_text(each) for each in names}])
    counted = {thread for (thread,) in db.execute("SELECT DISTINCT thread FROM requests WHERE thread <> ''")}
    gone = [(each,) for each in counted - threads]
    if gone:
        db.executemany(
            "UPDATE requests SET thread = '' WHERE thread = ?" if keeps else "DELETE FROM requests WHERE thread = ?",
            gone,
        )
    for table in ("threads WHERE id", "tags WHERE thread"):
        db.execute(f"DELETE FROM {table} NOT IN (SELECT thread FROM files)")
    return True


def _sums(db: sqlite3.Connection, by: Grouping, since: str, until: str) -> list[UsageSum]:
    query = _SUMS.format(key=_KEYS[by], join=_TAGGED if by is Grouping.TAG else "")
    sums: dict[str, UsageSum] = {}
    for key, currency, count, *counts, cost, without_cost, title in db.execute(query, (since, since, until, until)):
        label = title if by is Grouping.THREAD and title else key
        found = sums.setdefault(key or "", UsageSum(key or "", label or ""))
        priced = {} if without_cost == count else {currency: cost}
        tokens_in, cached, tokens_out, reasoning, unknown = map(int, counts)
        found.add(UsageSum("", "", count, tokens_in, cached, tokens_out, reasoning, unknown, priced, int(without_cost)))
    return sort_sums(list(sums.values()), by)


def _spent(db: sqlite3.Connection, since: datetime) -> dict[str, float]:
    start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = "SELECT currency, total(cost) FROM requests WHERE time >= ? AND currency <> '' GROUP BY 1"
    return dict(db.execute(query, (start,)).fetchall())
