"""Finds the threads in a file, a folder or an archive, whichever program wrote it: the content says what it is."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import open_regular
from chat_tui.storage.files.strict_json import CodecError, parse_value
from chat_tui.storage.imports import database, registry
from chat_tui.storage.imports.files import Archive, SourceFile, a_file, in_folder
from chat_tui.storage.imports.foreign import ImportContext, TooLargeError, UnreadableFileError, as_line
from chat_tui.storage.imports.shapes import shape_of
from chat_tui.storage.threads import codec

_ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")
OWN = "chat-tui"
_DEPTH = 3
"""Levels of objects in which conversations are looked for."""


@dataclass(frozen=True, slots=True)
class ImportFindings:
    """A thread, and where it came from."""

    thread: Thread
    kind: str
    """The name of the program that wrote it."""
    done: int = 0
    """How much of what is read is done with: bytes of many files, entries of one."""
    total: int = 0

    @property
    def is_own(self) -> bool:
        """Whether it is one of chat-tui's own files."""
        return self.kind == OWN


def threads_in(path: Path, context: ImportContext) -> Generator[ImportFindings]:
    """Reads the threads of a file, one after the other.

    Args:
        path: a file of JSON, of JSON lines or of text, a zip archive, a database, or a folder of such.
        context: gets what can't be read.

    Raises:
        UsageError: there is no such file, or it is none that could hold threads.
        StorageError: it can't be read.
    """
    if path.is_dir():
        files, context.assets = in_folder(path)
        yield from _in_files(files, context)
        return
    _check(path)
    try:
        yield from _in_file(a_file(path), context)
    except UnreadableFileError as error:
        context.findings.add(f"{path.name}: {error}")


def _check(path: Path) -> None:
    shown = clean(str(path), multiline=False)
    if not path.exists():
        raise UsageError(tr("No such file: {path}.", path=shown))
    if not path.is_file():
        raise UsageError(tr("{path} is not a regular file, so it is not opened.", path=shown))


def _in_files(files: list[SourceFile], context: ImportContext) -> Iterator[ImportFindings]:
    """Reads many files; those that hold no thread are told together."""
    done, total = 0, sum(each.size for each in files)
    found = False
    unknown: list[tuple[str, str]] = []
    for each in files:
        reading = ImportContext(context.findings, context.assets, context.names, context.instructions, context.prompts)
        try:
            for thread in _in_file(each, reading):
                found = True
                part = each.size * thread.done // thread.total if thread.total else 0
                yield ImportFindings(thread.thread, thread.kind, done + part, total)
        except TooLargeError:
            raise
        except (UnreadableFileError, StorageError) as error:
            if not str(error).startswith("an empty "):
                unknown.append((each.name, str(error)))
        done += each.size
    if not found and len(unknown) < 2:
        raise UnreadableFileError(unknown[0][1] if unknown else tr("no file in it holds conversations"))
    for name, reason in unknown:
        if PurePosixPath(name).suffix in (".json", ".jsonl", ".db", ".sqlite", ".sqlite3", ".zip"):
            context.findings.add(tr("files could not be read: {reason}", reason=reason), name)


def _in_file(file: SourceFile, context: ImportContext) -> Iterator[ImportFindings]:
    context.modified, context.name = file.modified, PurePosixPath(file.name).stem
    if file.path is not None:
        with open_regular(file.path, follow=True) as stream:
            start = stream.read(len(database.MAGIC))
        if start == database.MAGIC:
            yield from _in_database(file.path, context)
            return
        if start.startswith(_ARCHIVE):
            yield from _in_archive(file.path, context)
            return
    yield from _in_list(file, context)


def _in_database(path: Path, context: ImportContext) -> Iterator[ImportFindings]:
    log = path.with_name(path.name + "-wal")
    if log.is_file() and log.stat().st_size:
        context.findings.add(tr("{file} is open in its program: what that wrote last may be missing", file=path.name))
    with database.opened(path) as tables:
        for kind, thread in registry.threads_of(tables, context):
            yield ImportFindings(thread, kind)


def _in_archive(path: Path, context: ImportContext) -> Iterator[ImportFindings]:
    try:
        with open_regular(path, follow=True) as stream, zipfile.ZipFile(stream) as opened:
            archive = Archive(opened)
            context.assets = archive.assets
            if not archive.files:
                raise UnreadableFileError(tr("an archive without a file that could hold conversations"))
            yield from _in_files(archive.files, context)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise UnreadableFileError(tr("a damaged archive: {error}", error=error)) from None
    except (RuntimeError, NotImplementedError):
        raise UnreadableFileError(tr("an archive with a password or of an unusual kind; unpack it first")) from None


