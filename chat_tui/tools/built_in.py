"""The program's own tools, which only read: a page of the web, a file below folders that the user names."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from chat_tui.domain.conversation.draft import Attachment
from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.ports.files import WebPage
from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import BUILT_IN, Tool
from chat_tui.storage.attachments.documents import DOCUMENT_LIMIT
from chat_tui.storage.attachments.reader import attachment_of, read_page
from chat_tui.storage.files.atomic import safe_read
from chat_tui.tools.results import Pieces
from chat_tui.tools.words import one_line

MOST_NAMES = 500
"""Of a directory that is listed."""

WEB_FETCH = Tool(
    BUILT_IN,
    "web_fetch",
    "Fetches one page of the public web and returns its text as Markdown, or the text of a PDF or Office document. "
    "Redirects to another host are reported, not followed.",
    {
        "type": "object",
        "properties": {"url": {"type": "string", "description": "The whole address, beginning with https://"}},
        "required": ["url"],
        "additionalProperties": False,
    },
    "Fetch a web page",
    claims_read_only=True,
)


def read_file_tool(folders: Sequence[str]) -> Tool:
    """The tool for these folders, which its description names."""
    return Tool(
        BUILT_IN,
        "read_file",
        "Reads one file: text, image, PDF or Office document; of a directory, the names in it. "
        f"Only below: {', '.join(clean(each, multiline=False) for each in folders)}",
        {
            "type": "object",
            "properties": {"path": {"type": "string", "description": "Absolute, or relative to one of the folders"}},
            "required": ["path"],
            "additionalProperties": False,
        },
        "Read a file",
        claims_read_only=True,
    )


class BuiltInTools:
    """Has the tools, and runs them."""

    def __init__(
        self,
        fetch: Callable[[str, int], Awaitable[WebPage]],
        folders: Callable[[], Sequence[str]],
        private: Sequence[Path],
    ) -> None:
        """Touches nothing.

        Args:
            fetch: gets a page of the public web, of so many bytes; raises `ProviderError`.
            folders: absolute: what may be read, as it is set now.
            private: directories that may not be, even so: they hold keys and conversations.
        """
        self._fetch = fetch
        self._folders = folders
        self._private = private

    def tools(self) -> tuple[Tool, ...]:
        """Those that there are now."""
        folders = self._folders()
        return (WEB_FETCH, read_file_tool(folders)) if folders else (WEB_FETCH,)

    async def run(self, tool: Tool, arguments: JsonObject) -> Pieces:
        """Runs a call.

        Raises:
            ToolError: it can't be had.
        """
        try:
            if tool.name == WEB_FETCH.name:
                return _pieces(await read_page(_argument(arguments, "url"), self._fetch))
            return await self._read(_argument(arguments, "path"))
        except StorageError as error:
            raise ToolError(clean(str(error), multiline=False)) from error

    async def _read(self, path: str) -> Pieces:
        found = await asyncio.to_thread(self._open, path)
        if isinstance(found, list):
            return Pieces(texts=["\n".join(found)])
        data, name = found
        return _pieces(await attachment_of(data, name))

    def _open(self, written: str) -> tuple[bytes, str] | list[str]:
        """What is in a file, and its name; or the names in a directory."""
        for folder in self._folders():
            root = os.path.realpath(folder)
            try:
                real = os.path.realpath(os.path.join(root, os.path.expanduser(written)))  # noqa: PTH111, PTH118
            except ValueError:  # a NUL
                break
            if not _is_within(real, root):
                continue
            if any(_is_within(real, os.path.realpath(each)) for each in self._private):
                raise ToolError("That is where chat-tui keeps its own files, which no tool reads.")
            if os.path.lexists(real):  # noqa: PTH110
                return _names(real) if os.path.isdir(real) else (_read_below(root, real), Path(real).name)  # noqa: PTH112
        shown = one_line(written)
        raise ToolError(f"There is no file {shown} in the folders that may be read.")


def page_host(arguments: JsonObject) -> str:
    """The host that `web_fetch` would ask; what is no address, as it is."""
    url = arguments.get("url")
    with suppress(ValueError):
        if isinstance(url, str) and (host := urlsplit(url).hostname):
            return one_line(host)
    return one_line(str(url))


def _argument(arguments: JsonObject, name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ToolError(f"The argument {name} is missing.")
    return value.strip()


def _pieces(attachment: Attachment) -> Pieces:
    pieces = Pieces()
    if attachment.url:
        pieces.add_picture(base64.b64decode(attachment.url.partition(",")[2]))
    if attachment.block:
        pieces.texts.append(attachment.block)
    return pieces


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _names(folder: str) -> list[str]:
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(names) == MOST_NAMES:
                    return [*sorted(names), f"[only {MOST_NAMES} names are listed]"]
                names.append(clean(entry.name, multiline=False) + "/" * entry.is_dir())
    except OSError as error:
        raise ToolError(f"Could not list {one_line(folder)}: {error.strerror}.") from error
    return sorted(names) or ["[empty]"]


def _read_below(root: str, real: str) -> bytes:
    """Reads a file by a path without links, as found a moment ago: one that is a link by now is refused."""
    if os.open not in os.supports_dir_fd:
        return safe_read(Path(real), DOCUMENT_LIMIT)[0]
    *folders, name = Path(real).relative_to(root).parts or (".",)
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for each in folders:
            inner = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = inner
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    except OSError as error:
        raise ToolError(f"Could not read {one_line(real)}: {error.strerror}.") from error
    finally:
        os.close(at)
    with os.fdopen(file, "rb") as reader:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise ToolError(f"{one_line(real)} is not a regular file.")
        if status.st_size > DOCUMENT_LIMIT:
            raise ToolError(f"{one_line(real)} is larger than {DOCUMENT_LIMIT >> 20} MB.")
        return reader.read(DOCUMENT_LIMIT + 1)
