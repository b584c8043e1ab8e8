"""Models and parameters by key and by slash command: last model, regenerate with, thinking effort, `/set`."""

from __future__ import annotations

from tests.servers import ScriptedServer, hello
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask


async def test_the_last_model_is_one_key_away_and_back(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        await pilot.press(*"/model work/model-b", "enter")
        session = app.chat.conversation.session
        assert str(session.model) == "work/model-b"
        assert app.chat.prompt.text == ""
        await pilot.press("alt+m")
        assert str(session.model) == "work/model-a"
        await pilot.press("alt+m")
        assert str(session.model) == "work/model-b"


async def test_the_picker_regenerates_with_another_model(home: Home) -> None:
    async with ScriptedServer(hello(), hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "model-b" in screen_text(app))
            await pilot.press(*"model-b", "alt+enter")
            await until(pilot, lambda: len(server.requests) == 2 and not app.chat.conversation.is_busy)
    sent = server.requests[1].json
    assert (sent["model"], [each["content"] for each in sent["messages"]]) == ("model-b", ["Hi"])


async def test_parameters_are_set_by_slash_command_and_the_effort_by_key(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        session = app.chat.conversation.session
        await pilot.press(*"/set temp", "tab", *"0.2", "enter")
        assert session.thread.parameters == {"temperature": 0.2}
        await pilot.press(*"/set temperature 9", "enter")
        assert session.thread.parameters == {"temperature": 0.2}
        assert app.chat.prompt.text == "/set temperature 9"
        app.chat.prompt.set_text("/set temperature")
        await pilot.press("enter")
        assert session.thread.parameters == {}
        efforts = []
        for _ in range(5):
            await pilot.press("alt+e")
            efforts.append(session.thread.parameters.get("thinking"))
        assert efforts == ["off", "low", "medium", "high", None]
