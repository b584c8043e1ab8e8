"""Reading what the user attaches: whole, bounded, text or pixels; and the files that `@` offers."""

from __future__ import annotations

import asyncio
import codecs
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
from chat_tui.storage.atomic import safe_read

TEXT_LIMIT = 1024 * 1024
IMAGE_LIMIT = 10 * 1024 * 1024
"""Bytes of one file."""
LOOKED_AT = 5_000
"""Entries of a directory that are looked at."""
_LANGUAGE = re.compile(r"[\w+#-]{1,20}")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
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
        StorageError: it is not there, too large, or neither text nor an image that models read.
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
    return attachment_of(data, path.name, str(path))


def attachment_of(data: bytes, name: str, path: str = "") -> Attachment:
    """Makes an attachment of bytes that were read.

    Args:
        data: all of them.
        name: as it is shown and sent; an image without a suffix gets one.
        path: where they came from; empty where it can't be read again.

    Raises:
        StorageError: they are too many, or neither text nor an image that models read.
    """
    if clean(path or name, multiline=False) != (path or name):
        raise StorageError(f"The name of {name} has characters that can't be shown. Rename it first.")
    if kind := image_kind(data):
        url = f"data:image/{kind};base64,{b64encode(data).decode()}"
        return Attachment(name if path or "." in name else f"{name}.{kind}", path, len(data), url=url)
    text = text_of(data, name)
    language = Path(name).suffix.removeprefix(".")
    if not _LANGUAGE.fullmatch(language):
        language = "text"
    return Attachment(name, path, len(data), block=fenced(text, f"{language} {name}"))


def image_kind(data: bytes) -> str | None:
    """Which kind of image it is that models read: `png`; None where it is none."""
    return next((kind for magic, kind in _MAGIC if magic.match(data)), None)


def limit_of(start: bytes) -> int:
    """How many bytes may be sent of what begins like this."""
    return IMAGE_LIMIT if image_kind(start) else TEXT_LIMIT


def text_of(data: bytes, name: str) -> str:
    """Decodes a text: UTF-8, or what its byte order mark says. Cleaned; Windows' line ends are kept.

    Args:
        data: the whole of it.
        name: what an error calls it.

    Raises:
        StorageError: it is too large, or no text.
    """
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if not encoding and b"\0" in data[:8192]:
        raise StorageError(f"{name} is not a text file, nor a PNG, JPEG, GIF or WebP image.")
    if len(data) > TEXT_LIMIT:
        raise StorageError(f"{name} is too large: {len(data) / 1e6:.1f} MB, and a text file may have 1.")
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise StorageError(f"{name} begins like {encoding.upper()} text and is not. Convert it first.") from None
        raise StorageError(
            f"{name} is not UTF-8 text (byte {error.start + 1:,} is 0x{data[error.start]:02x}). "
            "Convert it first: iconv -f latin1 -t utf-8"
        ) from None
    return "\r\n".join(clean(each) for each in text.split("\r\n"))


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
    wanted = part.casefold()
    found = [
        name
        for name in _entries(os.path.expanduser(base) or ".")  # noqa: PTH111 - as above
        if wanted in name.casefold() and (part.startswith(".") or not name.startswith("."))
    ]
    found.sort(key=lambda name: (not name.casefold().startswith(wanted), name.casefold()))
    return [base + name for name in found[:limit]]


def _entries(folder: str) -> Iterator[str]:
    """The names in a directory that can be shown; a directory's ends with a slash."""
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        for _, entry in zip(range(LOOKED_AT), entries, strict=False):
            if clean(entry.name, multiline=False) == entry.name:
                with suppress(OSError):
                    yield entry.name + "/" * entry.is_dir()
