"""Prompts and documents of tool servers in the prompt: listed as they are typed, filled in, attached; told if lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from chat_tui.cli.container import Container
from chat_tui.domain.ports.tools import ServerPrompt, ServerResource
from chat_tui.domain.tools import Tool
from chat_tui.session.tool_calls import ToolServices
from chat_tui.ui.app import ChatApp
from tests.fakes import FakeApprovals, FakeChecker, FakeToolbox
from tests.ui.conftest import Home, screen_text, until


@pytest.fixture
def toolbox(monkeypatch: pytest.MonkeyPatch) -> FakeToolbox:
    found = FakeToolbox(Tool("git", "log"))
    found.offered_prompts = [
        ServerPrompt("git", "review", "Reviews a change.", ("branch",)),
        ServerPrompt("git", "lost"),
        ServerPrompt("other", "review"),
    ]
    found.offered_resources = [ServerResource("git", "git://readme", "README", "text/plain")]
    found.texts = {"review": "Review this.", "git://readme": "# Title\n\nText."}
    monkeypatch.setattr(Container, "tools", ToolServices(found, FakeChecker(), FakeApprovals()))
    return found


@asynccontextmanager
async def with_tools(home: Home) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=(110, 34)) as (app, pilot):
        app.chat.conversation.session.set_tools(["git"])
        yield app, pilot


async def test_a_prompt_is_offered_beside_the_commands_and_filled_in(home: Home, toolbox: FakeToolbox) -> None:
    async with with_tools(home) as (app, pilot):
        await pilot.press(*"/revi")
        await until(pilot, lambda: "git:review" in screen_text(app) and "Reviews a change." in screen_text(app))
        assert "other:review" not in screen_text(app), "the thread does not offer that server"
        app.chat.prompt.clear()
        await pilot.press(*"/git:rev", "enter")
        await until(pilot, lambda: "branch" in screen_text(app))
        await pilot.press(*"main", "enter")
        await until(pilot, lambda: app.chat.prompt.text == "Review this. branch=main")


async def test_one_that_cannot_be_had_is_told(home: Home, toolbox: FakeToolbox) -> None:
    async with with_tools(home) as (app, pilot):
        await pilot.press(*"/git:los")
        await until(pilot, lambda: "git:lost" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "There is no lost." in screen_text(app))
        await pilot.press(*"/git:nothing")
        await until(pilot, lambda: "git has no such prompt." in screen_text(app))


async def test_a_document_is_attached(home: Home, toolbox: FakeToolbox) -> None:
    async with with_tools(home) as (app, pilot):
        await pilot.press(*"Sum up @git:rea")
        await until(pilot, lambda: "git:README" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.chat.prompt.draft.attachments))
        (document,) = app.chat.prompt.draft.attachments
        assert (document.name, "# Title\n\nText." in document.block) == ("git:README", True)
        assert app.chat.prompt.draft.text.startswith("Sum up")