def _in_list(file: SourceFile, context: ImportContext) -> Iterator[ImportFindings]:
    """Reads a list of conversations an entry at a time, whatever its length; any other file as a whole."""
    count, unread = 0, list[Json]()
    entries = file.entries()
    try:
        for value, done in entries:
            if not count and (not _is_known(value) or _is_known([value])):
                break  # no conversation of its own: the list is one, or something else
            count += 1
            if isinstance(value, dict) and _is_known(value):
                registry.note_names(value, context)
                for found in _in_known(value, context):
                    yield ImportFindings(found.thread, found.kind, done, file.size)
            else:
                unread.append(value)
    except CodecError as error:
        if count:
            raise UnreadableFileError(
                tr("only its first {n:,} entries could be read: {error}", n=count, error=error)
            ) from None
    finally:
        entries.close()
    if unread:
        context.findings.add(tr("{shape} can't be read yet", shape=shape_of(unread)), context.name)
    if not count:
        data = file.read()
        if data.startswith(database.MAGIC):
            raise UnreadableFileError(tr("a database in an archive; unpack it first"))
        yield from _in_data(data, context)


def _in_data(data: bytes, context: ImportContext) -> Iterator[ImportFindings]:
    try:
        value = parse_value(data)
    except CodecError as error:
        lines = [each for each in data.splitlines() if each.strip()]
        if len(lines) < 2 or not all(each.lstrip().startswith(b"{") for each in lines[:2]):
            yield from _in_text(data, str(error), context)
            return
        yield from _in_lines(lines, context)
    else:
        yield from _in_value(value, context)


def _in_text(data: bytes, reason: str, context: ImportContext) -> Iterator[ImportFindings]:
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UnreadableFileError(reason) from None
    for label, read in registry.TEXTS:
        if (threads := read(text, context)) is not None:
            yield from (ImportFindings(thread, label) for thread in threads)
            return
    raise UnreadableFileError(tr("{reason}; nor is it a text in which turns can be told apart", reason=reason))


def _in_lines(lines: list[bytes], context: ImportContext) -> Iterator[ImportFindings]:
    values: list[Json] = []
    for line in lines:
        try:
            values.append(parse_value(line))
        except CodecError as error:
            context.findings.add(tr("lines could not be read: {error}", error=error))
    yield from _in_value(values, context)


def _in_value(value: Json, context: ImportContext, depth: int = 0) -> Iterator[ImportFindings]:
    """Reads what one of the formats takes; else each entry of a list, or what an object holds, by itself."""
    if _is_known(value):
        if isinstance(value, dict):
            registry.note_names(value, context)
        yield from _in_known(value, context)
        return
    unread: list[Json] = []
    entries = value if isinstance(value, list) else registry.inside(value) if depth < _DEPTH else []
    for each in entries:
        if isinstance(each, dict):
            registry.note_names(each, context)
    for number, each in enumerate(entries, 1):
        if _is_known(each) or (not isinstance(value, list) and _holds(each)):
            for found in _in_value(each, context, depth + 1):
                if isinstance(value, list):
                    yield ImportFindings(found.thread, found.kind, number, len(entries))
                else:
                    yield found
        elif isinstance(value, list):
            unread.append(each)
    if isinstance(value, list) and len(unread) < len(value):
        if unread:
            context.findings.add(tr("{shape} can't be read yet", shape=shape_of(unread)), context.name)
    elif not any(_is_known(each) or _holds(each) for each in entries):
        raise UnreadableFileError(tr("{shape} can't be read yet", shape=shape_of(value)))


def _holds(value: Json, depth: int = 0) -> bool:
    """Whether there is something known in a value."""
    entries = value if isinstance(value, list) else registry.inside(value)
    if any(_is_known(each) for each in entries[:1_000]):
        return True
    return depth < _DEPTH and isinstance(value, dict) and any(_holds(each, depth + 1) for each in entries)


def _is_own(value: Json) -> bool:
    return isinstance(value, dict) and "format" in value and ("messages" in value or "version" in value)


def _is_known(value: Json) -> bool:
    return _is_own(value) or any(each.matches(value) for each in registry.FORMATS)


def _in_known(value: Json, context: ImportContext) -> Iterator[ImportFindings]:
    source: JsonObject = value if isinstance(value, dict) else {}
    try:
        if source.get("format") == codec.EXPORT_FORMAT:  # the index of a folder of exports
            return
        if _is_own(value):
            yield ImportFindings(codec.thread_from_json(source), OWN)
            return
        found = next(each for each in registry.FORMATS if each.matches(value))
        for thread in found.read(value, context):
            yield ImportFindings(thread, found.label)
    except (UnreadableFileError, CodecError) as error:
        context.findings.add(str(error), as_line(source.get("title") or source.get("name")))
