"""The files that may hold conversations: one, those of a folder, or those of an archive. Nothing is unpacked."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO

from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import Json
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import READ_LIMIT, open_regular
from chat_tui.storage.imports.assets import Assets
from chat_tui.storage.imports.entries import list_entries
from chat_tui.storage.imports.foreign import TooLargeError, UnreadableFileError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SUFFIXES = (".json", ".jsonl", ".md", ".markdown", ".org", ".yaml", ".yml", ".db", ".sqlite", ".sqlite3", ".zip", "")
_ASIDE = re.compile(
    r"\._.*|\..*|users?|account|message_feedback|shared_conversations|model_comparisons|user_settings|package(-lock)?"
    r"|conversation_asset_file_names|library_files|group_chats|export_manifest|shopping|sora|basispoints",
    re.IGNORECASE,
)
"""Files of an export that hold no conversations."""
_ARCHIVE_LIMITS = 32
"""How many times what is read at once the conversations of an archive may be."""
_MOST_FILES = 100_000
_MOST_BARE = 5_000
"""Files without a suffix that are looked into: Google's AI Studio gives its own none."""
_FIRST = re.compile(r"project|gizmo|gpts|assistants|(^|/)thread\.json$", re.IGNORECASE)
"""What names things that the conversations mention by id."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may hold conversations."""

    name: str
    """With its folders, as it is shown."""
    size: int
    """Bytes, as its archive says; not to be believed."""
    modified: str
    """When it last changed, as thread files have it."""
    open: Callable[[], AbstractContextManager[BinaryIO]]
    path: Path | None = None
    """Of a file that is not in an archive."""

    def read(self) -> bytes:
        """All of it.

        Raises:
            UnreadableFileError: it is larger than is read at once.
        """
        data = b""
        if self.size <= READ_LIMIT:
            with self.open() as stream:
                data = stream.read(self.size + 1)  # memory for all that is asked for is taken at once
                if len(data) > self.size:
                    data += stream.read(READ_LIMIT + 1 - len(data))
        if self.size > READ_LIMIT or len(data) > READ_LIMIT:
            raise UnreadableFileError(
                tr("it is larger than {n} MiB, more than is read at once", n=READ_LIMIT // 1024 // 1024)
            )
        return data

    def entries(self) -> Generator[tuple[Json, int]]:
        """The entries of the list that it holds; see `list_entries`."""
        with self.open() as stream:
            yield from list_entries(stream, READ_LIMIT)


def is_candidate(name: str) -> bool:
    """Whether a file of this name may hold conversations."""
    path = PurePosixPath(name)
    return (
        path.suffix.lower() in _SUFFIXES
        and not _ASIDE.fullmatch(path.stem)
        and not any(each.startswith((".", "__MACOSX")) or each == "node_modules" for each in path.parts[:-1])
    )


def in_order(files: list[SourceFile]) -> list[SourceFile]:
    """Files by name; those first that say what others mention."""
    return sorted(files, key=lambda each: (not _FIRST.search(each.name), each.name))


def a_file(path: Path, name: str = "") -> SourceFile:
    """A file on disk."""
    status = path.stat()

    return SourceFile(
        name or path.name, status.st_size, _time(status.st_mtime), partial(open_regular, path, follow=True), path
    )


def in_folder(folder: Path) -> tuple[list[SourceFile], Assets]:
    """The files of a folder and those below it, and what may lie beside them. Links are not followed."""
    files: list[SourceFile] = []
    names: list[str] = []
    for base, below, found in os.walk(folder):
        below[:] = sorted(each for each in below if not each.startswith("."))
        for each in found:
            path = Path(base, each)
            name = path.relative_to(folder).as_posix()
            if len(names) >= _MOST_FILES or path.is_symlink():
                continue
            names.append(name)
            if is_candidate(name):
                with suppress(OSError):
                    files.append(a_file(path, name))

    def read(name: str, limit: int) -> bytes | None:
        try:
            with open_regular(folder / name, follow=False) as stream:
                return stream.read(limit)
        except (OSError, StorageError):
            return None

    return in_order([each for each in files if _may_hold(each)]), Assets(names, read)


def _may_hold(file: SourceFile) -> bool:
    """Whether a file without a suffix begins as JSON or a database does."""
    if PurePosixPath(file.name).suffix or file.path is None:
        return True
    try:
        with open_regular(file.path, follow=False) as stream:
            return stream.read(16).lstrip().startswith((b"{", b"[", b"SQLite"))
    except (OSError, StorageError):
        return False


class _Counted(io.RawIOBase):
    """A stream whose bytes are counted."""

    def __init__(self, stream: IO[bytes], count: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._count = count

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Reads as much as there is room for."""
        room = memoryview(buffer).cast("B")
        data = self._stream.read(len(room))
        self._count(len(data))
        room[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Closes the stream."""
        self._stream.close()
        super().close()


class Archive:
    """The members of a zip archive. It is open for as long as they are read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = READ_LIMIT * _ARCHIVE_LIMITS
        members = [each for each in archive.infolist()[:_MOST_FILES] if not each.is_dir()]
        self.assets = Assets((each.filename for each in members), self._asset)
        bare = 0
        files: list[SourceFile] = []
        for each in members:
            if not is_candidate(each.filename) or each.filename.lower().endswith(".zip"):
                continue
            if not PurePosixPath(each.filename).suffix:
                bare += 1
                if bare > _MOST_BARE or not self._begins_as_json(each):
                    continue
            when = _member_time(each)
            files.append(SourceFile(each.filename, each.file_size, when, partial(self._open, each)))
        self.files = in_order(files)

    def _open(self, member: zipfile.ZipInfo) -> BinaryIO:
        return io.BufferedReader(_Counted(self._archive.open(member), self._count))

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            limit = READ_LIMIT * _ARCHIVE_LIMITS // 1024 // 1024
            raise TooLargeError(tr("its conversations are larger than {n:,} MiB", n=limit))

    def _asset(self, name: str, limit: int) -> bytes | None:
        with self._archive.open(name) as file:
            return file.read(limit)

    def _begins_as_json(self, member: zipfile.ZipInfo) -> bool:
        with self._archive.open(member) as file:
            return file.read(16).lstrip().startswith((b"{", b"["))


def _member_time(member: zipfile.ZipInfo) -> str:
    with suppress(ValueError):
        return f"{datetime(*member.date_time, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"
    return ""


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
