"""Titles that models give: when they are asked for, what they cost, and whose title they never replace."""

from __future__ import annotations

import asyncio

import pytest

from chat_tui.session.requests.titles import title_of
from tests.servers import Reply, ScriptedServer, delta, hello, json_reply, sse
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask, held_answer

TITLE = Reply(
    [
        sse(
            delta('"Greetings 你好."\n'),
            delta(finish="stop"),
            {"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 5}},
        )
    ]
)


async def test_a_model_gives_a_title_after_the_first_answer_if_the_settings_say_so(home: Home) -> None:
    facts = '[providers.work.facts.model-b]\nprice_in = 1.0\nprice_out = 1.0\n[titles]\nmodel = "work/model-b"\n'
    async with ScriptedServer(hello(), TITLE, hello()) as server:
        home.use_server(server.url, facts)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            thread = app.chat.conversation.thread
            await until(pilot, lambda: thread.title == "Greetings 你好")
            await until(pilot, lambda: "Title: Greetings 你好 · $0.000055 your price · model-b" in screen_text(app))
            assert server.requests[1].json["model"] == "model-b"
            assert "Hello there" in server.requests[1].json["messages"][-1]["content"]
            await ask(app, pilot, "Again")
            assert len(server.requests) == 3, "once"
            app.chat.action_flow("undo")
            await until(pilot, lambda: thread.title == "Hi")
            await ask(app, pilot, "More")
            await app.workers.wait_for_complete()
            assert len(server.requests) == 4, "of a first answer alone"


async def test_no_title_over_the_user_s_own(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url, '[titles]\nmodel = "work/model-b"\n')
        async with home.run() as (app, pilot):
            app.chat.conversation.thread.title = "Mine"
            await ask(app, pilot, "Hi")
            await pilot.pause()
            assert (app.chat.conversation.thread.title, len(server.requests)) == ("Mine", 1)


async def test_none_unasked_and_none_where_the_model_fails(home: Home) -> None:
    async with ScriptedServer(hello(), TITLE, json_reply({}, 402)) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.pause()
            assert len(server.requests) == 1, "off by default"
            for told in ("Title: Greetings 你好", "No title"):
                app.chat.prompt.set_text("/title")
                await pilot.press("enter")
                await until(pilot, lambda told=told: told in screen_text(app))  # type: ignore[misc]
                assert app.chat.conversation.thread.title == "Greetings 你好"


async def test_a_title_that_comes_late_does_not_replace_the_one_given_meanwhile(home: Home) -> None:
    held = asyncio.Event()
    async with ScriptedServer(hello(), held_answer(held, "Late")) as server:
        home.use_server(server.url, '[titles]\nmodel = "work/model-b"\n')
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await until(pilot, lambda: len(server.requests) == 2)
            await app.conversations.change(app.chat.conversation.thread.id, title="Mine")
            held.set()
            await server.idle.wait()
            await app.workers.wait_for_complete()
            assert app.chat.conversation.thread.title == "Mine"


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Greetings", "Greetings"),
        ("\n**Title: Greetings.**\n\nWhy", "Greetings"),
        ("# 《问候》", "问候"),
        ("“Greetings\x1b[31m”", "Greetings␛[31m"),
        ("word " * 40, "word " * 11 + "word…"),
        ("\n- \n", "-"),
        (' "" \n', ""),
    ],
)
def test_a_title_is_one_clean_line(answer: str, title: str) -> None:
    assert title_of(answer) == title
