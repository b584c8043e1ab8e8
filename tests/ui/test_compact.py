"""Compacting in the app: suggested near the window's end, asked with its price, shown, undone, and the way back."""

from __future__ import annotations

import asyncio

from tests.servers import Reply, ScriptedServer, delta, hello, json_reply, sse
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask

FACTS = """[providers.work.facts.model-a]
context_window = 40
price_in = 1000.0
price_out = 1000.0
"""
SUMMARY = Reply([sse(delta("They **greet**."), delta(finish="stop"))])
TOO_LONG = json_reply({"error": {"message": "maximum context length is 40 tokens"}}, 400)


async def test_compacting_is_suggested_asked_about_and_undone(home: Home) -> None:
    answer = Reply([sse(delta("Hello " * 25), delta(finish="stop"))])
    async with ScriptedServer(answer, SUMMARY, hello()) as server:
        home.use_server(server.url, FACTS)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.pause()
            assert "Context window nearly full · alt+c compact" in screen_text(app)
            assert len(server.requests) == 1, "nothing is done unasked"
            await pilot.press("alt+c")
            text = screen_text(app)
            assert "Summarize 2 messages?" in text
            assert "+ the summary · model-a · Work" in text
            assert "~$0." in text
            assert "enter summarize   esc cancel" in text
            await pilot.press("escape")
            assert len(server.requests) == 1
            await pilot.press("alt+c", "enter")
            await until(pilot, lambda: "in place of 2 messages above" in screen_text(app))
            text = screen_text(app)
            assert "Summary · model-a · Work" in text
            assert "They greet." in text, "drawn as Markdown"
            assert "nearly full" not in text
            thread = app.chat.conversation.thread
            await pilot.press("up")
            assert "enter originals" in screen_text(app)
            await pilot.press("enter")
            assert app.chat.view.selected is thread.branch()[0], "the way to what it stands for"
            await pilot.press("escape")
            await ask(app, pilot, "Again")
            sent = server.requests[-1].json["messages"]
            assert [each["role"] for each in sent] == ["system", "user"]
            assert sent[0]["content"].endswith("They **greet**.")
            await pilot.press("up", "u")
            assert [each.content for each in thread.branch()] == ["Hi", ("Hello " * 25)]


async def test_a_thread_that_became_too_long_goes_on_behind_its_summary(home: Home) -> None:
    async with ScriptedServer(hello(), TOO_LONG, json_reply({}, 402), SUMMARY, hello()) as server:
        home.use_server(server.url)
        async with home.run(size=(60, 20)) as (app, pilot):
            await ask(app, pilot, "Hi")
            await ask(app, pilot, "More")
            await pilot.pause()
            assert "alt+c compact" in screen_text(app)
            await pilot.press("alt+c", "enter")
            await until(pilot, lambda: "Nothing has changed." in screen_text(app))
            assert "enter try again   esc close" in screen_text(app)
            await pilot.press("enter")
            await until(pilot, lambda: len(server.requests) == 5 and not app.chat.conversation.is_busy)
            branch = app.chat.conversation.thread.branch()
            assert [each.content for each in branch] == ["Hi", "Hello there", "They **greet**.", "More", "Hello there"]
            assert [each["content"] for each in server.requests[-1].json["messages"]][1:] == ["More"]


async def test_escape_stops_a_summary(home: Home) -> None:
    held = asyncio.Event()
    async with ScriptedServer(hello(), Reply([sse(delta("They"), done=False), held])) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.press("alt+c", "enter")
            await until(pilot, lambda: "writing · ~1 tokens" in screen_text(app), flows=False)
            await pilot.press("escape")
            await server.disconnected.wait()
            assert len(app.chat.conversation.thread.messages) == 2
