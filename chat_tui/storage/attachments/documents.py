"""Text out of PDF, Office and HTML documents, read by libraries of the extra `[files]` in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from chat_tui.domain.errors import StorageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn
from chat_tui.storage.attachments import document_child

DOCUMENT_LIMIT = 32 * 1024 * 1024
"""Bytes of a document: only its text is sent."""
UNPACKED_LIMIT = 256 * 1024 * 1024
"""Bytes that the files packed in a document may have together."""
TIME_LIMIT = 60.0
"""Seconds that reading may take; what was read by then counts."""
CHILD = (sys.executable, "-P", "-m", "chat_tui.storage.attachments.document_child")
INSTALL = "pip install 'chat-tui[files]'"
_LINE_LIMIT = 64 * 1024 * 1024
_PACKED = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "sheets"}
_PACKED |= {"xl/workbook.bin": "sheets"}
_TITLES = {
    "pdf": tr("a PDF"),
    "docx": tr("a Word document"),
    "pptx": tr("a presentation"),
    "sheets": tr("a workbook"),
    "html": tr("a web page"),
}
_PROBLEMS = {
    document_child.DAMAGED: tr("it is damaged"),
    document_child.TOO_DEEP: tr("it is nested too deeply"),
    document_child.PROTECTED: tr("it is protected by a password"),
    document_child.TOO_MUCH_MEMORY: tr("it takes too much memory"),
}
"""What the child says, which speaks English."""


@dataclass(slots=True)
class DocumentText:
    """What a document says."""

    text: str
    """Each page or slide under its name, with a line for what is left out."""
    note: str = ""
    """How much of it that is: `12 pages`, `40 of 300 pages`."""


@dataclass(slots=True)
class _Parts:
    """What the child has written so far."""

    blocks: list[str] = field(default_factory=list)
    size: int = 0
    count: int = 0
    total: int = 0
    unit: str = ""
    is_blank: bool = True
    error: str = ""
    left_out: str = ""
    """Why the rest is not there."""


def document_kind(data: bytes) -> str | None:
    """Which kind of document bytes are; None where they are none that can be read.

    Args:
        data: all of them, or, for a PDF, the first thousand.
    """
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if not data.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype")
                return "sheets" if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet") else None
            return next((kind for name, kind in _PACKED.items() if name in names), None)
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError):
        return None


async def document_text(data: bytes, kind: str, name: str, limit: int, child: tuple[str, ...] = CHILD) -> DocumentText:
    """Takes the text out of a document.

    Args:
        data: the whole of it.
        kind: as `document_kind` says, or `html`.
        name: what an error calls it.
        limit: bytes of text; what is beyond is left out, which the text and the note say.
        child: the command of the process that reads.

    Raises:
        StorageError: it can't be read, has no text, or the libraries for it are not installed.
    """
    if data.startswith(b"PK") and (size := _unpacked_size(data)) > UNPACKED_LIMIT:
        raise StorageError(tr("{name} unpacks to {size:,.0f} MB, more than is read.", name=name, size=size / 1e6))
    parts = await _read(data, kind, name, limit, child)
    if parts.error or not parts.count:
        why = clean(_PROBLEMS.get(parts.error, parts.error) or tr("it is damaged"), multiline=False)
        raise StorageError(tr("Could not read {name}, {kind}: {why}.", name=name, kind=_TITLES[kind], why=why))
    if parts.is_blank:
        raise StorageError(
            tr(
                "{name} has no text: {kind} of pictures only. Attach its pages as images.",
                name=name,
                kind=_TITLES[kind],
            )
        )
    return _put_together(parts, kind)


def _unpacked_size(data: bytes) -> int:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return 0


async def _read(data: bytes, kind: str, name: str, limit: int, child: tuple[str, ...]) -> _Parts:
    environ = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
    process = await asyncio.create_subprocess_exec(
        *child,
        kind,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environ,
        limit=_LINE_LIMIT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    parts = _Parts()
    feeding = asyncio.create_task(_feed(process.stdin, data))
    try:
        async with asyncio.timeout(TIME_LIMIT):
            while not parts.left_out and (line := await process.stdout.readline()):
                _take(json.loads(line), parts, limit, name)
    except TimeoutError:
        parts.left_out = f"reading took longer than {TIME_LIMIT:.0f} s"
        parts.error = parts.error or ("" if parts.count else tr("it took longer than {n:.0f} s", n=TIME_LIMIT))
    except ValueError:  # a line beyond the limit
        parts.left_out = "it is too long"
    finally:
        feeding.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.gather(feeding, process.wait(), return_exceptions=True)
    return parts


async def _feed(stdin: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        stdin.write(data)
        await stdin.drain()
        stdin.close()
        await stdin.wait_closed()


def _take(answer: dict[str, Any], parts: _Parts, limit: int, name: str) -> None:
    if answer.get("missing"):
        raise StorageError(tr("To read {name}, install the extra for documents: {command}", name=name, command=INSTALL))
    if "error" in answer:
        if parts.count:
            parts.left_out = str(answer["error"])
        parts.error = "" if parts.count else str(answer["error"])
        return
    parts.total = int(answer["total"])
    title, text = str(answer["name"]), clean(str(answer["text"])).strip()
    parts.unit = parts.unit or title.partition(" ")[0]
    size = len(text.encode())
    if parts.size + size > limit:
        parts.left_out = f"the text is longer than {limit / 2**20:g} MB"
        text = text.encode()[: limit - parts.size].decode(errors="ignore") if not parts.count else ""
        if not text:
            return
    parts.size += size
    parts.count += 1
    parts.is_blank = parts.is_blank and not text
    images = int(answer["images"])
    pictures = f"[{images} {'picture' if images == 1 else 'pictures'}, not included]" if images else ""
    heading = f"[{title} of {parts.total}]" if parts.total > 1 or title else ""
    parts.blocks.append("\n".join(each for each in (heading, text, pictures) if each))


def _put_together(parts: _Parts, kind: str) -> DocumentText:
    blocks, units = parts.blocks, f"{parts.unit}s" if parts.total != 1 else parts.unit
    note = _count(kind, parts.total) if parts.unit else ""
    if parts.left_out:
        rest = f"{units} {parts.count + 1} to {parts.total} are" if parts.count < parts.total else "the rest is"
        blocks.append(f"[{rest} not included: {parts.left_out}]")
        is_cut = parts.count == parts.total
        note = tr("cut") if is_cut else tr("{n} of {total}", n=parts.count, total=_count(kind, parts.total))
    return DocumentText("\n\n".join(blocks), note)


def _count(kind: str, number: int) -> str:
    if kind == "pdf":
        return trn("{n} page", "{n} pages", number)
    return trn("{n} slide", "{n} slides", number) if kind == "pptx" else trn("{n} sheet", "{n} sheets", number)
