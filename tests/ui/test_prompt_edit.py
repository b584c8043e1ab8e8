"""Editing an earlier prompt in the prompt box: nothing that was written is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from chat_tui.domain.conversation.draft import Attachment, Draft
from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.unfinished import unfinished
from chat_tui.session import autosave
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from tests.servers import ScriptedServer, hello
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until

IMAGE = Attachment("a.png", "", 3, url="data:image/png;base64,AAAA")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0.01)


@asynccontextmanager
async def editing(
    home: Home, server: ScriptedServer | None, thread: Thread
) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
    """The app with a draft, the first prompt of its thread being edited."""
    home.use_server(server.url if server else "http://127.0.0.1:9")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: bool(app.chat.view.messages))
        app.chat.prompt.set_text("my draft")
        await pilot.press("alt+up", "up", "e")
        await until(pilot, lambda: app.chat.composer.edit is not None)
        yield app, pilot


async def test_enter_sends_the_edit_as_a_branch_and_the_draft_comes_back(home: Home) -> None:
    async with ScriptedServer(hello()) as server, editing(home, server, a_thread("question", "answer")) as (app, pilot):
        assert app.chat.prompt.text == "question"
        assert "editing · enter send as new branch · esc cancel" in screen_text(app)
        await pilot.press("!", "enter")
        await until(pilot, lambda: bool(server.requests) and not app.chat.conversation.is_busy)
        thread = app.chat.conversation.thread
        assert [each.content for each in thread.branch()] == ["question!", "Hello there"]
        assert len(thread.siblings(thread.branch()[0].id)) == 2
        assert app.chat.prompt.text == "my draft"
        assert "editing" not in screen_text(app)
        assert unfinished(thread) == {}


async def test_escape_restores_the_draft_and_sends_nothing(home: Home) -> None:
    async with editing(home, None, a_thread("question", "answer")) as (app, pilot):
        await pilot.press("!", "escape")
        assert app.chat.prompt.text == "my draft"
        assert unfinished(app.chat.conversation.thread) == {}
        assert len(app.chat.conversation.thread.messages) == 2
        await pilot.press("alt+up", "up", "e", "enter")
        assert len(app.chat.conversation.thread.messages) == 2, "an unchanged prompt is not sent"
        assert app.chat.prompt.text == "my draft"


async def test_a_kill_leaves_the_draft_and_the_edit_on_disk(home: Home) -> None:
    thread = a_thread("question", "answer")
    async with editing(home, None, thread) as (app, pilot):
        await pilot.press("!")
        await until(pilot, lambda: any("question!" in each.read_text() for each in home.paths.journal.glob("*.json")))
        kept = await FileThreadStore(home.paths).load(thread.id)
        assert (kept.draft, list(unfinished(kept).values())) == ("my draft", ["question!"])
        await pilot.press("escape", "alt+up", "up", "e")
        assert app.chat.prompt.text == "question"
        await pilot.press("?")
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: app.chat.prompt.text == "my draft")
        await pilot.press("alt+up", "up", "e")
        await until(pilot, lambda: app.chat.prompt.text == "question?")


async def test_another_thread_cancels_the_edit_and_keeps_its_text_as_the_draft(home: Home) -> None:
    thread = a_thread("question", "answer")
    async with editing(home, None, thread) as (app, pilot):
        conversation = app.chat.conversation
        await pilot.press("!", "ctrl+n")
        await until(pilot, lambda: app.chat.conversation is not conversation)
        assert (app.chat.prompt.text, app.chat.composer.edit) == ("", None)
        assert "editing" not in screen_text(app)
        assert conversation.thread.draft == "question!\n\nmy draft"
        assert unfinished(conversation.thread) == {}


async def test_the_edit_of_a_deleted_prompt_becomes_a_draft(home: Home) -> None:
    async with editing(home, None, a_thread("question", "answer")) as (app, pilot):
        app.chat.context.session.delete(app.chat.composer.edit.message_id if app.chat.composer.edit else "")
        await pilot.press("!", "enter")
        assert app.chat.prompt.text == "question!\n\nmy draft"
        assert len(app.chat.conversation.thread.messages) == 2


async def test_files_and_pastes_are_chips_again(home: Home) -> None:
    thread, draft = Thread(title="T"), Draft(("Look", "\n", IMAGE))
    message = thread.add(Role.USER, draft.text)
    message.parts, message.extra["chips"] = draft.parts, draft.chips
    thread.add(Role.ASSISTANT, "answer")
    async with ScriptedServer(hello()) as server, editing(home, server, thread) as (app, pilot):
        assert [each.name for each in app.chat.prompt.draft.attachments] == ["a.png"]
        await pilot.press("!", "backspace", "backspace", "enter")
        await until(pilot, lambda: bool(server.requests) and not app.chat.conversation.is_busy)
        assert app.chat.conversation.thread.branch()[0].parts is None, "the image's chip was removed"
