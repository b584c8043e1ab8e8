"""The cache of thread summaries: an SQLite file in the cache directory.

SQLite and not one JSON file, as a changed thread then costs one row and not the whole file, two running programs can
both write it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chat_tui.domain.conversation.thread import ThreadSummary
from chat_tui.storage.files.database import Database, Signature

_VERSION = 1
_COLUMNS = "id, mtime_ns, size, title, updated, created, model, message_count, pinned, archived, tags, has_draft"
_SCHEMA = f"""
DROP TABLE IF EXISTS threads;
CREATE TABLE threads (id TEXT PRIMARY KEY, {_COLUMNS[4:]}) WITHOUT ROWID;
CREATE INDEX pinned ON threads (id) WHERE pinned;
"""


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One cached summary."""

    signature: Signature
    summary: ThreadSummary


class SummaryCache:
    """The cache."""

    def __init__(self, file: Path) -> None:
        self._db = Database(file, _VERSION, _SCHEMA)

    def get(self, ids: Iterable[str]) -> dict[str, SummaryRow]:
        """The rows of some threads, at most some hundreds."""
        wanted = list(ids)
        marks = ",".join("?" * len(wanted))
        return self._rows(f"SELECT {_COLUMNS} FROM threads WHERE id IN ({marks})", wanted)

    def all(self) -> dict[str, SummaryRow]:
        """Every row."""
        return self._rows(f"SELECT {_COLUMNS} FROM threads")

    def pinned(self) -> list[str]:
        """The ids of pinned threads."""
        return self._db.use(lambda db: [each for (each,) in db.execute("SELECT id FROM threads WHERE pinned")], [])

    def signatures(self) -> dict[str, Signature]:
        """What every row is good for."""
        query = "SELECT id, mtime_ns, size FROM threads"
        return self._db.use(lambda db: {name: (mtime, size) for name, mtime, size in db.execute(query)}, {})

    def put(self, rows: Iterable[SummaryRow]) -> None:
        """Adds or replaces rows."""
        values = [_values(row) for row in rows]
        marks = ",".join("?" * 12)
        if values:
            self._db.use(lambda db: db.executemany(f"INSERT OR REPLACE INTO threads VALUES ({marks})", values), None)

    def forget(self, ids: Iterable[str]) -> None:
        """Takes rows out."""
        values = [(each,) for each in ids]
        if values:
            self._db.use(lambda db: db.executemany("DELETE FROM threads WHERE id = ?", values), None)

    def _rows(self, query: str, parameters: list[str] | None = None) -> dict[str, SummaryRow]:
        return self._db.use(lambda db: {row[0]: _row(row) for row in db.execute(query, parameters or [])}, {})


def _values(row: SummaryRow) -> tuple[object, ...]:
    it = row.summary
    tags = json.dumps(it.tags)
    start = (it.id, *row.signature, it.title, it.updated, it.created, it.model, it.message_count)
    return (*start, it.pinned, it.archived, tags, it.has_draft)


def _row(values: tuple[object, ...]) -> SummaryRow:
    name, mtime, size, title, updated, created, model, count, pinned, archived, tags, draft = values
    if not (isinstance(mtime, int) and isinstance(size, int) and isinstance(count, int)):
        raise ValueError("a damaged row")
    summary = ThreadSummary(
        id=str(name),
        title=str(title),
        updated=str(updated),
        created=str(created),
        model=None if model is None else str(model),
        message_count=count,
        pinned=bool(pinned),
        archived=bool(archived),
        tags=tuple(json.loads(str(tags))),
        has_draft=bool(draft),
    )
    return SummaryRow((mtime, size), summary)
