"""An SQLite file in the cache directory that may be lost, damaged, locked or old: that costs time and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chat_tui.domain.errors import StorageError
from chat_tui.storage.files.atomic import make_directory

if TYPE_CHECKING:
    import sqlite3

Result = TypeVar("Result")
PATIENCE = 1.0
"""Seconds to wait for another program's transaction."""
Signature = tuple[int, int]
"""A thread file's modification time in ns, and its size in bytes: what is derived from it is good for these."""


class Database:
    """One file. A connection lives for one call: whoever deletes the file meanwhile harms nothing."""

    def __init__(self, file: Path, version: int, schema: str) -> None:
        """Opens nothing yet.

        Args:
            file: where it is.
            version: of the schema; a file of another one is made anew.
            schema: statements that drop and create everything, with a semicolon behind each and nowhere else.
        """
        self._file = file
        self._version = version
        self._schema = f"{schema}\nPRAGMA user_version = {version};"

    def use(self, work: Callable[[sqlite3.Connection], Result], without: Result) -> Result:
        """Does `work` in a transaction; on a damaged file once more on a new one; without any, returns `without`."""
        import sqlite3

        for _ in range(2):
            try:
                self._make()
                with closing(sqlite3.connect(self._file, timeout=PATIENCE)) as db:
                    self._prepare(db)
                    with db:
                        return work(db)
            except (sqlite3.OperationalError, OSError):
                break  # locked, full or read-only: another try would not help
            except (sqlite3.DatabaseError, ValueError, TypeError):
                try:
                    self._file.unlink(missing_ok=True)
                except OSError:
                    break
            except StorageError:
                break
        return without

    def _prepare(self, db: sqlite3.Connection) -> None:
        """Makes the schema if it is not there; raises `DatabaseError` where SQLite does not know the format."""
        import sqlite3

        try:
            db.execute("PRAGMA synchronous = OFF")  # derived: a power cut may take it
            if self._is_other(db):
                self._make_anew(db)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # neither locked nor full nor read-only
                raise sqlite3.DatabaseError(*error.args) from error
            raise

    def _is_other(self, db: sqlite3.Connection) -> bool:
        return bool(db.execute("PRAGMA user_version").fetchone()[0] != self._version)

    def _make_anew(self, db: sqlite3.Connection) -> None:
        """Creates everything, unless another program has meanwhile, whose rows are to stay."""
        with db:
            db.execute("BEGIN IMMEDIATE")
            if self._is_other(db):
                for statement in self._schema.split(";"):
                    db.execute(statement)

    def _make(self) -> None:
        """Makes the file readable for its owner alone, as the threads are."""
        make_directory(self._file.parent)
        if not self._file.exists():
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
