"""The four providers that the project exists for, as their pages say they behave, through the app and through `ask`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from chat_tui.domain.conversation.message import Status
from tests.servers import Reply, Request, ScriptedServer, json_reply, providers
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask

KEY = "sk-canary-0123456789"


@dataclass
class Case:
    """A provider: its own path, an answer, an error, and where its key stands in a request."""

    key: str
    path: str
    model: str
    answer: Callable[[], Reply]
    content: str
    reasoning: str
    finish: str
    error: Callable[[], Reply]
    error_words: str
    sent_key: Callable[[Request], object]


def bearer(request: Request) -> object:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


CASES = [
    Case(
        "modelslab",
        "/api/v7/llm",
        "deepseek-ai-DeepSeek-R1-Distill-Llama-70B",
        providers.modelslab,
        "Hello! How can I help?",
        "A greeting.",
        "stop",
        lambda: json_reply({"status": "error", "messege": "Invalid api key"}),
        "Invalid api key",
        lambda request: request.json["key"],
    ),
    Case(
        "siliconflow",
        "/v1",
        "Qwen/Qwen2.5-7B-Instruct",
        providers.siliconflow,
        "你好!",
        "A greeting.",
        "eos",
        lambda: json_reply("Invalid token", 401),
        "Invalid token",
        bearer,
    ),
    Case(
        "lanrui",
        "/v1",
        "qwen/v2",
        providers.lanrui,
        "Hello!",
        "",
        "stop",
        lambda: json_reply({"detail": "no such model"}, 404),
        "no such model",
        bearer,
    ),
    Case(
        "modelmax",
        "/v1",
        "deepseek-v3.2",
        providers.modelmax,
        "Once upon",
        "",
        "stop",
        providers.modelmax_error,
        "Insufficient balance",
        bearer,
    ),
]


def configure(home: Home, case: Case, url: str) -> None:
    home.configure(
        f'default_model = "{case.key}/{case.model}"\n'
        f'[providers.{case.key}]\nbase_url = "{url}{case.path}"\nmodels_paths = []\n'
    )
    home.environ = {f"{case.key.upper()}_API_KEY": KEY}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
async def test_in_the_app(home: Home, case: Case) -> None:
    async with ScriptedServer(case.answer(), case.error()) as server:
        configure(home, case, server.url)
        async with home.run() as (app, pilot):
            await ask(app, pilot, "Hi")
            await pilot.pause()
            reply, text = app.chat.conversation.session.reply, screen_text(app)
            await ask(app, pilot, "Again")
            await until(pilot, lambda: "^r retry" in screen_text(app))
            failed, failure = app.chat.conversation.session.reply, screen_text(app)
    assert reply is not None
    assert (reply.content.strip(), reply.reasoning.strip()) == (case.content, case.reasoning)
    assert (reply.finish_reason, reply.usage, reply.status) == (case.finish, providers.USAGE, Status.COMPLETE)
    assert case.content in text
    assert "10 tokens" in text
    assert ("▸" in text) == bool(case.reasoning)
    assert failed is not None
    assert (failed.status, failed.content) == (Status.FAILED, "")
    assert case.error_words in " ".join(failure.split())
    assert case.sent_key(server.requests[0]) == KEY
    assert KEY not in text + failure
    assert KEY not in "".join(path.read_text() for path in home.paths.threads.glob("*.json"))


async def run_ask(home: Home, *arguments: str) -> tuple[int, str, str]:
    """Runs `chat-tui ask` as a process."""
    directories = {
        "CHAT_TUI_CONFIG_DIR": str(home.paths.config),
        "CHAT_TUI_DATA_DIR": str(home.paths.data),
        "CHAT_TUI_CACHE_DIR": str(home.paths.cache),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat_tui", "ask", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **home.environ, **directories},
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
async def test_through_ask(home: Home, case: Case) -> None:
    async with ScriptedServer(case.answer(), case.error()) as server:
        configure(home, case, server.url)
        code, out, _ = await run_ask(home, "--json", "Hi")
        failed, nothing, words = await run_ask(home, "Hi")
    message = json.loads(out)["message"]
    assert code == 0
    assert (message["content"].strip(), message.get("reasoning", "").strip()) == (case.content, case.reasoning)
    assert (message["finish_reason"], message["usage"]) == (case.finish, providers.USAGE)
    assert (failed, nothing) == (1, "")
    assert case.error_words in words
    assert KEY not in out + words
