"""What a call gave becomes a result: text, JSON and pictures, clean and bounded; the whole of a long one in a file."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import Json
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import MOST_RESULT, Tool, ToolResult
from chat_tui.storage.attachments.reader import IMAGE_LIMIT, image_kind
from chat_tui.storage.files.atomic import write_atomic
from chat_tui.tools.words import one_line

MOST_PICTURES = 8
EMPTY = "[empty]"
_NOT_IN_FILES = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(slots=True)
class Pieces:
    """What a result is made of, in order."""

    texts: list[str] = field(default_factory=list)
    """Clean."""
    pictures: list[str] = field(default_factory=list)
    """As `data:` URLs."""
    is_error: bool = False

    def add_picture(self, data: bytes) -> None:
        """Adds a picture; what is none that models read is named instead."""
        kind = image_kind(data)
        if kind is None or len(data) > IMAGE_LIMIT or len(self.pictures) >= MOST_PICTURES:
            self.texts.append(f"[picture, {_size(len(data))}, not included]")
            return
        self.pictures.append(f"data:image/{kind};base64,{base64.b64encode(data).decode()}")
        self.texts.append(f"[picture: {kind}, {_size(len(data))}]")


def pieces_of(content: list[Any], structured: Any, is_error: bool) -> Pieces:
    """Takes apart what a server sent.

    Args:
        content: content blocks of the SDK.
        structured: the result as JSON; servers send it as text as well, where they follow the protocol.
        is_error: whether the tool says that it failed.
    """
    pieces = Pieces(is_error=is_error)
    for block in content:
        _add(block, pieces)
    if structured is not None and not any(block.type == "text" for block in content):
        pieces.texts.append(clean(json.dumps(structured, ensure_ascii=False, indent=2)))
    return pieces


def _add(block: Any, pieces: Pieces) -> None:
    match block.type:
        case "text":
            pieces.texts.append(clean(block.text))
        case "image":
            pieces.add_picture(decoded(block.data))
        case "audio":
            pieces.texts.append(f"[sound, {_size(len(block.data) * 3 // 4)}, not included]")
        case "resource_link":
            pieces.texts.append(one_line(f"[document: {block.name} {block.uri}]"))
        case "resource":
            _add_resource(block.resource, pieces)


def _add_resource(resource: Any, pieces: Pieces) -> None:
    if (text := getattr(resource, "text", None)) is not None:
        pieces.texts.append(clean(text))
    elif (resource.mime_type or "").startswith("image/"):
        pieces.add_picture(decoded(resource.blob))
    else:
        size = _size(len(resource.blob) * 3 // 4)
        pieces.texts.append(one_line(f"[document: {resource.uri}, {size}, not included]"))


async def result_of(pieces: Pieces, tool: Tool, thread_id: str, folder: Path) -> ToolResult:
    """Makes the result.

    Args:
        pieces: what there is of it.
        tool: names the file.
        thread_id: names the directory of the file; empty for no file.
        folder: below it, each thread has a directory.
    """
    whole = "\n\n".join(each for each in pieces.texts if each) or EMPTY
    data = whole.encode()
    size = len(data) + sum(len(each) * 3 // 4 for each in pieces.pictures)
    text, file = whole, ""
    if len(data) > MOST_RESULT:
        note = f"\n[cut: this is the start of {_size(len(data))}]"
        text = data[: MOST_RESULT - len(note)].decode(errors="ignore") + note
        file = await _save(data, tool, thread_id, folder) if thread_id else ""
    parts: list[Json] = [{"type": "image_url", "image_url": {"url": each}} for each in pieces.pictures]
    return ToolResult(text, parts, pieces.is_error, size, file)


async def _save(data: bytes, tool: Tool, thread_id: str, folder: Path) -> str:
    """Writes the whole where only the user reads it; nothing is lost to the model if that fails."""
    name = f"{time.strftime('%Y%m%dT%H%M%S')}-{time.monotonic_ns() % 10**6:06}-{_safe(tool.ref)}.txt"
    path = folder / _safe(thread_id) / name
    try:
        await asyncio.to_thread(write_atomic, path, data)
    except StorageError:
        return ""
    return str(path)


def _safe(name: str) -> str:
    return _NOT_IN_FILES.sub("-", name)[:80].strip("-") or "-"


def decoded(data: str) -> bytes:
    """Base64 as bytes; none where it is not valid."""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:,.0f} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:,.1f} MB"
