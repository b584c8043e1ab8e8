"""A small file that is read whole, changed, cut to its last entries and replaced whole; by one thread, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Generic, Protocol, TypeAlias, TypeVar

from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.files.atomic import safe_read, write_atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.files.strict_json import CodecError, dump, parse
from chat_tui.storage.files.writer import Writer

Record = TypeVar("Record")
Change: TypeAlias = Callable[[list[Record]], list[Record] | None]


class RecordCodec(Protocol[Record]):
    """The entries of a file and their bytes."""

    def decode(self, data: bytes) -> list[Record]:
        """The entries, the oldest first; what is none is left out."""
        ...

    def encode(self, records: Iterable[Record]) -> bytes:
        """The whole file."""
        ...


class RecordFile(Generic[Record]):
    """Entries in a file that other programs change too: it is read again before each change."""

    def __init__(self, file: Path, codec: RecordCodec[Record], limit: int, lock_file: Path | None = None) -> None:
        """Touches nothing.

        Args:
            file: where they are.
            codec: reads and writes them.
            limit: entries that are kept, the last.
            lock_file: held from reading to writing; None where a lost entry does no harm.
        """
        self._file = file
        self._codec = codec
        self._limit = limit
        self._lock_file = lock_file
        self._pending: list[Change[Record]] = []
        """Changes that are not written yet."""
        self.writer = Writer(file.stem)

    async def read(self) -> list[Record]:
        """The entries, the oldest first, with the changes that wait for the disk or for another program.

        Raises:
            StorageError: the file is there and can't be read.
        """
        pending = list(self._pending)  # what is written until the file is read is in it twice: changes are idempotent
        records = await asyncio.to_thread(self._read)
        for change in pending:
            changed = change(records)
            records = records if changed is None else changed
        return records

    async def change(self, change: Change[Record]) -> None:
        """Replaces the entries.

        Args:
            change: gets the entries and returns those that are to be there; None for no change. What is changed already
                it leaves as it is. Called in a thread.

        Raises:
            StorageError: the file can't be read, so it is not written over; or it can't be written. The change is still
                seen by `read`, and written with the next one.
        """
        self._pending.append(change)
        del self._pending[: -self._limit]
        await self.writer.run(self._write_pending)

    def _write_pending(self) -> None:
        changes = list(self._pending)
        if not changes:  # written with the change before
            return
        with locked(self._lock_file) if self._lock_file else nullcontext():
            records, is_changed = self._read(), False
            for change in changes:
                if (changed := change(records)) is not None:
                    records, is_changed = changed, True
            if is_changed:
                write_atomic(self._file, self._codec.encode(records[-self._limit :]))
        for change in changes:
            with suppress(ValueError):  # dropped meanwhile as one too many
                self._pending.remove(change)

    def _read(self) -> list[Record]:
        try:
            return self._codec.decode(safe_read(self._file)[0])
        except FileNotFoundError:
            return []


class JsonLines(Generic[Record]):
    """A codec: one JSON object a line."""

    def __init__(self, read: Callable[[JsonObject], Record | None], write: Callable[[Record], JsonObject]) -> None:
        """Takes what makes an entry of an object, or None where it is none, and the reverse."""
        self._read_one = read
        self._write_one = write

    def decode(self, data: bytes) -> list[Record]:
        """See `RecordCodec.decode`."""
        records = []
        for line in data.splitlines():
            with suppress(CodecError):
                if (record := self._read_one(parse(line))) is not None:
                    records.append(record)
        return records

    def encode(self, records: Iterable[Record]) -> bytes:
        """See `RecordCodec.encode`."""
        return "".join(dump(self._write_one(each)) + "\n" for each in records).encode()


class OneObject:
    """A codec: all entries in one JSON object."""

    def decode(self, data: bytes) -> list[tuple[str, Json]]:
        """See `RecordCodec.decode`."""
        try:
            return list(parse(data).items())
        except CodecError:
            return []

    def encode(self, records: Iterable[tuple[str, Json]]) -> bytes:
        """See `RecordCodec.encode`."""
        return dump(dict(records)).encode()
