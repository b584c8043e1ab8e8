"""The main screen, as a user has it: write, watch, stop, switch, leave and come back."""

from __future__ import annotations

import asyncio
import json

import pytest
from textual.pilot import Pilot

from chat_tui.domain.conversation.message import Status
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.search.results import SearchResult
from chat_tui.domain.settings import PromptTemplate
from chat_tui.storage.settings.prompt_library import FilePrompts
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.services import Start
from tests.pilot import type_ahead
from tests.servers import Reply, ScriptedServer, delta, hello, json_reply, sse
from tests.ui.conftest import Home, screen_text, until


async def ask(app: ChatApp, pilot: Pilot[None], text: str) -> None:
    """Types a prompt, sends it, and waits for the answer's end."""
    count = len(app.chat.conversation.thread.messages)
    await type_and_send(app, pilot, text)
    await until(
        pilot, lambda: len(app.chat.conversation.thread.messages) >= count + 2 and not app.chat.conversation.is_busy
    )


async def type_and_send(app: ChatApp, pilot: Pilot[None], text: str) -> None:
    app.chat.prompt.insert(text)
    await pilot.press("enter")


def held_answer(event: asyncio.Event, *texts: str) -> Reply:
    """An answer that stops in its middle until the event."""
    return Reply(steps=[sse(*(delta(text) for text in texts), done=False), event, sse(delta(finish="stop"))])


async def test_a_conversation(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Good morning")
            text = screen_text(app)
    assert "You" in text
    assert "Good morning" in text
    assert "model-a · Work" in text
    assert "stop" not in text
    (file,) = home.paths.threads.glob("*.json")
    saved = json.loads(file.read_text())
    assert [message["role"] for message in saved["messages"]] == ["user", "assistant"]
    assert saved["messages"][1]["content"] in text


async def test_the_next_turn_is_answered_by_another_model_and_resumed_in_another_process(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "First")
            await pilot.press("ctrl+l")
            await until(pilot, lambda: type(app.screen).__name__ == "ModelPicker")
            await pilot.press(*"model-b")
            await until(pilot, lambda: app.screen.query_one("#rows").option_count in (2, 3))  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is app.chat)
            await ask(app, pilot, "Second")
            thread_id = app.chat.conversation.thread.id
        assert [request.json["model"] for request in server.requests if request.body] == ["model-a", "model-b"]
        async with home.run(Start(resume="")) as (app, pilot):
            await until(pilot, lambda: app.chat.conversation.thread.id == thread_id)
            await pilot.pause()
            text = screen_text(app)
    assert "model-a · Work" in text
    assert "model-b · Work" in text
    assert app.chat.conversation.session.model == ModelRef("work", "model-b")


async def test_escape_stops_the_answer_and_keeps_its_text(home: Home) -> None:
    held = asyncio.Event()
    async with ScriptedServer(held_answer(held, "As far as", " this")) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await type_and_send(app, pilot, "Go on")
            await until(pilot, lambda: bool((reply := app.chat.conversation.session.reply) and reply.content))
            await until(pilot, lambda: "esc stop" in screen_text(app))
            await pilot.press("escape")
            await until(pilot, lambda: not app.chat.conversation.is_busy)
            await pilot.pause()
            reply = app.chat.conversation.session.reply
            text = screen_text(app)
        await asyncio.wait_for(server.disconnected.wait(), 10)
    assert reply is not None
    assert (reply.content, reply.status) == ("As far as this", Status.STOPPED)
    assert "As far as this" in text
    assert "stopped" in text


async def test_a_second_prompt_is_queued_and_escape_gives_it_back(home: Home) -> None:
    held = asyncio.Event()
    async with ScriptedServer(held_answer(held, "One")) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await type_and_send(app, pilot, "First")
            await until(pilot, lambda: app.chat.conversation.session.is_streaming)
            await type_and_send(app, pilot, "Second")
            assert [each.text for each in app.chat.conversation.queue] == ["Second"]
            await until(pilot, lambda: "Second" in screen_text(app) and "queued · esc edit" in screen_text(app))
            await pilot.press("escape")
            assert app.chat.prompt.text == "Second"
            assert app.chat.conversation.is_busy, "the answer goes on"
            held.set()
            await until(pilot, lambda: not app.chat.conversation.is_busy)


