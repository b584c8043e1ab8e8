"""The program's own tools: they read what the user names, and nothing beside it."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.ports.files import WebPage
from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.settings import Settings
from chat_tui.domain.tools import Approval
from chat_tui.tools.built_in import BuiltInTools
from chat_tui.tools.toolbox import ServerToolbox


class Folders:
    """A folder that may be read, and what is beside it."""

    def __init__(self, root: Path) -> None:
        self.open = root / "open"
        self.own = self.open / "own"
        (self.own / "deep").mkdir(parents=True)
        (self.open / "note.txt").write_text("A note.\x1b[2J")
        (self.own / "credentials.toml").write_text("key")
        (root / "secret.txt").write_text("secret")
        (root / "open-beside").mkdir()
        (root / "open-beside" / "x.txt").write_text("beside")
        (self.open / "link.txt").symlink_to(root / "secret.txt")
        (self.open / "away").symlink_to(root)
        (self.open / "within.txt").symlink_to(self.open / "note.txt")
        os.mkfifo(self.open / "pipe")
        self.folders = [str(self.open)]
        built_in = BuiltInTools(self.fetch, lambda: self.folders, [self.own])
        self.toolbox = ServerToolbox(Settings, {}, built_in, root / "logs", root / "results")
        self.page: WebPage | ProviderError = WebPage(b"<h1>Hello</h1><p>there", "text/html", "")

    async def fetch(self, url: str, limit: int) -> WebPage:
        if isinstance(self.page, ProviderError):
            raise self.page
        return self.page

    async def call(self, name: str, **arguments: Any) -> str:
        offered = await self.toolbox.offered([f"chat-tui:{name}"])
        (tool,) = offered.tools
        assert self.toolbox.approval(tool) is Approval.ASK
        return (await self.toolbox.run(tool, arguments, "t")).text


@pytest.fixture
async def folders(tmp_path: Path) -> AsyncGenerator[Folders]:
    made = Folders(tmp_path)
    yield made
    await made.toolbox.aclose()


async def test_files_below_the_folders_are_read(folders: Folders) -> None:
    assert "A note.␛[2J" in await folders.call("read_file", path="note.txt")
    assert "A note." in await folders.call("read_file", path=str(folders.open / "own" / ".." / "note.txt"))
    assert "A note." in await folders.call("read_file", path="within.txt")
    listed = (await folders.call("read_file", path=".")).split("\n")
    assert listed == ["away/", "link.txt", "note.txt", "own/", "pipe", "within.txt"]


@pytest.mark.parametrize(
    "path",
    [
        *("../secret.txt", "link.txt", "away/secret.txt", "/etc/passwd", "~/.ssh/id_rsa", "../open-beside/x.txt"),
        *("note.txt\0", "missing.txt", "away", ".."),
    ],
)
async def test_nothing_else_is(path: str, folders: Folders) -> None:
    with pytest.raises(ToolError, match="There is no file .* in the folders that may be read"):
        await folders.call("read_file", path=path)


async def test_neither_are_special_files_nor_those_of_this_program(folders: Folders) -> None:
    with pytest.raises(ToolError, match="pipe is not a regular file"):
        await folders.call("read_file", path="pipe")
    for path in ("own/credentials.toml", "own", "own/deep"):
        with pytest.raises(ToolError, match="where chat-tui keeps its own files"):
            await folders.call("read_file", path=path)


async def test_a_link_put_in_the_way_after_the_check_is_not_followed(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path: str(path) if str(path).endswith(".txt") else real(path))
    for path in ("link.txt", "away/secret.txt"):
        with pytest.raises(ToolError, match="Could not read"):
            await folders.call("read_file", path=path)


async def test_without_folders_there_is_no_read_file(folders: Folders) -> None:
    folders.folders = []
    offered = await folders.toolbox.offered(["chat-tui:read_file"])
    assert offered.tools == ()
    assert offered.problems == ("chat-tui has no tool read_file.",)


async def test_a_page_is_text_and_its_host_is_what_an_approval_covers(folders: Folders) -> None:
    assert "# Hello" in await folders.call("web_fetch", url="https://example.com/a")
    (tool,) = (await folders.toolbox.offered(["chat-tui:web_fetch"])).tools
    scopes = [folders.toolbox.scope(tool, {"url": each}) for each in ("https://example.com/a", "https://other.net/")]
    assert scopes == ["chat-tui:web_fetch example.com", "chat-tui:web_fetch other.net"]
    folders.page = ProviderError(ErrorKind.CONNECTION, "example.com answered with 404 instead of the page.")
    with pytest.raises(ToolError, match="answered with 404"):
        await folders.call("web_fetch", url="https://example.com/a")
    for url in ("file:///etc/passwd", "https://me:pw@example.com/", "nonsense"):
        with pytest.raises(ToolError):
            await folders.call("web_fetch", url=url)
