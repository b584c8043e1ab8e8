"""What is done with a selected message: keys, branches, undo, and going on with a cut answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from chat_tui.domain.conversation.message import Status
from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from tests.servers import CUT, Reply, ScriptedServer, delta, sse
from tests.ui.conftest import Home, screen_text, until


def answer(text: str) -> Reply:
    return Reply([sse(delta(text), delta(finish="stop"))])


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(answer("First answer"), answer("Second answer"), answer("Third answer")) as server:
        yield server


async def say(app: ChatApp, pilot: Pilot[None], text: str) -> None:
    before = len(app.chat.conversation.thread.messages)
    app.chat.prompt.set_text(text)
    await pilot.press("enter")
    await until(
        pilot, lambda: len(app.chat.conversation.thread.messages) == before + 2 and not app.chat.conversation.is_busy
    )


def shown(app: ChatApp) -> list[str]:
    return [each.content for each in app.chat.view.messages]


def selected(app: ChatApp) -> str | None:
    message = app.chat.view.selected
    return message.content if message else None


async def test_up_from_the_empty_prompt_walks_the_messages_and_down_leaves_them(
    home: Home, server: ScriptedServer
) -> None:
    home.use_server(server.url)
    async with home.run() as (app, pilot):
        await say(app, pilot, "Question")
        await pilot.press("up")
        assert selected(app) == "First answer"
        assert "▌" in screen_text(app)
        assert "e edit" in screen_text(app)
        await pilot.press("up")
        assert selected(app) == "Question"
        await pilot.press("up")
        assert selected(app) == "Question"
        await pilot.press("down", "down")
        assert selected(app) is None
        assert app.chat.prompt.has_focus
        assert "enter send" in screen_text(app)


async def test_up_in_a_prompt_with_text_stays_there_and_alt_up_does_not(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    async with home.run() as (app, pilot):
        await say(app, pilot, "Question")
        app.chat.prompt.set_text("draft")
        await pilot.press("up")
        assert selected(app) is None
        await pilot.press("alt+up")
        assert selected(app) == "First answer"
        await pilot.press("escape")
        assert app.chat.prompt.has_focus
        assert app.chat.prompt.text == "draft"


async def test_an_edited_prompt_is_asked_again_in_a_branch_of_its_own_and_undone(
    home: Home, server: ScriptedServer
) -> None:
    home.use_server(server.url)
    async with home.run() as (app, pilot):
        await say(app, pilot, "Question")
        await pilot.press("up", "up", "e")
        await until(pilot, lambda: app.chat.prompt.text == "Question")
        app.chat.prompt.text = "Better question"
        await pilot.press("enter")
        await until(pilot, lambda: shown(app) == ["Better question", "Second answer"])
        await until(pilot, lambda: not app.chat.conversation.is_busy)
        assert [each["content"] for each in server.requests[-1].json["messages"]] == ["Better question"]
        assert "‹ 2/2 ›" in screen_text(app)
        await pilot.press("up", "up", "left")
        assert shown(app) == ["Question", "First answer"]
        assert selected(app) == "Question"
        await pilot.press("right", "u")
        await until(pilot, lambda: shown(app) == ["Question", "First answer"])
        assert "‹" not in screen_text(app)


async def test_an_edited_answer_is_the_users_own_beside_the_models(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    async with home.run() as (app, pilot):
        await say(app, pilot, "Question")
        await pilot.press("up", "e")
        await until(pilot, lambda: app.screen is not app.chat)
        app.screen.query_one(TextArea).text = "Right answer"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: shown(app) == ["Question", "Right answer"])
        assert len(server.requests) == 1
        await pilot.press("up", "c")
        await until(pilot, lambda: shown(app) == ["Question", "Right answer Second answer"])
        await until(pilot, lambda: not app.chat.conversation.is_busy)
        await say(app, pilot, "More")
        sent = [each["content"] for each in server.requests[-1].json["messages"]]
        assert sent == ["Question", "Right answer Second answer", "More"]


async def test_a_deleted_message_comes_back_after_a_restart(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    async with home.run() as (app, pilot):
        await say(app, pilot, "Question")
        await say(app, pilot, "More")
        await pilot.press("up", "up", "up", "d")
        assert shown(app) == ["Question"]
        thread_id = app.chat.conversation.thread.id
    async with home.run(Start(resume=thread_id)) as (app, pilot):
        await until(pilot, lambda: shown(app) == ["Question"])
        await pilot.press("up", "u")
        await until(pilot, lambda: shown(app) == ["Question", "First answer", "More", "Second answer"])


async def test_a_new_answer_is_undone_and_the_old_one_is_back(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    async with home.run() as (app, pilot):
        await say(app, pilot, "Question")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: shown(app) == ["Question", "Second answer"] and not app.chat.conversation.is_busy)
        await pilot.press("up", "u")
        await until(pilot, lambda: shown(app) == ["Question", "First answer"])


async def test_a_cut_answer_goes_on_with_c_and_joins_without_a_seam(home: Home) -> None:
    broken = Reply([sse(delta("The moon is far a"), done=False), CUT])
    async with ScriptedServer(broken, answer("way from here.")) as server:
        home.use_server(server.url, 'continuation = "last_message"\n')
        async with home.run() as (app, pilot):
            app.chat.prompt.set_text("How far?")
            await pilot.press("enter")
            await until(pilot, lambda: "c continue" in screen_text(app))
            await pilot.press("up", "c")
            await until(pilot, lambda: not app.chat.conversation.is_busy and len(server.requests) == 2)
            last = app.chat.conversation.thread.branch()[-1]
            assert (last.content, last.status) == ("The moon is far away from here.", Status.COMPLETE)
            assert "away from here." in screen_text(app)


async def test_a_finished_answer_does_not_go_on(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    async with home.run() as (app, pilot):
        await say(app, pilot, "Question")
        await pilot.press("up", "c")
        await pilot.pause()
        assert len(server.requests) == 1


async def test_a_copied_message_is_what_was_written(home: Home) -> None:
    text = "Some *words* that are long enough to be wrapped, " * 5 + "end\n"
    async with ScriptedServer(answer(text)) as server:
        home.use_server(server.url)
        async with home.run(size=(60, 20)) as (app, pilot):
            await say(app, pilot, "Question")
            await pilot.press("up", "y")
            assert app.clipboard == text.rstrip("\n")


async def test_begin_anew_keeps_what_was_said_as_a_branch(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    async with home.run() as (app, pilot):
        await say(app, pilot, "Question")
        app.chat.action_flow("clear_thread")
        await pilot.pause()
        assert shown(app) == []
        await say(app, pilot, "Other")
        assert [each["content"] for each in server.requests[-1].json["messages"]] == ["Other"]
        assert len(app.chat.conversation.thread.messages) == 4
