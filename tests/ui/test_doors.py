"""The way to a provider: a key is tried before it is stored, asked for when it is missing, and errors are said once."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from chat_tui.domain.conversation.message import MessageError
from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.text.secrets import Secret
from chat_tui.ui.app import ChatApp
from chat_tui.ui.text import wording
from tests.servers import Reply, Request, ScriptedServer, delta, json_reply, sse
from tests.ui.conftest import Home, screen_text, until

GOOD, BAD = "sk-good-0123456789", "sk-bad-0123456789"


def guarded(request: Request) -> Reply:
    """A server that knows one key."""
    if request.headers.get("authorization") != f"Bearer {GOOD}":
        return json_reply({"error": {"message": "Wrong key."}}, 401)
    if request.method == "GET":
        return json_reply({"data": [{"id": "model-a"}]})
    return Reply([sse(delta("Hello!"), delta(finish="stop"))])


def use(home: Home, url: str, more: str = 'default_model = "work/model-a"\n') -> None:
    """A provider that needs a key, with a starter model, as the built-in ones have."""
    home.configure(f'{more}[providers.work]\nname = "Work"\nbase_url = "{url}/v1"\nmodels = ["model-a"]\n')


def stored(home: Home) -> str:
    return home.paths.credentials_file.read_text() if home.paths.credentials_file.exists() else ""


def told(app: ChatApp) -> list[str]:
    return [each.message for each in app._notifications]


def at(app: ChatApp, name: str) -> bool:
    return type(app.screen).__name__ == name and bool(app.screen.query(Input))


async def give(app: ChatApp, pilot: Pilot[None], key: str) -> None:
    app.screen.query_one(Input).value = key
    await pilot.press("enter")


async def test_a_rejected_key_is_not_stored_and_the_prompt_is_sent_once_one_is_accepted(home: Home) -> None:
    async with ScriptedServer(guarded) as server:
        use(home, server.url)
        async with home.run() as (app, pilot):
            await pilot.press(*"Hi", "enter")
            await until(pilot, lambda: at(app, "AskKey"))
            await give(app, pilot, BAD)
            await until(pilot, lambda: "✗ Work rejected this key (401)" in screen_text(app))
            assert "save anyway" not in screen_text(app)
            assert stored(home) == ""
            assert told(app) == []
            await give(app, pilot, GOOD)
            await until(pilot, lambda: "Hello!" in screen_text(app))
            assert GOOD in stored(home)
            assert len(told(app)) == 1
            assert [each.content for each in app.chat.conversation.thread.branch()] == ["Hi", "Hello!"]
        assert [each.method for each in server.requests] == ["GET", "GET", "POST"]


async def test_only_where_the_server_is_not_reached_a_key_can_be_saved_unchecked(home: Home) -> None:
    use(home, "http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        app.chat.action_flow("set_key")
        await until(pilot, lambda: at(app, "AskKey"))
        await pilot.press("ctrl+s")
        assert stored(home) == ""
        await give(app, pilot, "two words")
        await until(pilot, lambda: "Not an API key" in screen_text(app))
        await give(app, pilot, BAD)
        await until(pilot, lambda: "save anyway" in screen_text(app))
        assert "Could not check the key" in screen_text(app)
        app.screen.query_one(Input).value = GOOD
        await until(pilot, lambda: "save anyway" not in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "save anyway" in screen_text(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is app.chat)
        assert GOOD in stored(home)
        assert BAD not in stored(home)


async def test_a_model_that_needs_a_key_asks_for_it_when_it_is_chosen(home: Home) -> None:
    async with ScriptedServer(guarded) as server:
        use(home, server.url, 'default_model = "ollama/x"\n')
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: at(app, "ModelPicker"))
            await pilot.press(*"work/model-a")
            await until(pilot, lambda: "Work · no API key" in screen_text(app))
            await pilot.press("enter")
            await until(pilot, lambda: at(app, "AskKey"))
            await pilot.press("escape")
            await until(pilot, lambda: at(app, "ModelPicker"))
            assert str(app.chat.conversation.session.model) == "ollama/x"
            await pilot.press("enter")
            await until(pilot, lambda: at(app, "AskKey"))
            await give(app, pilot, GOOD)
            await until(pilot, lambda: app.screen is app.chat)
            assert str(app.chat.conversation.session.model) == "work/model-a"


async def test_a_key_that_was_refused_is_set_from_the_error_and_the_answer_asked_for_again(home: Home) -> None:
    async with ScriptedServer(guarded) as server:
        use(home, server.url)
        await home.app().services.keys.set("work", Secret(BAD))
        async with home.run() as (app, pilot):
            await pilot.press(*"Hi", "enter")
            await until(pilot, lambda: "Invalid API key · 401" in screen_text(app))
            assert screen_text(app).count("Wrong key") == 1
            assert "alt+a set key · ^r retry" in screen_text(app)
            await pilot.press("alt+a")
            await until(pilot, lambda: at(app, "AskKey"))
            await give(app, pilot, GOOD)
            await until(pilot, lambda: "Hello!" in screen_text(app))


async def test_a_stored_key_that_is_rejected_opens_the_dialog_with_the_words_in_it(home: Home) -> None:
    async with ScriptedServer(guarded) as server:
        use(home, server.url)
        await home.app().services.keys.set("work", Secret(BAD))
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: at(app, "ModelPicker"))
            await pilot.press("ctrl+a")
            await until(pilot, lambda: at(app, "Welcome"))
            await pilot.press(*"work", "enter")
            await until(pilot, lambda: at(app, "AskKey") and "✗ Work rejected this key (401)" in screen_text(app))
            assert told(app) == []
            await give(app, pilot, GOOD)
            await until(pilot, lambda: at(app, "ModelPicker"))
            assert "no API key" not in screen_text(app).partition("Work")[2].partition("\n")[0]


@pytest.mark.parametrize(
    ("error", "heading", "detail"),
    [
        (MessageError("rejected", "Request rejected by W: top_k is 3.", 400, detail="top_k is 3."),
         "Request rejected by W · 400", "top_k is 3."),
        (MessageError("rejected", "Request rejected by W: top_k is…", 400, detail="top_k is 3 (code x)"),
         "Request rejected by W · 400", "top_k is 3 (code x)"),
        (MessageError("connection", "Could not connect to h: connection refused."),
         "Could not connect to h: connection refused", ""),
        (MessageError("authentication", "Invalid API key.", 401, detail="Invalid API key"),
         "Invalid API key · 401", ""),
    ],
)  # fmt: skip
def test_the_provider_s_words_are_said_once(error: MessageError, heading: str, detail: str) -> None:
    assert wording.error_texts(error) == (heading, detail)


def test_an_error_about_a_key_is_known() -> None:
    assert wording.is_about_key(MessageError(ErrorKind.AUTHENTICATION, "Invalid API key."))
    assert wording.is_about_key(MessageError(ErrorKind.CONFIGURATION, "No API key for Work."))
    assert not wording.is_about_key(MessageError(ErrorKind.CONFIGURATION, "No provider named 'x'."))


async def test_a_variable_that_hides_the_saved_key_is_named(home: Home) -> None:
    async with ScriptedServer(guarded) as server:
        use(home, server.url)
        with home.paths.config_file.open("a") as file:
            file.write('api_key_env = "WORK_KEY"\n')
        home.environ = {"WORK_KEY": BAD}
        async with home.run() as (app, pilot):
            app.chat.action_flow("set_key")
            await until(pilot, lambda: at(app, "AskKey"))
            await give(app, pilot, GOOD)
            await until(pilot, lambda: app.screen is app.chat)
            assert "WORK_KEY is set and overrides it" in "".join(told(app))
