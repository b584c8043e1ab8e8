"""What the next turn sends, and what is told of it: the request itself, its cost, what had to be left out."""

from __future__ import annotations

from chat_tui.domain.models.model import ModelRef
from chat_tui.ui.dialogs.messages.request import highlighted, without_images
from tests.servers import Reply, ScriptedServer, delta, hello, json_reply, sse
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask


async def test_what_the_next_turn_sends_can_be_seen(home: Home) -> None:
    home.use_server("http://127.0.0.1:9", 'headers = { "X-Team" = "docs" }')
    async with home.run() as (app, pilot):
        app.chat.prompt.insert("What is this?")
        app.chat.action_flow("request")
        await until(pilot, lambda: type(app.screen).__name__ == "RequestView")
        await until(pilot, lambda: '"What is this?"' in screen_text(app))
        await pilot.press("tab")
        await until(pilot, lambda: "curl" in screen_text(app) and "127.0.0.1:9/v1/chat/completions" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: app.screen is app.chat)
        assert app.clipboard.startswith("curl")
        assert app.chat.conversation.thread.messages == {}


async def test_under_a_finished_answer_its_own_request_is_seen(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            app.chat.action_flow("request")
            await until(pilot, lambda: "Request of the last answer (API key hidden)" in screen_text(app))
            assert '"content": "Hi"' in screen_text(app)
            assert "assistant" not in screen_text(app)
            await pilot.press("escape", "x")
            app.chat.action_flow("request")
            await until(pilot, lambda: "Next request (API key hidden)" in screen_text(app))
            assert "assistant" in screen_text(app)


def test_a_request_is_drawn_in_colours_and_its_images_as_their_size() -> None:
    data = f"data:image/png;base64,{'A' * 4000}"
    body = '{"url": "' + data + '", "temperature": 0.2, "text": "a\\"b: 1\\u001b"}'
    shown = highlighted(without_images(body))
    assert "data:image/png;base64,… 3 KB" in shown.plain
    assert "AAAA" not in shown.plain
    coloured = [shown.plain[each.start : each.end] for each in shown.spans]
    assert coloured == ['"url"', '"temperature"', "0.2", '"text"']


async def test_window_and_cost_come_from_the_server_s_own_list(home: Home) -> None:
    prices = {"prompt": "0.000001", "completion": "0.00001"}
    listed = json_reply({"data": [{"id": "model-a", "context_length": 8000, "pricing": prices}]})
    used = {"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 160}
    answer = Reply(steps=[sse(delta("Dear."), delta(finish="stop") | {"usage": used})])
    async with ScriptedServer(lambda request: listed if request.method == "GET" else answer) as server:
        home.use_server(server.url)
        home.configure(home.paths.config_file.read_text().replace("models_paths = []", ""))
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await until(pilot, lambda: "▰▱▱▱▱▱ ~160/8k · $0.0007" in screen_text(app))
            await ask(app, pilot, "Again")
            await until(pilot, lambda: "▰▱▱▱▱▱ ~160/8k · $0.0014" in screen_text(app))
            assert "60 tokens" in screen_text(app)


async def test_costs_in_two_currencies_stand_side_by_side(home: Home) -> None:
    used = {"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 160}
    answer = Reply(steps=[sse(delta("Dear."), delta(finish="stop") | {"usage": used})])
    facts = '\n[providers.{}.facts."model-a"]\nprice_in = 1000\nprice_out = 1000\n'
    async with ScriptedServer(lambda request: answer) as server:
        home.use_server(server.url)
        home.configure(
            home.paths.config_file.read_text()
            + facts.format("work")
            + f'[providers.yuan]\nbase_url = "{server.url}/v1"\nauth = "none"\nmodels_paths = []\ncurrency = "cny"\n'
            + facts.format("yuan")
        )
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            app.chat.conversation.session.set_model(ModelRef("yuan", "model-a"))
            await ask(app, pilot, "Again")
            await until(pilot, lambda: "$0.1600 + ¥0.1600" in screen_text(app))
            assert "¥0.1600 your price" in screen_text(app)


async def test_a_thread_that_is_too_long_can_be_sent_in_part(home: Home) -> None:
    too_long = json_reply(
        {"error": {"message": "maximum context length is 8 tokens", "code": "context_length_exceeded"}}, 400
    )
    async with ScriptedServer(hello(), too_long, hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "First")
            await ask(app, pilot, "Second")
            await until(pilot, lambda: "trim context" in screen_text(app))
            await pilot.press("alt+o")
            await until(pilot, lambda: len(server.requests) == 3 and not app.chat.conversation.is_busy)
            await until(pilot, lambda: "turns not sent" in app.chat.status.left)
    assert [each["content"] for each in server.requests[-1].json["messages"]] == ["Second"]


async def test_what_a_request_had_to_leave_out_is_told(home: Home) -> None:
    refused = json_reply(
        {"error": {"message": "Unsupported parameter: 'seed'", "param": "seed", "code": "unsupported_parameter"}}, 400
    )
    async with ScriptedServer(refused, hello()) as server:
        home.use_server(server.url, "[parameters]\nseed = 7\n")
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.pause()
            assert "seed" in screen_text(app).split("Write a message")[0].split("\n")[-3]
        assert "seed" not in server.requests[-1].json


async def test_the_picker_says_what_it_knows_from_where(home: Home) -> None:
    listed = json_reply({"data": [{"id": "gpt-4o"}, {"id": "model-a", "context_length": 8000}]})
    async with ScriptedServer(listed) as server:
        home.use_server(server.url)
        home.configure(home.paths.config_file.read_text().replace("models_paths = []", ""))
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "gpt-4o" in screen_text(app) and "updated" in screen_text(app))
            await pilot.press(*"work")
            await until(pilot, lambda: "price list (20" in screen_text(app))
            rows = [line for line in screen_text(app).split("\n") if "Work" in line]
    assert "~128k" in next(row for row in rows if "gpt-4o" in row)
    assert "~" not in next(row for row in rows if "model-a" in row)
