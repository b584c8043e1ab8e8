"""Several answers at once: none is lost when the program is left, and one that failed is seen in the list."""

from __future__ import annotations

import asyncio

from textual.pilot import Pilot

from chat_tui.domain.conversation.message import Status
from chat_tui.session.conversations import Conversation
from chat_tui.ui.app import ChatApp
from tests.servers import CUT, Reply, ScriptedServer, delta, sse
from tests.ui.conftest import Home, screen_text, until


async def begin(app: ChatApp, pilot: Pilot[None], prompt: str, answer: str) -> Conversation:
    """Asks in a new thread and waits for the answer's first words."""
    await pilot.press("ctrl+n")
    conversation = app.chat.conversation
    app.chat.prompt.set_text(prompt)
    await pilot.press("enter")
    await until(pilot, lambda: bool(conversation.session.reply and answer in conversation.session.reply.content))
    return conversation


async def test_leaving_with_two_answers_under_way_keeps_both(home: Home) -> None:
    replies = [Reply([sse(delta(text), done=False), asyncio.Event()]) for text in ("One begun", "Two begun")]
    async with ScriptedServer(*replies) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            lives = [await begin(app, pilot, "One", "One begun"), await begin(app, pilot, "Two", "Two begun")]
            app.chat.prompt.set_text("half a")
            assert all(each.is_busy for each in lives)
            await pilot.press("ctrl+q")
            await until(pilot, lambda: app.return_code == 0)
    kept = [await app.services.store.load(each.thread.id) for each in lives]
    assert [[each.content for each in thread.branch()] for thread in kept] == [
        ["One", "One begun"],
        ["Two", "Two begun"],
    ]
    assert all(thread.branch()[-1].status is Status.STOPPED for thread in kept)
    assert kept[1].draft == "half a"


async def test_an_answer_that_fails_unseen_is_marked_until_it_is_looked_at(home: Home) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(Reply([sse(delta("Begun"), done=False), gate, CUT])) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            conversation = await begin(app, pilot, "Question", "Begun")
            await pilot.press("ctrl+n")
            await until(pilot, lambda: "● Question" in screen_text(app))
            gate.set()
            await until(pilot, lambda: "✗ Question" in screen_text(app))
            await app.chat.threads.switch_to(conversation.thread.id)
            await pilot.press("ctrl+n")
            await until(pilot, lambda: "  Question" in screen_text(app) and "✗" not in screen_text(app))
