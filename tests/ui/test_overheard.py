"""An answer that another program is writing, in the open app: shown as it grows, and left alone until it has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from chat_tui.domain.conversation.message import Role
from chat_tui.session import autosave
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat import storage_watcher
from chat_tui.ui.dialogs.messages.tree import TreePicker
from chat_tui.ui.services import Start
from tests.servers import ScriptedServer, hello
from tests.storage.conftest import Writer, a_thread, on_disk
from tests.ui.conftest import Home, screen_text, until, until_watching

MARK = "being written by another program"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_watcher, "LOOK", 0.02)
    monkeypatch.setattr(storage_watcher, "SOON", 0.02)
    monkeypatch.setattr(autosave, "DELAY", 0.01)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(hello()) as server:
        yield server


@asynccontextmanager
async def overhearing(
    home: Home, server: ScriptedServer, *texts: str
) -> AsyncIterator[tuple[ChatApp, Pilot[None], Writer]]:
    """The app on a thread, into which another program is writing an answer."""
    home.use_server(server.url)
    writer = Writer(home.paths, a_thread(*(texts or ("q",))))
    await writer.store.save(writer.thread)
    async with home.run(Start(resume=writer.thread.id)) as (app, pilot):
        await until(pilot, lambda: bool(app.chat.view.messages))
        await writer.begins("Once upon")
        await until(pilot, lambda: "Once upon" in screen_text(app))
        yield app, pilot, writer


async def test_the_text_grows_on_the_screen_and_says_whose_it_is(home: Home, server: ScriptedServer) -> None:
    async with overhearing(home, server) as (app, pilot, writer):
        app.chat.prompt.set_text("half a thought")
        assert MARK in screen_text(app)
        assert "c continue" not in screen_text(app)
        assert "interrupted" not in screen_text(app)
        assert not app.chat.conversation.is_busy
        await writer.goes_on(" a time")
        await until(pilot, lambda: "Once upon a time" in screen_text(app))
        assert MARK in screen_text(app)
        await writer.ends(", the end.")
        await until(pilot, lambda: "Once upon a time, the end." in screen_text(app) and MARK not in screen_text(app))
        assert app.chat.prompt.text == "half a thought"
    assert [each["content"] for each in on_disk(home.paths, writer.thread)["messages"]] == [
        "q",
        "Once upon a time, the end.",
    ]


async def test_a_program_that_is_killed_leaves_an_answer_that_can_be_continued(
    home: Home, server: ScriptedServer
) -> None:
    async with overhearing(home, server) as (app, pilot, writer):
        writer.dies()
        await until(pilot, lambda: "interrupted" in screen_text(app))
        assert MARK not in screen_text(app)
        assert "c continue" in screen_text(app)


async def test_it_is_neither_continued_nor_asked_again_nor_deleted_while_it_is_written(
    home: Home, server: ScriptedServer
) -> None:
    async with overhearing(home, server) as (app, pilot, writer):
        answer = app.chat.conversation.thread.messages[writer.answer.id]
        for deed in ("continue_answer", "delete_message", "pin_message", "mute_message"):
            app.clear_notifications()
            app.chat.view.select(answer.id)
            app.chat.action_flow(deed)
            await until(pilot, lambda: any("wait until" in each.message for each in app._notifications))
        app.clear_notifications()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: any("wait until" in each.message for each in app._notifications))
        app.clear_notifications()
        app.chat.action_flow("tree")
        await until(pilot, lambda: isinstance(app.screen, TreePicker) and app.screen.chosen() == answer.id)
        await pilot.press("ctrl+d", "ctrl+d")
        await until(pilot, lambda: "wait until" in screen_text(app))
        await pilot.press("escape")
        assert (answer.deleted, answer.pinned, answer.muted, len(app.chat.conversation.thread.messages)) == (
            "",
            False,
            False,
            2,
        )
        assert server.requests == []


async def test_a_prompt_waits_for_the_end_of_it(home: Home, server: ScriptedServer) -> None:
    async with overhearing(home, server) as (app, pilot, writer):
        app.chat.prompt.set_text("And then?")
        await pilot.press("enter")
        await until(pilot, lambda: "queued ·" in screen_text(app))
        await writer.goes_on(" a time")
        await until(pilot, lambda: "Once upon a time" in screen_text(app))
        assert server.requests == []
        await writer.ends()
        await until(pilot, lambda: len(server.requests) == 1 and not app.chat.conversation.is_busy)
        sent = server.requests[0].json["messages"]
        assert [each["content"] for each in sent] == ["q", "Once upon a time", "And then?"]
    assert len(on_disk(home.paths, writer.thread)["messages"]) == 4


async def test_escape_gives_a_prompt_back_that_waits(home: Home, server: ScriptedServer) -> None:
    async with overhearing(home, server) as (app, pilot, writer):
        app.chat.prompt.set_text("And then?")
        await pilot.press("enter")
        await until(pilot, lambda: "queued ·" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.chat.prompt.text == "And then?")
        await writer.ends()
        await until(pilot, lambda: MARK not in screen_text(app))
        assert server.requests == []


async def test_a_reader_stays_where_they_are_while_it_grows(home: Home, server: ScriptedServer) -> None:
    texts = [f"message {number}\n" * 10 for number in range(9)]
    async with overhearing(home, server, *texts) as (app, pilot, writer):
        app.chat.view.go_to_start()
        await pilot.press("pagedown")
        before = app.chat.view.place
        await writer.goes_on("\nmore" * 50)
        await until(pilot, lambda: app.chat.view.messages[-1].content.endswith("more"))
        await writer.ends()
        await until(pilot, lambda: not app.chat.view.messages[-1].written_elsewhere)
        await pilot.pause()
        assert app.chat.view.place == before


async def test_a_prompt_asked_here_below_what_is_written_shows_it_grow_above(
    home: Home, server: ScriptedServer
) -> None:
    async with overhearing(home, server) as (app, pilot, writer):
        thread = app.chat.conversation.thread
        thread.add(Role.USER, "asked by a third program")
        app.chat.threads.show_branch()
        await until(pilot, lambda: "asked by a third program" in screen_text(app))
        assert MARK in screen_text(app)
        await writer.goes_on(" a time")
        await until(pilot, lambda: "Once upon a time" in screen_text(app))


async def test_leaving_the_app_writes_nothing_of_it(home: Home, server: ScriptedServer) -> None:
    async with overhearing(home, server) as (app, pilot, writer):
        app.chat.prompt.set_text("half a thought")
        await pilot.pause()
    kept = on_disk(home.paths, writer.thread)
    assert (kept["draft"], kept["head"]) == ("half a thought", kept["messages"][0]["id"])
    assert [each["content"] for each in kept["messages"]] == ["q"]


async def test_while_it_is_written_it_is_looked_for_more_often(
    home: Home, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_watcher, "LOOK", 1000.0)
    home.use_server(server.url)
    writer = Writer(home.paths, a_thread("q"))
    await writer.store.save(writer.thread)
    await writer.begins("Once upon")
    async with home.run(Start(resume=writer.thread.id)) as (app, pilot):
        await until(pilot, lambda: "Once upon" in screen_text(app))
        await until_watching(pilot)
        await app.chat.watcher.look()
        await writer.goes_on(" a time")
        await until(pilot, lambda: "Once upon a time" in screen_text(app))
        await writer.ends()
        await until(pilot, lambda: MARK not in screen_text(app))
        await until(pilot, lambda: not app.chat.watcher._often._active.is_set())
