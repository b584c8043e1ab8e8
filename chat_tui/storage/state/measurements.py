"""How quick each model was of late, and how often it failed: cache/measurements.db, which may be deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.measurement import Measurement, ModelStats, summarise
from chat_tui.storage.files.database import Database
from chat_tui.storage.files.writer import Writer

if TYPE_CHECKING:
    import sqlite3

KEPT = 50
"""Measurements of each model that are kept, the last."""
_VERSION = 1
_COLUMNS = "id, model, at, first_s, total_s, tokens_per_s, is_estimated, error"
_SCHEMA = f"""
DROP TABLE IF EXISTS answers;
CREATE TABLE answers (id TEXT PRIMARY KEY, {_COLUMNS[4:]}) WITHOUT ROWID;
CREATE INDEX latest ON answers (model, at);
"""


class FileMeasurements:
    """Implements `Measurements`."""

    def __init__(self, file: Path) -> None:
        """Touches nothing."""
        self._db = Database(file, _VERSION, _SCHEMA)
        self._writer = Writer("measurements")
        self.writers = (self._writer,)

    async def add(self, *measurements: Measurement) -> None:
        """See `Measurements.add`."""

        def put(db: sqlite3.Connection) -> None:
            for each in measurements:
                _put(db, each)

        await self._writer.run(lambda: self._db.use(put, None))

    async def stats(self) -> dict[str, ModelStats]:
        """See `Measurements.stats`."""
        return await self._writer.run(lambda: self._db.use(_stats, {}))


def _put(db: sqlite3.Connection, it: Measurement) -> None:
    values = (it.id, it.model, it.at, it.first_s, it.total_s, it.tokens_per_s, it.is_estimated, it.error)
    db.execute(f"INSERT OR REPLACE INTO answers ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    old = "SELECT id FROM answers WHERE model = ? ORDER BY at DESC LIMIT -1 OFFSET ?"
    db.execute(f"DELETE FROM answers WHERE id IN ({old})", (it.model, KEPT))


def _stats(db: sqlite3.Connection) -> dict[str, ModelStats]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM answers ORDER BY model, at DESC")
    moment = datetime.now(UTC)
    return {
        model: summarise(of_one, moment) for model, of_one in groupby(map(_measurement, rows), lambda each: each.model)
    }


def _measurement(row: tuple[object, ...]) -> Measurement:
    identity, model, at, first, total, speed, is_estimated, error = row
    if not all(value is None or isinstance(value, float | int) for value in (first, total, speed)):
        raise ValueError("a damaged row")
    return Measurement(str(identity), str(model), str(at), first, total, speed, bool(is_estimated), str(error))  # type: ignore[arg-type]
