"""Model lists in every shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.client import HttpBackend
from chat_tui.backends.local.files import STARTER
from chat_tui.backends.models.cache import ModelCache, read_models
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import Model, ModelList, ModelRef, PriceFrom
from chat_tui.domain.models.provider import Provider
from tests.backends.helpers import KEY, Keys, at, custom
from tests.servers import Reply, ScriptedServer, json_reply

ENTRY: JsonObject = {"id": "a/b", "object": "model"}


@pytest.mark.parametrize(
    "payload",
    [
        {"object": "list", "data": [ENTRY]},
        [ENTRY],
        {"data": [ENTRY]},
        {"success": True, "data": [ENTRY]},
        {"models": [{"name": "a/b"}]},
        {"models": [{"model": "a/b", "name": "a/b"}]},
        {"data": {"models": [ENTRY]}},
        ["a/b"],
    ],
)
def test_shapes(payload: Any) -> None:
    assert read_models("p", payload) == (Model(ModelRef("p", "a/b")),)


def test_no_models_is_not_no_list() -> None:
    assert read_models("p", {"object": "list", "data": None}) == ()
    payloads: list[Json] = [{"error": "x"}, None, "x", {"data": 3}]
    for payload in payloads:
        assert read_models("p", payload) is None


def test_openrouter_gives_all() -> None:
    entry: JsonObject = {
        "id": "x/y",
        "name": "X: Y",
        "context_length": 128000,
        "top_provider": {"max_completion_tokens": 16384},
        "pricing": {"prompt": "0.00000125", "completion": "0.00001"},
        "architecture": {"input_modalities": ["text", "image"]},
    }
    expected = Model(
        ModelRef("p", "x/y"), "X: Y", 128000, 16384, 1.25, 10.0, ("text", "image"), price_from=PriceFrom.LIST
    )
    assert read_models("p", {"data": [entry]}) == (expected,)


@pytest.mark.parametrize(
    "fields",
    [
        {"max_model_len": 4096},
        {"meta": {"n_ctx_train": 4096}},
        {"meta": {"n_ctx": 4096, "n_ctx_train": 9}},
        {"max_context_length": 4096},
    ],
)
def test_the_context_window_under_its_names(fields: dict[str, Any]) -> None:
    assert (read_models("p", [ENTRY | fields]) or ())[0].context_window == 4096


def test_unknown_stays_unknown_and_hostile_ids_are_left_out() -> None:
    odd: list[Json] = [
        ENTRY | {"meta": None, "pricing": {"prompt": "-1"}, "context_length": "big"},
        {"id": "x\x1b[2J"},
        {"id": ""},
        7,
    ]
    assert read_models("p", odd) == (Model(ModelRef("p", "a/b")),)


def backend(tmp_path: Path, *providers: Provider, key: str | None = KEY) -> HttpBackend:
    return HttpBackend(lambda: {each.key: each for each in providers}, Keys(key), tmp_path / "cache", tmp_path / "data")


async def test_a_list_is_fetched_once_and_kept(tmp_path: Path) -> None:
    async with ScriptedServer(json_reply({"data": [ENTRY]})) as server:
        one = backend(tmp_path, custom(server.url))
        first = await one.models("work")
        assert [str(model.ref) for model in first.models] == ["work/a/b"]
        assert first.fetched
        assert not first.problem
        other = backend(tmp_path, custom(server.url))
        assert await other.models("work") == first
        assert list(other.known_models()) == [first]
        assert len(server.requests) == 1
        await other.models("work", refresh=True)
        assert len(server.requests) == 2
        await one.aclose()
        await other.aclose()


async def test_modelslabs_second_path_is_tried(tmp_path: Path) -> None:
    async with ScriptedServer(Reply([b"404 page not found"], 404), json_reply({"data": [ENTRY]})) as server:
        one = backend(tmp_path, at("modelslab", server.url))
        found = await one.models("modelslab")
        assert [request.target for request in server.requests] == ["/api/v7/llm/v1/models", "/api/v7/llm/models"]
        assert all(request.headers["x-api-key"] == KEY for request in server.requests)
        assert len(found.models) == 1
        await one.aclose()


async def test_a_list_that_cannot_be_had_says_why_and_leaves_what_is_known(tmp_path: Path) -> None:
    cases = [
        (json_reply({"error": {"message": "bad"}}, 401), "Invalid API key"),
        (json_reply({"error": "Unexpected endpoint or method. (GET /models)"}), "Unexpected endpoint"),
        (Reply([b"<html>"]), "not JSON"),
        (json_reply({"x": 1}), "unexpected format"),
    ]
    for reply, words in cases:
        async with ScriptedServer(reply) as server:
            one = backend(tmp_path, custom(server.url, models=("our/model",)))
            found = await one.models("work")
            assert words in found.problem
            assert [model.ref.id for model in found.models] == ["our/model"]
            await one.aclose()
    gone = await backend(tmp_path, custom(server.url)).models("work")
    assert "Could not connect" in gone.problem
    assert "key" in (await backend(tmp_path, custom(server.url), key=None).models("work")).problem
    assert (await backend(tmp_path).models("nobody")).problem


async def test_lanrui_has_no_list(tmp_path: Path) -> None:
    async with ScriptedServer(Reply()) as server:
        found = await backend(tmp_path, at("lanrui", server.url)).models("lanrui")
        assert "type a model id" in found.problem
        assert not server.requests


def test_a_damaged_cache_is_none(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    for text in ("", "[]", '{"fetched": 1}', '{"fetched": "x", "models": 3}', "[" * 100_000):
        (tmp_path / "p.json").write_text(text)
        assert cache.load("p") is None
    full = ModelList(
        "p",
        (Model(ModelRef("p", "x"), "X", 1, 2, 3.0, 4.0, ("text",), price_from=PriceFrom.LIST),),
        "2026-01-01T00:00:00Z",
    )
    cache.save(full)
    assert cache.load("p") == full
    assert [path.name for path in tmp_path.iterdir()] == ["p.json"]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ModelCache(tmp_path / "file").save(ModelList("p", (), "2026-01-01T00:00:00Z"))


def test_local_models_are_files(tmp_path: Path) -> None:
    models = tmp_path / "data" / "models"
    models.mkdir(parents=True)
    for name in ("tiny.gguf", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "notes.txt"):
        (models / name).write_bytes(b"GGUF")
    local = Provider("local", "Local", "", models=("/somewhere/x.gguf",))
    ids = [model.ref.id for model in backend(tmp_path, local).known_models()[0].models]
    assert ids == [STARTER, "big-00001-of-00002", "tiny", "x"]
