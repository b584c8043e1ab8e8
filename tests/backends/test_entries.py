"""What an entry of a model list states, in the fields of each server; and what is offered of a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.client import HttpBackend
from chat_tui.backends.models.cache import ModelCache, listed, read_models
from chat_tui.domain.conversation.draft import Attachment, Draft
from chat_tui.domain.json import Json
from chat_tui.domain.models.model import Model, ModelFacts, ModelRef, PriceFrom
from tests.backends.helpers import Keys, custom
from tests.servers import ScriptedServer, json_reply

OPENAI = {"object": "model", "created": 1, "owned_by": "system"}


def read(**entry: Any) -> Model:
    (model,) = read_models("p", [entry]) or ()
    return model


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "m", "type": "embeddings"},
        {"id": "m", "type": "asr"},
        {"id": "m", "mode": "image_generation"},
        {"id": "m", "task": {"name": "Text-to-Image"}},
        {"id": "m", "pipeline_tag": "feature-extraction"},
        {"id": "m", "capabilities": {"completion_chat": False}},
        {"id": "m", "capabilities": {"type": "embeddings"}},
        {"id": "m", "capabilities": ["embedding"]},
        {"id": "m", "capabilities": {"type": "chat"}, "supported_endpoints": ["/responses"]},
        {"id": "m", "endpoints": ["embed", "classify"]},
        {"id": "m", "architecture": {"output_modalities": ["image"]}},
        {"id": "m", "architecture": {"input_modalities": ["audio"], "output_modalities": ["text"]}},
        {"name": "models/m", "supportedGenerationMethods": ["predictLongRunning"]},
        {"name": "models/x-preview-tts", "supportedGenerationMethods": ["generateContent"]},
        *(
            {"id": each}
            for each in ("text-embedding-3-small", "BAAI/bge-m3", "whisper-large-v3", "playai-tts", "tts-1-hd")
        ),
        *(
            {"id": each}
            for each in ("dall-e-3", "gpt-image-1", "imagen-4.0", "sora-2", "omni-moderation-latest", "babbage-002")
        ),
        *(
            {"id": each}
            for each in ("gpt-4o-realtime-preview", "gpt-4o-transcribe", "davinci:ft-x", "gpt-3.5-turbo-instruct")
        ),
        *(
            {"id": each, **OPENAI}
            for each in ("o1-pro", "gpt-5-pro-2025-10-06", "gpt-5.1-codex-max", "o3-deep-research")
        ),
    ],
)
def test_what_cannot_chat(entry: dict[str, Any]) -> None:
    assert not read(**entry).can_chat


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "m", "type": "chat"},
        {"id": "voxtral-transcribe", "capabilities": {"completion_chat": True}},
        {"id": "openai/gpt-5.1-codex", "type": "text"},
        {"id": "openai/o1-pro", "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]}},
        {"id": "m", "capabilities": ["completion"]},
        {"id": "m", "capabilities": {"type": "chat"}, "supported_endpoints": ["/v1/messages", "/chat/completions"]},
        {"name": "models/m", "supportedGenerationMethods": ["generateContent", "countTokens"]},
        *(
            {"id": each}
            for each in ("gpt-4o", "llama-guard-4", "gpt-4o-audio-preview", "qwen3-coder", "adagio", "kimi-k2")
        ),
        *({"id": each} for each in ("my-live-model", "o1-pro", "deepseek-ai/DeepSeek-OCR", "vendor/gpt-5-pro")),
    ],
)
def test_what_can(entry: dict[str, Any]) -> None:
    assert read(**entry).can_chat


def test_copilots_limits() -> None:
    limits = {"max_context_window_tokens": 264_000, "max_output_tokens": 64_000, "max_prompt_tokens": 200_000}
    model = read(id="m", name="M", capabilities={"type": "chat", "limits": limits, "supports": {"vision": True}})
    assert (model.name, model.context_window, model.max_output, model.modalities) == (
        "M",
        264_000,
        64_000,
        ("text", "image"),
    )
    blind = read(id="m", capabilities={"type": "chat", "limits": limits, "supports": {"streaming": True}})
    assert blind.modalities == ("text",)


def test_mistrals_end_and_replacement() -> None:
    model = read(
        id="m",
        max_context_length=9,
        capabilities={"completion_chat": True, "vision": False},
        deprecation="2026-08-31T12:00:00Z",
        deprecation_replacement_model="n",
    )
    assert (model.context_window, model.modalities, model.ends, model.replacement) == (9, ("text",), "2026-08-31", "n")


def test_anthropics_and_geminis_limits_and_names() -> None:
    sees = {"image_input": {"supported": True}}
    model = read(id="m", type="model", display_name="M", max_input_tokens=9, max_tokens=8, capabilities=sees)
    assert (model.name, model.context_window, model.max_output, model.modalities) == ("M", 9, 8, ("text", "image"))
    model = read(
        name="models/m",
        displayName="M",
        inputTokenLimit=9,
        outputTokenLimit=8,
        supportedGenerationMethods=["generateContent"],
    )
    assert (model.ref.id, model.name, model.context_window, model.max_output) == ("models/m", "M", 9, 8)


def test_venices_spec() -> None:
    spec = {
        "availableContextTokens": 9,
        "maxCompletionTokens": 8,
        "name": "M",
        "pricing": {"input": {"usd": 1.5, "diem": 2}, "output": {"usd": 3, "diem": 4}, "cache_input": {"usd": 0.2}},
        "capabilities": {"supportsVision": True, "supportsAudioInput": True},
    }
    model = read(id="m", type="text", model_spec=spec)
    assert (model.name, model.context_window, model.max_output) == ("M", 9, 8)
    assert (model.price_in, model.price_out, model.price_cached, model.price_from) == (1.5, 3.0, 0.2, PriceFrom.LIST)
    assert model.modalities == ("text", "image", "audio")


def test_hugging_faces_providers() -> None:
    down = {"provider": "a", "status": "error", "context_length": 1, "pricing": {"input": 9, "output": 9}}
    live = {"provider": "b", "status": "live", "context_length": 7, "pricing": {"input": 0.5, "output": 2}}
    model = read(id="m", providers=[down, {"provider": "c", "status": "live"}, live])
    assert (model.context_window, model.price_in, model.price_out) == (7, 0.5, 2.0)


@pytest.mark.parametrize(
    ("fields", "prices"),
    [
        (
            {"pricing": {"prompt": "0.00000125", "completion": "0.00001", "input_cache_read": "0.0000001"}},
            (1.25, 10, 0.1),
        ),
        ({"pricing": {"input": "0.00000015", "output": "0.0000006"}}, (0.15, 0.6, None)),
        ({"pricing": {"input": 10, "output": 50, "cache_read": 1, "unit": "usd_per_1m_tokens"}}, (10, 50, 1)),
        ({"pricing": {"input": 0.88, "output": 0.88}}, (0.88, 0.88, None)),
        (
            {"metadata": {"pricing": {"input_tokens": 0.1, "output_tokens": 0.2, "cache_read_tokens": 0.05}}},
            (0.1, 0.2, 0.05),
        ),
        ({"prompt_text_token_price": 20_000, "completion_text_token_price": 100_000}, (2, 10, None)),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, (None, None, None)),
        ({"pricing": {"prompt": "0", "completion": "0"}}, (0, 0, None)),
    ],
)
def test_prices(fields: dict[str, Any], prices: tuple[float | None, ...]) -> None:
    model = read(id="m", **fields)
    assert (model.price_in, model.price_out, model.price_cached) == prices


@pytest.mark.parametrize(
    ("pricing", "currency"),
    [
        ({"currency": "cny"}, "CNY"),
        ({"unit": "rmb_per_1m_tokens"}, "CNY"),
        ({"unit": "usd_per_1m_tokens"}, "USD"),
        ({"input": {"usd": 1}}, "USD"),
        ({"currency": "points"}, ""),
        ({}, ""),
    ],
)
def test_a_list_may_name_the_currency(pricing: dict[str, Any], currency: str) -> None:
    model = read(id="m", pricing={"input": 1, "output": 2} | pricing)
    assert (model.price_in, model.price_out, model.currency) == (1, 2, currency)


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({"deprecation": None}, ""),
        ({"deprecated": True}, "deprecated"),
        ({"deprecated": False}, ""),
        ({"expiration_date": "2026-12-31"}, "2026-12-31"),
        ({"deprecation": {"inference": 1_788_134_400}}, "2026-08-31"),
        ({"model_spec": {"deprecation": {"date": "2026-05-01T00:00:00Z"}}}, "2026-05-01"),
        ({"lifecycle_status": "Deprecated"}, "deprecated"),
    ],
)
def test_when_a_model_goes(fields: dict[str, Any], ends: str) -> None:
    assert read(id="m", **fields).ends == ends


def test_what_cannot_chat_is_kept_beside_the_list_and_in_the_cache(tmp_path: Path) -> None:
    entries: list[Json] = [
        {"id": "m", "deprecation": "2026-08-31", "replacement_model": "n"},
        {"id": "odd-name", "type": "embedding"},
        {"id": "old", "deprecated": True},
    ]
    full = listed("p", read_models("p", entries) or (), "2026-01-01T00:00:00Z")
    assert [each.ref.id for each in full.models] == ["m", "old"]
    assert [each.ref.id for each in full.others] == ["odd-name"]
    cache = ModelCache(tmp_path)
    cache.save(full)
    assert cache.load("p") == full


async def test_the_users_word_then_the_lists_then_the_snapshots(tmp_path: Path) -> None:
    entry = {
        "id": "gpt-4o-mini",
        "context_length": 7,
        "capabilities": {"vision": False},
        "pricing": {"input": 1, "output": 2},
    }
    facts = {"gpt-4o-mini": ModelFacts(context_window=5, price_in=8, price_out=9)}
    async with ScriptedServer(json_reply({"data": [entry, {"id": "gpt-4o"}]})) as server:
        backend = HttpBackend(lambda: {"work": custom(server.url, facts=facts)}, Keys(), tmp_path / "c", tmp_path)
        stated, bare = (await backend.models("work")).models
        await backend.aclose()
    assert stated.context_window == 5
    assert (stated.price_in, stated.price_from) == (1, PriceFrom.LIST)
    assert (stated.modalities, stated.is_reading_sure) == (("text",), True)
    assert "image" in bare.modalities
    assert not bare.is_reading_sure


def test_only_the_servers_own_word_refuses_an_image() -> None:
    draft = Draft((Attachment("x.png", "", 1, url="data:image/png;base64,AA=="),))
    model = Model(ModelRef("p", "m"), modalities=("text",))
    assert "does not read images" in draft.refusal(model)
    assert draft.refusal(Model(ModelRef("p", "m"), modalities=("text",), is_reading_sure=False)) == ""
