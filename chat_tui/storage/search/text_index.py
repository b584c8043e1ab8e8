"""The full text of all threads in an SQLite file with FTS5: a row for each message.

A row's number is its thread's number and its place in the thread in one (`thread << 20 | place`), so that what FTS5
finds is told apart by thread without looking anything up. It has a file of its own beside the summaries', which a
start reads: that one stays small, and no search waits for its lock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.domain.search.query import Query, Term
from chat_tui.storage.files.database import Database, Signature
from chat_tui.storage.search.normalize import TOKENIZER, expression, paired

if TYPE_CHECKING:
    import sqlite3

PLACE_BITS = 20
_KEPT_TERMS = 6
_MAX_MESSAGES = 1 << PLACE_BITS
_VERSION = 1
_SCHEMA = f"""
DROP TABLE IF EXISTS threads;
DROP TABLE IF EXISTS messages;
DROP TABLE IF EXISTS bodies;
DROP TABLE IF EXISTS words;
DROP TABLE IF EXISTS state;
CREATE TABLE state (made INTEGER, changes INTEGER);
INSERT INTO state VALUES (random(), 0);
CREATE TABLE threads (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE TABLE messages (row INTEGER PRIMARY KEY, role TEXT, model TEXT, created TEXT, has_code INTEGER);
CREATE TABLE bodies (row INTEGER PRIMARY KEY, message TEXT, text TEXT);
CREATE VIRTUAL TABLE words USING fts5 (text, content='', tokenize="{TOKENIZER}");
"""
_IN_THREAD = f"row >= ?1 << {PLACE_BITS} AND row < (?1 + 1) << {PLACE_BITS}"


@dataclass(frozen=True, slots=True)
class IndexedText:
    """What is known of one message."""

    message_id: str | None
    """None of a draft."""
    role: str
    model: str
    """Folded."""
    created: str
    """In UTC as thread files write it; empty where that is not known."""
    has_code: bool
    text: str
    """Clean and composed (NFC)."""


@dataclass(frozen=True, slots=True)
class IndexedThread:
    """One thread for the index."""

    thread_id: str
    signature: Signature
    texts: Sequence[IndexedText]


Threads = dict[str, tuple[int, Signature]]
"""Every thread's number, and what its rows are good for."""


@dataclass(frozen=True, slots=True)
class TextMatch:
    """What the index knows of a query. Rows are in order."""

    threads: Threads
    """See `TextIndex.threads`."""
    terms: list[list[int]]
    """The rows that hold each term, of those that are searched."""
    searched: list[int] | None
    """The rows that are searched; None for all."""
    models: list[set[int]]
    """The numbers of the threads in which each model answered."""
    threads_with: list[set[int]]
    """The numbers of the threads that have what a filter asks for, a set for each filter."""


class TextIndex:
    """The index. Where it can't be used, nothing is in it."""

    def __init__(self, file: Path) -> None:
        self._db = Database(file, _VERSION, _SCHEMA)
        self._known: tuple[tuple[int, int], Threads] = ((0, -1), {})
        self._terms: dict[str, list[int]] = {}

    def threads(self) -> Threads:
        """Every thread's number and signature; the same object for as long as nothing changes."""
        return self._db.use(self._threads, {})

    def _threads(self, db: sqlite3.Connection) -> Threads:
        state = db.execute("SELECT made, changes FROM state").fetchone()
        if self._known[0] != state:
            rows = db.execute("SELECT id, number, mtime_ns, size FROM threads")
            self._known = state, {name: (number, (mtime, size)) for name, number, mtime, size in rows}
            self._terms = {}
        return self._known[1]

    def look(self, query: Query) -> TextMatch | None:
        """What is known of a query; None where the index can't be used."""
        return self._db.use(lambda db: self._look(db, query), None)

    def _look(self, db: sqlite3.Connection, query: Query) -> TextMatch:
        threads = self._threads(db)
        searched = _searched(db, query) if query.narrows_messages else None
        terms = [self._rows_with(db, each) for each in query.terms]
        if searched is not None:
            allowed = set(searched)
            terms = [[row for row in rows if row in allowed] for rows in terms]
        models = [_having(db, "instr(model, ?)", each) for each in query.models]
        return TextMatch(threads, terms, searched, models, [_having(db, "has_code")] if query.has_code else [])

    def _rows_with(self, db: sqlite3.Connection, term: Term) -> list[int]:
        """The rows that hold a term. Those of the last terms are kept: as one types, only one of several changes."""
        wanted = expression(term)
        key = wanted or term.text
        if key not in self._terms:
            if wanted:
                rows = _list(db, "SELECT group_concat(rowid) FROM words WHERE words MATCH ?", wanted)
            else:  # signs and emoji, which are no words
                rows = _list(db, "SELECT group_concat(row) FROM bodies WHERE instr(text, ?)", term.text)
            self._terms = {**dict(list(self._terms.items())[1 - _KEPT_TERMS :]), key: rows}
        return self._terms[key]

    def bodies(self, rows: Sequence[int]) -> dict[int, tuple[str | None, str, str]]:
        """The message id, the role and the text of some rows, at most some hundreds."""
        marks = ",".join("?" * len(rows))
        query = f"SELECT row, message, role, text FROM bodies JOIN messages USING (row) WHERE row IN ({marks})"
        return self._db.use(lambda db: {row: (*found,) for row, *found in db.execute(query, rows)}, {})

    def last_rows(self, numbers: Iterable[int]) -> dict[int, int]:
        """The last row of some threads, by their numbers."""
        query = f"SELECT max(row) FROM messages WHERE {_IN_THREAD}"

        def read(db: sqlite3.Connection) -> dict[int, int]:
            found = {each: db.execute(query, (each,)).fetchone()[0] for each in numbers}
            return {number: row for number, row in found.items() if row is not None}

        return self._db.use(read, {})

    def put(self, entries: Sequence[IndexedThread]) -> bool:
        """Adds or replaces threads; whether that could be done."""
        return self._db.use(lambda db: all(_put(db, each) for each in entries), False)

    def forget(self, ids: Iterable[str]) -> None:
        """Takes threads out."""
        self._db.use(lambda db: [_forget(db, each) for each in ids], None)


def _list(db: sqlite3.Connection, query: str, *values: str) -> list[int]:
    """Rows in order, as one string of JSON: tens of thousands of them one at a time would take twice as long."""
    rows: list[int] = json.loads(f"[{db.execute(query, values).fetchone()[0] or ''}]")
    return rows


def _searched(db: sqlite3.Connection, query: Query) -> list[int]:
    conditions, values = [], []
    if query.roles:
        conditions.append(f"role IN ({','.join('?' * len(query.roles))})")
        values += [str(each) for each in query.roles]
    if query.before:
        conditions.append("created < ? AND created <> ''")
        values.append(query.before)
    if query.after:
        conditions.append("created >= ?")
        values.append(query.after)
    return _list(db, f"SELECT group_concat(row) FROM messages WHERE {' AND '.join(conditions)}", *values)


def _having(db: sqlite3.Connection, condition: str, *values: str) -> set[int]:
    query = f"SELECT DISTINCT row >> {PLACE_BITS} FROM messages WHERE {condition}"
    return {number for (number,) in db.execute(query, values)}


def _put(db: sqlite3.Connection, entry: IndexedThread) -> bool:
    number = _forget(db, entry.thread_id)
    values = (number, entry.thread_id, *entry.signature)
    number = db.execute("INSERT INTO threads VALUES (?, ?, ?, ?)", values).lastrowid or 0
    numbered = list(enumerate(islice(entry.texts, _MAX_MESSAGES), number << PLACE_BITS))
    db.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?)",
        [(row, each.role, each.model, each.created, each.has_code) for row, each in numbered],
    )
    db.executemany("INSERT INTO bodies VALUES (?, ?, ?)", [(row, each.message_id, each.text) for row, each in numbered])
    words = [(row, paired(each.text)) for row, each in numbered]
    db.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", words)
    db.execute("UPDATE state SET changes = changes + 1")
    return True


def _forget(db: sqlite3.Connection, thread_id: str) -> int | None:
    """Takes a thread out; returns its number, which stays its own."""
    known = db.execute("SELECT number FROM threads WHERE id = ?", (thread_id,)).fetchone()
    if known is None:
        return None
    db.execute("UPDATE state SET changes = changes + 1")
    # An index without content must be told what it held.
    held = db.execute(f"SELECT row, text FROM bodies WHERE {_IN_THREAD}", known).fetchall()
    words = [(row, paired(text)) for row, text in held]
    db.executemany("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", words)
    for table in ("messages", "bodies"):
        db.execute(f"DELETE FROM {table} WHERE {_IN_THREAD}", known)
    db.execute("DELETE FROM threads WHERE id = ?", (thread_id,))
    return int(known[0])
