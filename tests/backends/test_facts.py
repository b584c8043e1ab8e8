"""What the snapshot fills in, and what it leaves unknown."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.client import HttpBackend
from chat_tui.backends.local.files import STARTER
from chat_tui.backends.models.facts import Facts, bare_id
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import Model, ModelFacts, ModelRef
from tests.backends.helpers import Keys, custom
from tests.servers import ScriptedServer, json_reply

FACTS = Facts()


def filled(provider: str, identity: str, **known: object) -> Model:
    profile = builtin_providers()[provider]
    model = Model(ModelRef(provider, identity), **known)  # type: ignore[arg-type]
    return FACTS.fill([model], profile)[0]


def test_the_file_says_what_it_is() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", FACTS.date)
    assert "MIT" in FACTS.source
    packed = Path(sys.modules[Facts.__module__].__file__ or "").with_name("models.json.gz")
    assert packed.stat().st_size < 200_000


@pytest.mark.parametrize(
    ("provider", "identity"),
    [
        ("openai", "gpt-4o-mini"),
        ("deepseek", "deepseek-chat"),
        ("mistral", "mistral-small-latest"),
        ("groq", "llama-3.3-70b-versatile"),
        ("gemini", "models/gemini-2.5-flash"),
        ("siliconflow", "Qwen/Qwen2.5-7B-Instruct"),
    ],
)
def test_a_known_server_has_window_and_prices(provider: str, identity: str) -> None:
    model = filled(provider, identity)
    assert model.context_window
    assert model.price_in
    assert model.price_out
    assert model.facts_date == FACTS.date


def test_another_server_has_no_prices_and_only_limits_that_all_agree_about() -> None:
    model = filled("modelmax", "gpt-4o-mini")
    assert model.context_window == 128_000
    assert (model.price_in, model.price_out, model.price_cached) == (None, None, None)


def test_what_the_server_says_stays() -> None:
    model = filled("openai", "gpt-4o-mini", context_window=5, max_output=6, price_in=7.0, modalities=("text",))
    assert (model.context_window, model.max_output, model.price_in, model.price_out) == (5, 6, 7.0, None)
    assert (model.modalities, model.facts_date) == (("text",), None)


@pytest.mark.parametrize("identity", ["gpt-4o-mini-2099", "gpt-4o-min", "our/own-model", "", "x" * 300])
def test_a_likeness_is_no_knowledge(identity: str) -> None:
    assert filled("modelmax", identity) == Model(ModelRef("modelmax", identity))


@pytest.mark.parametrize(
    ("identity", "bare"),
    [
        ("Pro/Qwen/Qwen2.5-7B-Instruct", "qwen2.5-7b-instruct"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("claude-x@20250805", "claude-x"),
        ("model-1234", "model-1234"),
    ],
)
def test_bare_ids(identity: str, bare: str) -> None:
    assert bare_id(identity) == bare


async def test_a_fetched_list_is_filled_in_and_cached_without_it(tmp_path: Path) -> None:
    async with ScriptedServer(json_reply({"data": [{"id": "gpt-4o-mini"}]})) as server:
        backend = HttpBackend(lambda: {"work": custom(server.url)}, Keys(), tmp_path / "cache", tmp_path)
        listed = await backend.models("work")
        assert listed.models[0].context_window == 128_000
        assert backend.known_models()[0].models == listed.models
        assert backend.model(ModelRef("work", "gpt-4o-mini")) == listed.models[0]
        assert backend.model(ModelRef("work", "?")) == Model(ModelRef("work", "?"))
        assert backend.model(ModelRef("nobody", "x")) == Model(ModelRef("nobody", "x"))
        await backend.aclose()
    (cached,) = (tmp_path / "cache" / "models").iterdir()
    assert "128000" not in cached.read_text()


async def test_the_users_word_goes_before_the_servers_and_the_snapshots(tmp_path: Path) -> None:
    listed: JsonObject = {"id": "gpt-4o-mini", "max_output_tokens": 9}
    told = {"gpt-4o-mini": ModelFacts(7, 8, 0.5, 0), "typed/in": ModelFacts(context_window=3)}
    async with ScriptedServer(json_reply({"data": [listed, {"id": "gpt-4.1-mini"}]})) as server:
        provider = custom(server.url, facts=told)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path / "cache", tmp_path)
        one, other = (await backend.models("work")).models
        assert (one.context_window, one.max_output, one.price_in, one.price_out) == (7, 8, 0.5, 0)
        assert one.price_cached is None
        assert "image" in one.modalities  # the snapshot has the last word
        assert other.context_window == 1_047_576
        assert backend.model(ModelRef("work", "typed/in")).context_window == 3
        await backend.aclose()
    fresh = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path / "cache", tmp_path)
    assert fresh.known_models()[0].models[0].context_window == 7  # before the snapshot is read


@pytest.mark.parametrize("price", ["price_in", "price_out"])
def test_a_price_of_the_servers_leaves_no_room_for_the_users(price: str) -> None:
    model = Model(ModelRef("work", "m"), **{price: 1.0})  # type: ignore[arg-type]
    assert ModelFacts(price_in=2, price_out=3).fill(model) == model


def test_local_models_have_facts_of_the_users(tmp_path: Path) -> None:
    provider = replace(builtin_providers()["local"], facts={STARTER: ModelFacts(max_output=5)})
    backend = HttpBackend(lambda: {"local": provider}, Keys(), tmp_path, tmp_path)
    assert backend.model(ModelRef("local", STARTER)).max_output == 5


def test_a_models_own_price_table_survives_the_cache(tmp_path: Path) -> None:
    from chat_tui.backends.models.cache import ModelCache, read_models
    from chat_tui.domain.models.model import ModelList

    entry: JsonObject = {
        "id": "a",
        "pricing": {"prompt": "0.000001", "completion": "0.000002", "input_cache_read": "0.0000001"},
    }
    models = read_models("p", [entry]) or ()
    assert models[0].price_cached == 0.1
    cache = ModelCache(tmp_path)
    cache.save(ModelList("p", models, "2026-01-01T00:00:00Z"))
    loaded = cache.load("p")
    assert loaded is not None
    assert loaded.models == models
    assert replace(models[0], price_cached=None) != models[0]


def test_the_snapshot_is_not_read_before_it_is_needed() -> None:
    code = (
        "from pathlib import Path; from chat_tui.backends.client import HttpBackend as B; import sys\n"
        "b = B(lambda: {}, None, Path('.'), Path('.')); b.known_models(); print(b._listing.facts.is_loaded)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


async def test_prices_are_in_the_currency_of_the_provider_unless_they_say_otherwise(tmp_path: Path) -> None:
    listed: list[Json] = [
        {"id": "unnamed", "pricing": {"input": 2, "output": 8}},
        {"id": "dollars", "pricing": {"input": 2, "output": 8, "currency": "USD"}},
        {"id": "free", "name": "No price"},
    ]
    told = {"free": ModelFacts(price_in=1, price_out=1)}
    async with ScriptedServer(json_reply({"data": listed})) as server:
        provider = custom(server.url, facts=told, currency="CNY")
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path / "cache", tmp_path)
        models = (await backend.models("work")).models
        await backend.aclose()
    fresh = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path / "cache", tmp_path)
    for each in (models, fresh.known_models()[0].models):
        assert [model.currency for model in each] == ["CNY", "USD", "CNY"]


def test_the_snapshot_is_in_dollars_whatever_the_provider_bills_in() -> None:
    model = filled("siliconflow", "Qwen/Qwen2.5-7B-Instruct", currency="CNY")
    assert model.price_in
    assert model.currency == ""