async def test_a_queued_prompt_is_sent_when_the_answer_is_complete(home: Home) -> None:
    held = asyncio.Event()
    async with ScriptedServer(held_answer(held, "One"), hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await type_and_send(app, pilot, "First")
            await until(pilot, lambda: app.chat.conversation.session.is_streaming)
            await type_and_send(app, pilot, "Second")
            held.set()
            await until(
                pilot, lambda: len(app.chat.conversation.thread.messages) == 4 and not app.chat.conversation.is_busy
            )
    assert [each["content"] for each in server.requests[-1].json["messages"]] == ["First", "One", "Second"]


async def test_an_error_says_what_happened_and_one_key_tries_again(home: Home) -> None:
    refused = json_reply({"error": {"message": "invalid key", "type": "auth"}}, 401)
    async with ScriptedServer(refused, hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.pause()
            text = screen_text(app)
            assert "Invalid API key · 401" in text
            assert "alt+a set key · ^r retry" in text
            reply = app.chat.conversation.session.reply
            assert reply is not None
            assert reply.status is Status.FAILED
            assert reply.content == ""
            await pilot.press("ctrl+r")
            await until(
                pilot, lambda: app.chat.conversation.session.reply is not reply and not app.chat.conversation.is_busy
            )
            again = app.chat.conversation.session.reply
    assert again is not None
    assert again.status is Status.COMPLETE


async def test_a_refused_connection_loses_nothing(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        url = server.url
    home.use_server(url)
    async with home.run() as (app, pilot):
        await ask(app, pilot, "Is anybody there?")
        await pilot.pause()
        assert "Is anybody there?" in screen_text(app)
        reply = app.chat.conversation.session.reply
        assert reply is not None
        assert reply.error is not None
        assert reply.error.kind == "connection"


async def test_an_answer_goes_on_while_another_thread_is_open(home: Home) -> None:
    held = asyncio.Event()
    async with ScriptedServer(held_answer(held, "Slow"), hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await type_and_send(app, pilot, "First thread")
            await until(pilot, lambda: bool((reply := app.chat.conversation.session.reply) and reply.content))
            slow = app.chat.conversation
            await pilot.press("ctrl+n")
            await until(pilot, lambda: "● First thread" in screen_text(app))
            await ask(app, pilot, "Second thread")
            assert slow.is_busy
            held.set()
            await until(pilot, lambda: not slow.is_busy)
            await until(pilot, lambda: "○ First thread" in screen_text(app))
            await app.chat.threads.switch_to(slow.thread.id)
            await pilot.pause()
            assert "Slow" in screen_text(app)
    assert slow.session.reply is not None
    assert slow.session.reply.status is Status.COMPLETE


async def test_a_search_that_begins_while_the_finder_is_closed_is_none(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        await pilot.press("ctrl+o")
        picker = app.screen
        await picker.query("#filter").remove()  # as in the middle of its closing
        picker.refill()  # type: ignore[attr-defined]
        await pilot.press("escape")
        assert app.screen is app.chat


async def test_a_picker_that_is_closed_at_once_leaves_no_trace(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.use_server("http://127.0.0.1:9")
    release, search = asyncio.Event(), FileThreadStore.search

    async def late(self: FileThreadStore, query: str, limit: int = 100, *, wait: bool = False) -> SearchResult:
        await release.wait()
        return await search(self, query, limit, wait=wait)

    monkeypatch.setattr(FileThreadStore, "search", late)
    async with home.run() as (app, pilot):
        await type_ahead(app, "ctrl+o")
        await until(pilot, lambda: type(app.screen).__name__ == "ThreadPicker", flows=False)
        picker = app.screen
        await type_ahead(app, "escape")
        await until(pilot, lambda: app.screen is app.chat and not picker.is_attached)
        release.set()
        picker.refill()  # type: ignore[attr-defined]
        await pilot.pause()
        assert app.is_running
        assert app.return_code is None


async def test_the_system_prompt_is_edited_saved_in_the_library_and_sent(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+s")
            await until(pilot, lambda: type(app.screen).__name__ == "SystemPromptEditor")
            await pilot.pause()
            await pilot.press(*"Be terse.", "ctrl+w", *"terse", "enter")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.chat)
            await ask(app, pilot, "Hi")
            await until(pilot, lambda: "model-a · Work · " in screen_text(app))
        assert [each.name for each in await app.services.prompts.prompts()] == ["terse"]
    assert server.requests[-1].json["messages"][0] == {"role": "system", "content": "Be terse."}


async def test_the_variables_of_a_library_prompt_are_asked_for(home: Home) -> None:
    await FilePrompts(home.paths).save(PromptTemplate("teacher", "Teach {{what}} in {{language=French}}."))
    home.use_server("http://127.0.0.1:9")
    async with home.run(Start(prompt="teacher")) as (app, pilot):
        await until(pilot, lambda: type(app.screen).__name__ == "AskVariables")
        await pilot.press(*"maths", "enter")
        await until(pilot, lambda: app.focused is app.screen.query("Input").last())
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.chat)
        await until(pilot, lambda: app.chat.conversation.thread.system_prompt == "Teach maths in French.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: type(app.screen).__name__ == "SystemPromptEditor")
        await pilot.press("ctrl+o", "enter")
        await until(pilot, lambda: type(app.screen).__name__ == "AskVariables")
        await pilot.press("escape")
        await until(pilot, lambda: type(app.screen).__name__ == "SystemPromptEditor")
        await pilot.press("escape")
        await until(
            pilot, lambda: app.chat.conversation.thread.system_prompt == "Teach {{what}} in {{language=French}}."
        )


async def test_reasoning_is_live_then_folded_and_unfolds(home: Home) -> None:
    held = asyncio.Event()
    steps = [
        sse(delta(reasoning_content="Let me think"), done=False),
        held,
        sse(delta("The answer."), delta(finish="stop")),
    ]
    async with ScriptedServer(Reply(steps=steps)) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await type_and_send(app, pilot, "Why?")
            await until(pilot, lambda: "Let me think" in screen_text(app))
            held.set()
            await until(pilot, lambda: not app.chat.conversation.is_busy)
            await pilot.pause()
            folded = screen_text(app)
            await pilot.press("alt+r")
            await pilot.pause()
            unfolded = screen_text(app)
    assert "▸ thought" in folded
    assert "Let me think" not in folded
    assert "Let me think" in unfolded


async def test_another_answer_stands_beside_the_first_and_both_can_be_seen(home: Home) -> None:
    second = Reply(steps=[sse(delta("Another greeting."), delta(finish="stop"))])
    async with ScriptedServer(hello(), second) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            first = app.chat.conversation.thread.branch()[-1].content
            await pilot.press("ctrl+r")
            await until(pilot, lambda: "Another greeting." in screen_text(app) and not app.chat.conversation.is_busy)
            await until(pilot, lambda: "‹ 2/2 ›" in screen_text(app))
            await pilot.press("alt+left")
            await until(pilot, lambda: "‹ 1/2 ›" in screen_text(app) and first in screen_text(app))
            assert "Another greeting." not in screen_text(app)
            await pilot.press("alt+right", "alt+y")
            assert app.clipboard == "Another greeting."


async def test_deleting_can_be_undone_from_the_thread_list(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Keep me")
            kept = app.chat.conversation.thread.id
            await pilot.press("ctrl+n")
            await pilot.press("ctrl+o")
            await until(pilot, lambda: "Keep me" in screen_text(app) and type(app.screen).__name__ == "ThreadPicker")
            await pilot.press("ctrl+d")
            assert "Press ^d again to delete this thread." in screen_text(app)
            await pilot.press("left")
            assert "again to delete" not in screen_text(app)
            await pilot.press("ctrl+d")
            assert (home.paths.threads / f"{kept}.json").exists(), "another key cancels"
            await pilot.press("ctrl+d")
            await until(pilot, lambda: not (home.paths.threads / f"{kept}.json").exists())
            await pilot.press("alt+z")
            await until(pilot, lambda: (home.paths.threads / f"{kept}.json").exists())


async def test_the_first_start_leads_to_a_provider(home: Home) -> None:
    async with home.run(size=(60, 20)) as (app, pilot):
        text = screen_text(app)
        assert app.screen is app.chat
        assert "alt+1  Local         on your computer · no key · 93 MB" in text
        assert "alt+2  ModelsLab     API key from modelslab.com" in text
        assert "enter  all " in text
        await pilot.press("H", "i", "alt+2")
        await until(pilot, lambda: "ModelsLab API key" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: type(app.screen).__name__ == "Welcome")
        assert app.screen.chosen() == "modelslab"  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.chat)
        assert "alt+2  ModelsLab" in screen_text(app), "until one is connected"
        await pilot.press("alt+1")
        await until(pilot, lambda: app.chat.conversation.session.model is not None)
        assert str(app.chat.conversation.session.model).startswith("local/")
        assert app.chat.prompt.text == "Hi"
        await until(pilot, lambda: "ModelsLab" not in screen_text(app))
    async with home.run() as (app, pilot):
        assert "ModelsLab" not in screen_text(app)


async def test_a_pasted_address_becomes_a_provider(home: Home) -> None:
    async with ScriptedServer(json_reply({"data": [{"id": "found-here"}]})) as server:
        async with home.run() as (app, pilot):
            await pilot.press("enter")
            await until(pilot, lambda: type(app.screen).__name__ == "Welcome")
            await pilot.press(*f"{server.url}/v1/chat/completions")
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is app.chat)
            assert app.chat.conversation.session.model is not None
            assert app.chat.conversation.session.model.id == "found-here"
        assert "found-here" in home.paths.settings_file.read_text()


async def test_small_and_large_windows_show_what_matters(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        for size in ((60, 20), (300, 90), (40, 12)):
            async with home.run(size=size) as (app, pilot):
                await ask(app, pilot, "Hi")
                await pilot.pause()
                text = screen_text(app)
                assert "model-a" in text
                assert "Write a message" in text
                assert all(len(line) <= size[0] for line in text.split("\n"))


async def test_help_lists_every_command_with_the_key_it_is_bound_to(home: Home) -> None:
    home.configure('[keys]\nmodel_picker = "f5"\n')
    async with home.run() as (app, pilot):
        await pilot.press("f1", "tab")
        await until(pilot, lambda: type(app.screen).__name__ == "Help" and " send " in screen_text(app))
        for _ in range(60):
            if "model_picker" in screen_text(app):
                break
            await pilot.press("down")
        line = next(line for line in screen_text(app).split("\n") if "model_picker" in line)
        assert "f5" in line
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("f5")
        await until(pilot, lambda: type(app.screen).__name__ == "ModelPicker")


async def test_a_new_thread_keeps_the_model_in_use_and_names_it_everywhere(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(Start(model="work/model-b")) as (app, pilot):
        await pilot.press("ctrl+n")
        rows = [row for row in screen_text(app).split("\n") if "model-" in row]
        assert len(rows) == 2, "empty screen, status"
        assert all("model-b" in row for row in rows)
