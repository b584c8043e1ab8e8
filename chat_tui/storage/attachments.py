"""Reading what the user attaches: whole, bounded, text or pixels; and the files that `@` offers."""

from __future__ import annotations

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chat_tui.domain.clean import clean
from chat_tui.domain.draft import Attachment
from chat_tui.domain.errors import StorageError
from chat_tui.domain.fence import fenced
from chat_tui.domain.fuzzy import search
from chat_tui.storage.atomic import safe_read

TEXT_LIMIT = 1024 * 1024
IMAGE_LIMIT = 10 * 1024 * 1024
"""Bytes of one file."""
LOOKED_AT = 5_000
"""Entries of a directory that are looked at."""
_LANGUAGE = re.compile(r"[\w+#-]{1,20}")
_MAGIC = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpeg"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
)


def read_attachment(name: str) -> Attachment:
    """Reads a file to be sent: text as a fenced block that bears its name, an image as a data URL.

    Args:
        name: a path; `~` is the home directory.

    Raises:
        StorageError: it is not there, too large, or neither UTF-8 text nor an image that models read.
    """
    try:
        path = Path(os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111 - Path's raise for "~nobody"
        if path.is_dir():
            raise StorageError(f"{name} is a directory, not a regular file.")
        size = path.stat().st_size
        if size > IMAGE_LIMIT:
            raise StorageError(f"{path.name} is too large: {size / 1e6:.1f} MB, and an image may have 10, a text 1.")
        data, _ = safe_read(path, IMAGE_LIMIT, follow=True)
    except (FileNotFoundError, ValueError):  # ValueError: a NUL in the name
        raise StorageError(f"There is no file {name}.") from None
    except OSError as error:
        raise StorageError(f"Could not read {name}: {error.strerror}.") from error
    if clean(str(path), multiline=False) != str(path):
        raise StorageError(f"The name of {name} has characters that can't be shown. Rename it first.")
    kind = next((kind for magic, kind in _MAGIC if magic.match(data)), None)
    if kind:
        url = f"data:image/{kind};base64,{b64encode(data).decode()}"
        return Attachment(path.name, str(path), len(data), url=url)
    text = _text(path, data)
    language = path.suffix.removeprefix(".")
    if not _LANGUAGE.fullmatch(language):
        language = "text"
    return Attachment(path.name, str(path), len(data), block=fenced(clean(text), f"{language} {path.name}"))


def _text(path: Path, data: bytes) -> str:
    if b"\0" in data[:8192]:
        raise StorageError(f"{path.name} is not a text file, nor a PNG, JPEG, GIF or WebP image.")
    if len(data) > TEXT_LIMIT:
        raise StorageError(f"{path.name} is too large: {len(data) / 1e6:.1f} MB, and a text file may have 1.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StorageError(f"{path.name} is not UTF-8 text. Convert it first.") from None


class FileAttachments:
    """Implements `keeping.Attachments`, from the directory in which the program was started."""

    async def read(self, name: str) -> Attachment:
        """See `keeping.Attachments.read`."""
        return await asyncio.to_thread(read_attachment, name)

    async def is_file(self, name: str) -> bool:
        """See `keeping.Attachments.is_file`."""
        return await asyncio.to_thread(_is_file, name)

    async def matches(self, typed: str, limit: int) -> list[str]:
        """See `keeping.Attachments.matches`."""
        return await asyncio.to_thread(_matches, typed, limit)


def _is_file(name: str) -> bool:
    with suppress(ValueError):  # a NUL in the name
        return os.path.isfile(os.path.expanduser(name))  # noqa: PTH111, PTH113 - Path's raise for "~nobody"
    return False


def _matches(typed: str, limit: int) -> list[str]:
    folder, _, part = typed.rpartition("/")
    if typed == "~":
        return ["~/"]
    base = folder + "/" if "/" in typed else ""
    names = sorted(
        (
            name
            for name in _entries(os.path.expanduser(base) or ".")  # noqa: PTH111 - as above
            if part.startswith(".") or not name.startswith(".")
        ),
        key=str.casefold,
    )
    found = search(part, names, lambda name: (name,))
    found.sort(key=lambda each: not each[0].casefold().startswith(part.casefold()))
    return [base + name for name, _ in found[:limit]]


def _entries(folder: str) -> Iterator[str]:
    """The names in a directory that can be shown; a directory's ends with a slash."""
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        for _, entry in zip(range(LOOKED_AT), entries, strict=False):
            if clean(entry.name, multiline=False) == entry.name:
                with suppress(OSError):
                    yield entry.name + "/" * entry.is_dir()
