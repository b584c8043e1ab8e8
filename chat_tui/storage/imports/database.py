"""Opens a foreign SQLite file so that nothing in it can act, write or run on for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chat_tui.domain.json import Json, JsonObject
from chat_tui.i18n import tr
from chat_tui.storage.imports.foreign import UnreadableFileError

MAGIC = b"SQLite format 3\0"
_MAX_VALUE = 64 * 1024 * 1024
"""Bytes of one value."""
_STEPS = 1_000_000
"""Instructions of SQLite's machine between two looks at whether a query has run for too long."""
_MAX_LOOKS = 2_000


class ForeignDatabase:
    """A foreign database's tables, read row by row."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def columns(self, table: str) -> set[str]:
        """The columns of a table; none where there is no such table (a view, which can compute, is none)."""
        query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        if self._connection.execute(query, (table,)).fetchone() is None:
            return set()
        return {str(row[1]) for row in self._connection.execute("SELECT * FROM pragma_table_info(?)", (table,))}

    def tables(self) -> list[str]:
        """The names of its tables."""
        query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name LIMIT 100"
        return [str(row[0]) for row in self._connection.execute(query)]

    def rows(self, table: str, wanted: tuple[str, ...], where: tuple[str, Json] | None = None) -> Iterator[JsonObject]:
        """The rows of a table by id, with the wanted columns that it has.

        Args:
            table: the table's name, one of ours.
            wanted: columns, names of ours.
            where: a column and the value that it must have.
        """
        there = self.columns(table)
        names = [each for each in wanted if each in there]
        if not names:
            return
        listed = ", ".join(f'"{each}"' for each in names)
        condition, values = (f' WHERE "{where[0]}" = ?', (where[1],)) if where else ("", ())
        order = "order" if "order" in there else "id"
        query = f'SELECT {listed} FROM "{table}"{condition} ORDER BY "{order}"'
        for row in self._connection.execute(query, values):
            yield {name: value for name, value in zip(names, row, strict=True) if not isinstance(value, bytes)}

    def blob(self, table: str, column: str, identity: Json) -> bytes | None:
        """The bytes in a column of the row of that id; None where there are none."""
        if not {"id", column} <= self.columns(table):
            return None
        row = self._connection.execute(f'SELECT "{column}" FROM "{table}" WHERE "id" = ?', (identity,)).fetchone()
        return row[0] if row and isinstance(row[0], bytes) else None


@contextmanager
def opened(path: Path) -> Iterator[ForeignDatabase]:
    """Opens a database, read-only and without touching the files beside it.

    Raises:
        UnreadableError: it is damaged, or a query takes longer than any honest one.
    """
    looks = 0

    def is_too_long() -> bool:
        nonlocal looks
        looks += 1
        return looks > _MAX_LOOKS

    try:
        # Rows are asked for in whichever thread is free, one at a time.
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            connection.text_factory = lambda value: value.decode("utf-8", "replace")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            connection.set_progress_handler(is_too_long, _STEPS)
            yield ForeignDatabase(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise UnreadableFileError(tr("the rest of the database could not be read: {error}", error=error)) from None
