"""What is written and not sent: it is there again, goes with the user, is never sent by mistake."""

from __future__ import annotations

import asyncio

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.services import Start
from tests.pilot import type_ahead
from tests.servers import ScriptedServer, hello
from tests.ui.conftest import Home, until


async def test_the_draft_is_there_again_after_leaving(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        app.chat.prompt.insert("half a thought")
        await pilot.press("ctrl+j", *"more")
        await pilot.press("ctrl+q")
    async with home.run(Start(resume="")) as (app, pilot):
        await until(pilot, lambda: app.chat.prompt.text == "half a thought\nmore")


@pytest.mark.parametrize("slow", ["resolve", "load"])
async def test_what_is_typed_before_a_thread_is_resumed_goes_with_the_user(
    home: Home, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        app.chat.prompt.insert("an old draft")
        old = app.chat.conversation.thread.id
        await pilot.press("ctrl+q")
    release, method = asyncio.Event(), getattr(FileThreadStore, slow)

    async def late(self: FileThreadStore, part: str) -> object:
        found = await method(self, part)
        await release.wait()
        return found

    monkeypatch.setattr(FileThreadStore, slow, late)
    async with home.run(Start(resume=""), settled=False) as (app, pilot):
        await type_ahead(app, *"typed early")
        release.set()
        await until(pilot, lambda: app.chat.conversation.thread.id == old)
        await pilot.pause()
        assert "typed early" in app.chat.prompt.text
        assert "an old draft" in app.chat.prompt.text
    assert len(list(home.paths.threads.glob("*.json"))) == 1


async def test_what_is_typed_while_a_chosen_thread_is_read_goes_with_the_user(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.use_server("http://127.0.0.1:9")
    release, load = asyncio.Event(), FileThreadStore.load

    async def late(self: FileThreadStore, thread_id: str) -> object:
        await release.wait()
        return await load(self, thread_id)

    async with home.run() as (app, pilot):
        app.chat.prompt.insert("one draft")
        one = app.chat.conversation.thread.id
        await pilot.press("ctrl+n")
        app.chat.prompt.insert("another draft")
        other = app.chat.conversation
        monkeypatch.setattr(FileThreadStore, "load", late)
        app.input.run(app.chat.threads.switch_to(one))
        await type_ahead(app, *"typed early")
        release.set()
        await until(pilot, lambda: app.chat.conversation.thread.id == one)
        await until(pilot, lambda: app.chat.prompt.text == "one drafttyped early")
        assert other.thread.draft == "another draft"
        await app.chat.threads.switch_to(one)
        assert app.chat.prompt.text == "one drafttyped early"


async def test_what_is_typed_right_after_enter_is_not_sent(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            prompt = app.chat.prompt
            for text in ("one", "two"):  # as fast as a machine types: nothing else comes between
                prompt.insert(text)
                prompt.action_send()
            prompt.insert("three")
            await until(
                pilot, lambda: len(app.chat.conversation.thread.messages) == 4 and not app.chat.conversation.is_busy
            )
            users = [each.content for each in app.chat.conversation.thread.messages.values() if each.role is Role.USER]
            assert users == ["one", "two"]
            assert prompt.text == "three"
