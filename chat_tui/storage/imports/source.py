"""Finds the threads in a file, whichever program wrote it: the content says what it is, never the name."""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import UsageError
from chat_tui.domain.json import Json
from chat_tui.domain.text.clean import clean
from chat_tui.storage.files.atomic import READ_LIMIT, open_regular, safe_read
from chat_tui.storage.files.strict_json import CodecError, parse_value
from chat_tui.storage.imports import chatgpt, claude, database, elia, oterm
from chat_tui.storage.imports.foreign import Findings, UnreadableFileError, as_line, finish
from chat_tui.storage.threads import codec

_MEMBER = re.compile(r"(?:[^/]{1,200}/){0,5}conversations(?:-\d{1,6})?\.json")
"""What an export's archive calls its conversations; large ones are in several files."""
_MOST_MEMBERS = 1_000


@dataclass(frozen=True, slots=True)
class ImportFindings:
    """A thread, and whether it is one of chat-tui's own files."""

    thread: Thread
    is_own: bool = False


def threads_in(path: Path, findings: Findings) -> Generator[ImportFindings]:
    """Reads the threads of a file, one after the other.

    Args:
        path: a JSON file, JSON lines, an export's zip archive, or a database.
        findings: gets what can't be read.

    Raises:
        UsageError: there is no such file, or it is none that could hold threads.
        StorageError: it can't be read.
    """
    start = _start(path)
    try:
        if start == database.MAGIC:
            yield from _in_database(path, findings)
        elif start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from _in_archive(path, findings)
        else:
            if path.stat().st_size > READ_LIMIT:
                raise UnreadableFileError(
                    f"it is larger than {READ_LIMIT // 1024 // 1024} MiB, more than is read at once"
                )
            yield from _in_json(safe_read(path, follow=True)[0], findings)
    except UnreadableFileError as error:
        findings.add(f"{path.name}: {error}")


def _start(path: Path) -> bytes:
    shown = clean(str(path), multiline=False)
    if path.is_dir():
        raise UsageError(f"{shown} is a directory. Name the files in it.")
    if not path.exists():
        raise UsageError(f"No such file: {shown}.")
    if not path.is_file():
        raise UsageError(f"{shown} is not a regular file, so it is not opened.")
    with open_regular(path, follow=True) as stream:
        return stream.read(len(database.MAGIC))


def _in_database(path: Path, findings: Findings) -> Iterator[ImportFindings]:
    log = path.with_name(path.name + "-wal")
    if log.is_file() and log.stat().st_size:
        findings.add(f"{path.name} is open in its program: what that wrote last may be missing")
    with database.opened(path) as tables:
        if elia.is_database(tables):
            threads = elia.read(tables, findings)
        elif oterm.is_database(tables):
            threads = oterm.read(tables, findings, path.stat().st_mtime)
        else:
            raise UnreadableFileError("a database, but neither elia's nor oterm's")
        for thread in threads:
            try:
                yield ImportFindings(finish(thread, None))
            except UnreadableFileError as error:
                findings.add(str(error), thread.title)


def _in_archive(path: Path, findings: Findings) -> Iterator[ImportFindings]:
    left = READ_LIMIT
    try:
        with open_regular(path, follow=True) as stream, zipfile.ZipFile(stream) as archive:
            members = [each for each in archive.infolist() if _MEMBER.fullmatch(each.filename)][:_MOST_MEMBERS]
            if not members:
                raise UnreadableFileError("an archive without a conversations.json")
            for member in sorted(members, key=lambda each: each.filename):
                with archive.open(member) as file:  # what it says of its size is not believed
                    data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise UnreadableFileError(f"its conversations are larger than {READ_LIMIT // 1024 // 1024} MiB")
                yield from _in_json(data, findings)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise UnreadableFileError(f"a damaged archive: {error}") from None
    except RuntimeError:
        raise UnreadableFileError("an archive with a password or of an unusual kind; unpack it first") from None


def _in_json(data: bytes, findings: Findings) -> Iterator[ImportFindings]:
    try:
        value = parse_value(data)
    except CodecError as error:
        lines = [each for each in data.splitlines() if each.strip()]
        if len(lines) < 2 or not all(each.lstrip().startswith(b"{") for each in lines[:2]):
            raise UnreadableFileError(str(error)) from None
        yield from _in_lines(lines, findings)
    else:
        yield from _in_values(value if isinstance(value, list) else [value], findings)


def _in_lines(lines: list[bytes], findings: Findings) -> Iterator[ImportFindings]:
    for line in lines:
        try:
            value = parse_value(line)
        except CodecError as error:
            findings.add(f"lines could not be read: {error}")
        else:
            yield from _in_values([value], findings)


def _in_values(values: list[Json], findings: Findings) -> Iterator[ImportFindings]:
    for value in values:
        if not isinstance(value, dict):
            findings.add("entries that are no conversation were left out")
            continue
        try:
            if chatgpt.is_conversation(value):
                yield ImportFindings(chatgpt.read(value, findings))
            elif claude.is_conversation(value):
                yield ImportFindings(claude.read(value, findings))
            elif "messages" in value or "format" in value:
                yield ImportFindings(codec.thread_from_json(value), is_own=True)
            else:
                findings.add("entries that are no conversation were left out")
        except (UnreadableFileError, CodecError) as error:
            findings.add(str(error), as_line(value.get("title") or value.get("name")))
