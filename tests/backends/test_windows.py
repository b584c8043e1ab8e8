"""Context windows that servers leave out of their lists, asked for where they are."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.client import HttpBackend
from chat_tui.backends.local.server import LocalModel
from chat_tui.backends.models import context_windows
from chat_tui.domain.models.model import Model, ModelFacts, ModelRef
from chat_tui.domain.models.provider import Provider, WindowFrom
from tests.backends.helpers import KEY, Keys, at, custom, turn
from tests.servers import Reply, Request, ScriptedServer, hello, json_reply

CHILD = Path(__file__).with_name("fake_child.py")


def serving(**bodies: Any) -> Callable[[Request], Reply]:
    """Answers by the last part of the path: a body, a reply, or a function of the request; 404 for what has none."""

    def reply(request: Request) -> Reply:
        body = bodies.get(request.target.partition("?")[0].rpartition("/")[2], json_reply({"error": "?"}, 404))
        body = body(request) if callable(body) else body
        return body if isinstance(body, Reply) else json_reply(body)

    return reply


def listing(*ids: str, **fields: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": each, "object": "model", **fields} for each in ids]}


def props(window: object) -> dict[str, Any]:
    return {"default_generation_settings": {"n_ctx": window}, "total_slots": 1, "chat_template": "x"}


async def listed(provider: Provider, tmp_path: Path) -> tuple[Model, ...]:
    backend = HttpBackend(lambda: {provider.key: provider}, Keys(), tmp_path / "cache", tmp_path / "data")
    try:
        models = await backend.models(provider.key, refresh=True)
        assert not models.problem
        return models.models
    finally:
        await backend.aclose()


async def test_llamacpps_real_window_goes_before_what_the_model_was_trained_with(tmp_path: Path) -> None:
    bodies = serving(models=listing("own", meta={"n_ctx_train": 40960}), props=props(8192))
    async with ScriptedServer(bodies) as server:
        (model,) = await listed(at("llamacpp", server.url), tmp_path)
        assert model.context_window == 8192
        assert [(each.method, each.target) for each in server.requests] == [("GET", "/v1/models"), ("GET", "/props")]
        assert "authorization" not in server.requests[1].headers


async def test_a_server_of_the_users_is_asked_below_its_own_path_and_with_its_key(tmp_path: Path) -> None:
    async with ScriptedServer(serving(models=listing("own"), props=props(8192))) as server:
        provider = custom(server.url + "/llama", window_from=WindowFrom.PROPS)
        (model,) = await listed(provider, tmp_path)
        assert model.context_window == 8192
        assert server.requests[1].target == "/llama/props"
        assert server.requests[1].headers["authorization"] == f"Bearer {KEY}"


async def test_a_server_that_is_not_said_to_have_them_is_not_asked(tmp_path: Path) -> None:
    async with ScriptedServer(serving(models=listing("own"), props=props(8192))) as server:
        (model,) = await listed(custom(server.url), tmp_path)
        assert model.context_window is None
        assert len(server.requests) == 1


async def test_of_several_models_it_is_not_known_whose_window_it_is(tmp_path: Path) -> None:
    async with ScriptedServer(serving(models=listing("own", "other"), props=props(8192))) as server:
        assert {each.context_window for each in await listed(at("llamacpp", server.url), tmp_path)} == {None}


@pytest.mark.parametrize(
    "answer",
    [
        json_reply({"error": {"message": "no"}}, 500),
        Reply([b"<html>"]),
        Reply([b"[" * 100_000]),
        Reply([b"{}"], 302, {"Location": "http://127.0.0.1:1/props"}),
        json_reply([]),
        json_reply({"default_generation_settings": 3}),
        json_reply(props(0)),
        json_reply(props("8192")),
        json_reply(props(True)),
        json_reply(props(10**20)),
    ],
)
async def test_what_goes_wrong_is_passed_over(answer: Reply, tmp_path: Path) -> None:
    bodies = serving(models=listing("own", meta={"n_ctx_train": 512}), props=answer)
    async with ScriptedServer(bodies) as server:
        (model,) = await listed(at("llamacpp", server.url), tmp_path)
        assert model.context_window == 512
        assert len(server.requests) == 2


async def test_a_server_that_does_not_answer_does_not_hold_the_list_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context_windows, "WINDOW_SECONDS", 0.1)
    never = Reply([asyncio.Event()])
    async with ScriptedServer(serving(models=listing("own"), props=never)) as server:
        (model,) = await listed(at("llamacpp", server.url), tmp_path)
        assert model.context_window is None
        await server.idle.wait()  # nor does it keep a connection


async def test_lm_studio(tmp_path: Path) -> None:
    own = [
        {"id": "a", "type": "llm", "state": "not-loaded", "max_context_length": 32768},
        {"id": "b", "type": "llm", "state": "loaded", "max_context_length": 131072, "loaded_context_length": 4096},
        {"id": 3},
        None,
    ]
    targets = {"/v1/models": listing("a", "b", "c"), "/api/v0/models": {"data": own}}
    async with ScriptedServer(lambda request: json_reply(targets[request.target])) as server:
        models = await listed(at("lmstudio", server.url), tmp_path)
        assert [each.context_window for each in models] == [32768, 4096, None]


async def test_ollama(tmp_path: Path) -> None:
    shown: dict[str, Any] = {
        "trained": {"model_info": {"general.architecture": "q", "v.context_length": 7, "q.context_length": 40960}},
        "set": {"parameters": 'stop "x"\nnum_ctx    16384', "model_info": {"q.context_length": 40960}},
        "loaded": {"model_info": {"q.context_length": 40960}},
        "strange": {"parameters": 3, "model_info": [], "x": None},
    }

    def show(request: Request) -> Reply:
        assert request.method == "POST"
        return json_reply(shown[request.json["model"]])

    running = {"models": [{"name": "loaded", "model": "loaded", "context_length": 4096}, {"model": 1}, 2]}
    async with ScriptedServer(serving(models=listing(*shown), show=show, ps=running)) as server:
        models = await listed(at("ollama", server.url), tmp_path)
        assert [each.context_window for each in models] == [40960, 16384, 4096, None]
        assert {each.target for each in server.requests} == {"/v1/models", "/api/show", "/api/ps"}


async def test_the_servers_window_is_cached_and_the_users_goes_before_it(tmp_path: Path) -> None:
    async with ScriptedServer(serving(models=listing("own"), props=props(8192))) as server:
        provider = custom(
            server.url, window_from=WindowFrom.PROPS, facts={"own": ModelFacts(context_window=1, max_output=2)}
        )
        await listed(provider, tmp_path)
    later = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path / "cache", tmp_path / "data")
    model = later.model(ModelRef("work", "own"))
    assert (model.context_window, model.max_output) == (1, 2)
    provider = replace(provider, facts={})
    assert later.model(ModelRef("work", "own")).context_window == 8192


@pytest.mark.parametrize("window", [2048, None])
async def test_the_local_models_server_is_asked_once_when_it_has_started(tmp_path: Path, window: int | None) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "tiny.gguf").write_bytes(b"GGUF")
    replies = serving(completions=lambda _: hello(), props=props(window))
    async with ScriptedServer(replies) as server:
        command = (sys.executable, str(CHILD), "serve", str(tmp_path / "starts"), "0", server.url)
        backend = HttpBackend(
            lambda: {"local": builtin_providers()["local"]},
            Keys(None),
            tmp_path / "cache",
            tmp_path,
            local=LocalModel(tmp_path, tmp_path / "cache", child=command),
        )
        for _ in range(2):
            assert [each async for each in backend.stream(turn("local", "tiny"))]
        targets = [each.target for each in server.requests]
        assert targets == ["/props", "/v1/chat/completions", "/v1/chat/completions"]
        assert server.requests[0].headers["authorization"].startswith("Bearer ")
        assert backend.model(ModelRef("local", "tiny")).context_window == window
        known = {each.ref.id: each.context_window for each in (await backend.models("local")).models}
        assert known["tiny"] == window
        await backend.aclose()
