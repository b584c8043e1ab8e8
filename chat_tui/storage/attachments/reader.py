"""Reading what the user attaches: bounded, as text or pixels; and the files that `@` offers."""

from __future__ import annotations

import asyncio
import codecs
import os
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from chat_tui.domain.conversation.draft import Attachment, is_address
from chat_tui.domain.errors import ProviderError, StorageError
from chat_tui.domain.ports.files import WebPage
from chat_tui.domain.search.fuzzy import search
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.fence import fenced
from chat_tui.i18n import tr
from chat_tui.storage.attachments.documents import DOCUMENT_LIMIT, document_kind, document_text
from chat_tui.storage.attachments.threads import PREFIX, ThreadReader, read_thread, thread_names
from chat_tui.storage.files.atomic import safe_read

TEXT_LIMIT = 1024 * 1024
IMAGE_LIMIT = 10 * 1024 * 1024
"""Bytes of one file."""
LOOKED_AT = 5_000
"""Entries of a directory that are looked at."""
_LANGUAGE = re.compile(r"[\w+#-]{1,20}")
_READ = tr("an image (PNG, JPEG, GIF, WebP) or a document (PDF, .docx, .pptx, .xlsx, .ods)")
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


async def read_attachment(name: str) -> Attachment:
    """Reads a file to be sent: text as a fenced block that bears its name, an image as a data URL.

    Args:
        name: a path; `~` is the home directory.

    Raises:
        StorageError: it is not there, too large, or nothing that a model reads.
    """
    path, data = await asyncio.to_thread(_load, name)
    return await attachment_of(data, path.name, str(path))


