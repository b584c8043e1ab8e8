"""Asking aside: a side branch that one key closes, kept, deleted or quoted; the conversation does not hear of it."""

from __future__ import annotations

import pytest

from chat_tui.session.conversations import Conversation
from tests.servers import ScriptedServer, hello
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask


@pytest.mark.parametrize("key", ["d", "q"])
async def test_an_aside_is_closed_by_one_key_and_kept_deleted_or_quoted(home: Home, key: str) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "One")
            conversation: Conversation = app.chat.conversation
            thread, head = conversation.thread, conversation.thread.head
            app.chat.prompt.set_text("> One\n\nWhat is that?")
            await pilot.press("alt+q")
            await until(pilot, lambda: len(thread.messages) == 4 and not conversation.is_busy)
            assert "Aside: not part of the conversation · alt+q close" in screen_text(app)
            assert len(server.requests[-1].json["messages"]) == 3, "it knows the conversation"
            await pilot.press("alt+q", "escape")
            assert thread.head != head
            await pilot.press("alt+q", key)
            assert thread.head == head
            assert "Aside:" not in screen_text(app)
            assert len(thread.branches()) == 1, "what is deleted, or goes on from the head, is no branch beside it"
            aside = list(thread.messages.values())[2]
            assert bool(aside.deleted) == (key == "d")
            assert app.chat.prompt.text == ("> Hello there\n\n" if key == "q" else "")
            app.chat.prompt.set_text("")
            await ask(app, pilot, "Two")
            contents = [each["content"] for each in server.requests[-1].json["messages"]]
            assert contents == ["One", "Hello there", "Two"]
            assert len(thread.branches()) == (1 if key == "d" else 2)
            app.chat.action_flow("undo")
            await until(pilot, lambda: thread.head == list(thread.messages)[3])
            assert not aside.deleted


async def test_a_slash_command_asks_aside_and_an_aside_is_known_after_a_restart(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            app.chat.prompt.set_text("/aside Why?")
            await pilot.press("enter")
            assert len(server.requests) == 0, "there is nothing to leave"
            app.chat.prompt.set_text("")
            await ask(app, pilot, "One")
            app.chat.prompt.set_text("/aside Why?")
            await pilot.press("enter")
            await until(pilot, lambda: len(server.requests) == 2 and not app.chat.conversation.is_busy)
            thread_id = app.chat.conversation.thread.id
            await pilot.press("ctrl+n")
            assert "Aside:" not in screen_text(app)
            await app.chat.threads.switch_to(thread_id)
            await pilot.pause()
            assert "Aside:" in screen_text(app)
            app.chat.prompt.set_text("/aside Again?")
            await pilot.press("enter")
            assert len(server.requests) == 2, "one at a time"
