"""Where requests and keys go, what is loaded and when."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chat_tui.backends.client import HttpBackend
from chat_tui.domain.conversation.chunk import TextDelta
from chat_tui.domain.errors import ErrorKind, StorageError
from chat_tui.domain.models.provider import Auth, Provider
from chat_tui.domain.text.secrets import Secret
from tests.backends.helpers import KEY, Keys, ask, custom, run, turn
from tests.servers import Reply, Request, ScriptedServer, hello, json_reply

K = ErrorKind


# Where keys go


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("auth", ["bearer", "header:x-api-key", "body:key"])
async def test_a_redirect_is_not_followed(tmp_path: Path, status: int, auth: str) -> None:
    async with ScriptedServer(hello()) as other:
        reply = Reply([], status, {"Location": other.url + "/v1/chat/completions"})
        outcome, _ = await ask(tmp_path, reply, auth=Auth.parse(auth))
        assert outcome.failure.kind is K.REDIRECT
        assert other.url in outcome.failure.message
        assert not other.requests


async def test_a_proxy_never_sees_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedServer(hello()) as proxy, ScriptedServer(hello()) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        outcome = await run(custom(server.url), tmp_path)
        assert outcome.message.content == "Hello there"
        assert not proxy.requests


async def test_a_proxy_is_used_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedServer(hello()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        provider = replace(custom("http://llm.invalid"), auth=Auth.parse("none"))
        assert (await run(provider, tmp_path)).message.content == "Hello there"
        assert proxy.requests[0].target == "http://llm.invalid/v1/chat/completions"


@pytest.mark.parametrize("value", ["socks4://x", "ftp://127.0.0.1:1", "::garbage::", "http://[::1"])
async def test_a_bad_proxy_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    failure = (await run(custom("https://llm.invalid"), tmp_path)).failure
    assert failure.kind is K.CONFIGURATION
    assert "ALL_PROXY" in failure.message


async def test_no_key_no_provider_no_key_store(tmp_path: Path) -> None:
    failure = (await run(custom("https://llm.invalid", api_key_env="WORK_KEY"), tmp_path, key=None)).failure
    assert failure.kind is K.CONFIGURATION
    assert "WORK_KEY" in failure.advice
    failure = (await run(custom("https://llm.invalid"), tmp_path, turn("nobody"))).failure
    assert "nobody" in failure.message

    class Broken(Keys):
        async def get(self, provider: Provider) -> Secret | None:
            raise StorageError("pass: command not found")

    backend = HttpBackend(lambda: {"work": custom("https://llm.invalid")}, Broken(), tmp_path, tmp_path)
    assert "command not found" in (await backend.models("work")).problem


async def test_the_key_is_in_no_error(tmp_path: Path) -> None:
    def echo(request: Request) -> Reply:
        return json_reply({"error": {"message": f"Bad request: {request.headers} {request.body!r}"}}, 400)

    for auth in ("bearer", "header:x-api-key", "body:key"):
        outcome, _ = await ask(tmp_path, echo, auth=Auth.parse(auth))
        assert KEY not in f"{outcome.failure!r} {outcome.failure.detail}"


def test_importing_the_client_loads_no_httpx() -> None:
    imports = "import sys, chat_tui.backends.client, chat_tui.backends.catalog"
    code = f"{imports}; print('httpx' in sys.modules, 'tomllib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


async def test_warm_in_a_thread_then_stream(tmp_path: Path) -> None:
    async with ScriptedServer(hello()) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        await asyncio.to_thread(backend.warm)
        assert [chunk async for chunk in backend.stream(turn())][0] == TextDelta("Hello there")
        await backend.aclose()