def _load(name: str) -> tuple[Path, bytes]:
    try:
        path = Path(os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111 - Path's raise for "~nobody"
        if path.is_dir():
            raise StorageError(tr("{name} is a directory, not a regular file.", name=name))
        size = path.stat().st_size
        if size > DOCUMENT_LIMIT:
            raise _too_large(path.name, size)
        return path, safe_read(path, DOCUMENT_LIMIT, follow=True)[0]
    except (FileNotFoundError, ValueError):  # ValueError: a NUL in the name
        raise StorageError(tr("No such file: {name}.", name=name)) from None
    except OSError as error:
        raise StorageError(tr("Could not read {name}: {error}.", name=name, error=error.strerror)) from error


def _too_large(name: str, size: int) -> StorageError:
    return StorageError(
        tr(
            "{name} is too large ({size:.1f} MB). The limit of a document is {document} MB, of an image "
            "{image} MB, of a text {text} MB.",
            name=name,
            size=size / 1_000_000,
            document=DOCUMENT_LIMIT >> 20,
            image=IMAGE_LIMIT >> 20,
            text=TEXT_LIMIT >> 20,
        )
    )


async def attachment_of(data: bytes, name: str, path: str = "", kind: str | None = None) -> Attachment:
    """Makes an attachment of bytes that were read.

    Args:
        data: all of them.
        name: as it is shown and sent; an image without a suffix gets one.
        path: where they came from; empty where it can't be read again.
        kind: `html` of a web page; anything else is known by its bytes.

    Raises:
        StorageError: they are too many, or nothing that a model reads.
    """
    if clean(path or name, multiline=False) != (path or name):
        raise StorageError(tr("The name of {name} has characters that can't be shown. Rename it first.", name=name))
    if len(data) > limit_of(data):
        raise _too_large(name, len(data))
    if image := image_kind(data):
        url = f"data:image/{image};base64,{b64encode(data).decode()}"
        return Attachment(name if path or "." in name else f"{name}.{image}", path, len(data), url=url)
    if kind := kind or document_kind(data):
        document = await document_text(data, kind, name, TEXT_LIMIT)
        block = fenced(document.text, f"{'markdown' if kind in ('html', 'docx') else 'text'} {name}")
        return Attachment(name, path, len(data), block=block, note=document.note)
    text = text_of(data, name)
    language = Path(urlsplit(name).path if is_address(name) else name).suffix.removeprefix(".")
    if not _LANGUAGE.fullmatch(language):
        language = "text"
    return Attachment(name, path, len(data), block=fenced(text, f"{language} {name}"))


def image_kind(data: bytes) -> str | None:
    """Which kind of image it is that models read: `png`; None where it is none."""
    return next((kind for magic, kind in _MAGIC if magic.match(data)), None)


def limit_of(start: bytes) -> int:
    """How many bytes may be sent of what begins like this."""
    if image_kind(start):
        return IMAGE_LIMIT
    return DOCUMENT_LIMIT if b"%PDF-" in start[:1024] or start.startswith(b"PK\x03\x04") else TEXT_LIMIT


def text_of(data: bytes, name: str) -> str:
    """Decodes a text: UTF-8, or what its byte order mark says. Cleaned; Windows' line ends are kept.

    Args:
        data: the whole of it.
        name: what an error calls it.

    Raises:
        StorageError: it is no text.
    """
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if not encoding and b"\0" in data[:8192]:
        if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            raise StorageError(
                tr("{name} is in an old Office format. Save it as .docx, .pptx or .xlsx first.", name=name)
            )
        raise StorageError(tr("{name} is not a text file, nor {kinds}.", name=name, kinds=_READ))
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise StorageError(
                tr(
                    "{name} begins like {encoding} text but is not valid. Convert it first.",
                    name=name,
                    encoding=encoding.upper(),
                )
            ) from None
        raise StorageError(
            tr(
                "{name} is not UTF-8 text (byte {n:,} is 0x{value:02x}). Convert it first: iconv -f latin1 -t utf-8",
                name=name,
                n=error.start + 1,
                value=data[error.start],
            )
        ) from None
    return "\r\n".join(clean(each) for each in text.split("\r\n"))


Fetch = Callable[[str, int], Awaitable[WebPage]]
"""Gets a page of the web: its address, and how many bytes it may have."""


class FileAttachments:
    """Implements `Attachments`, from the directory in which the program was started."""

    def __init__(self, fetch: Fetch | None = None, threads: ThreadReader | None = None) -> None:
        """Reads nothing yet.

        Args:
            fetch: gets pages of the web; raises `ProviderError`. None: there are none.
            threads: reads other threads. None: there are none.
        """
        self._fetch = fetch
        self._threads = threads

    async def read(self, name: str) -> Attachment:
        """See `Attachments.read`."""
        if is_address(name) and self._fetch is not None:
            return await read_page(name, self._fetch)
        if name.startswith(PREFIX) and self._threads is not None:
            return await read_thread(name, self._threads, TEXT_LIMIT)
        return await read_attachment(name)

    async def exists(self, name: str) -> bool:
        """See `Attachments.exists`."""
        return name.startswith(PREFIX) or await asyncio.to_thread(_exists, name)

    async def matches(self, typed: str, limit: int) -> list[str]:
        """See `Attachments.matches`."""
        if typed.startswith(PREFIX) and self._threads is not None:
            return await thread_names(typed, self._threads, limit)
        return await asyncio.to_thread(_matches, typed, limit)


async def read_page(url: str, fetch: Fetch) -> Attachment:
    """Gets a page of the web and takes its text, or its picture.

    Raises:
        StorageError: it can't be had, or is nothing that a model reads.
    """
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and not parts.username
    except ValueError:
        usable = False
    if not usable:
        raise StorageError(tr("{url} is not an address that can be attached.", url=url))
    try:
        page = await fetch(url, DOCUMENT_LIMIT)
    except ProviderError as error:
        raise StorageError(str(error)) from error
    data = page.data
    is_html = page.media_type in ("text/html", "application/xhtml+xml") and image_kind(data) is None
    if page.charset and not is_html and page.media_type.startswith("text/"):
        with suppress(LookupError, UnicodeDecodeError):
            data = data.decode(page.charset).encode()
    return await attachment_of(data, url, url, "html" if is_html else None)


def _exists(name: str) -> bool:
    with suppress(ValueError):  # a NUL in the name
        return os.path.exists(os.path.expanduser(name))  # noqa: PTH110, PTH111 - Path's raise for "~nobody"
    return False


def _matches(typed: str, limit: int) -> list[str]:
    if is_address(typed):
        return [typed.rstrip("/")] if urlsplit(typed).hostname else []
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
