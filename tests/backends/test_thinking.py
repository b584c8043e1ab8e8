"""The thinking switch with servers that refuse it in the words of real ones: what is sent, and what is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.client import HttpBackend
from chat_tui.backends.requests.thinking import other_effort
from chat_tui.domain.conversation.chunk import Notice
from chat_tui.domain.json import JsonObject
from tests.backends.helpers import Keys, at, turn
from tests.servers import Reply, Request, ScriptedServer, hello, json_reply

Body = dict[str, Any]
USUAL = ("model", "messages", "stream", "stream_options", "model_id", "streaming", "key", "max_tokens")


def refused(words: str, param: str | None = None, status: int = 400) -> Reply:
    return json_reply({"error": {"message": words, "param": param}}, status)


def openai(*takes: str) -> Callable[[Body], Reply | None]:
    """Models of OpenAI differ in the values they take."""

    def judge(body: Body) -> Reply | None:
        value = body.get("reasoning_effort")
        if value is None or value in takes:
            return None
        names = ", ".join(f"'{each}'" for each in takes[:-1]) + f", and '{takes[-1]}'"
        words = (
            f"Unsupported value: 'reasoning_effort' does not support '{value}' with this model. Supported values are: "
        )
        return refused(words + names + ".", "reasoning_effort")

    return judge


def openai_without(body: Body) -> Reply | None:
    return refused("Unrecognized request argument supplied: reasoning_effort") if "reasoning_effort" in body else None


def xai(body: Body) -> Reply | None:
    words = "Model grok-4 does not support parameter reasoningEffort."
    error = {"code": "Client specified an invalid argument", "error": words}
    return json_reply(error, 400) if "reasoning_effort" in body else None


def mistral(body: Body) -> Reply | None:
    value = body.get("reasoning_effort", "none")
    words = "Must be one of (<ReasoningEffort.none: 'none'>, <ReasoningEffort.high: 'high'>)"
    error = {"object": "error", "message": f"reasoning_effort='{value}' is not supported for this model. {words}"}
    return json_reply(error, 400) if value not in ("none", "high") else None


def gemini(body: Body) -> Reply | None:
    words = "Budget 0 is invalid. This model only works in thinking mode."
    is_none = body.get("reasoning_effort") == "none"
    return (
        json_reply([{"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}], 400) if is_none else None
    )


def groq(body: Body) -> Reply | None:
    is_good = body.get("reasoning_effort", "none") in ("none", "default")
    return None if is_good else refused("`reasoning_effort` must be one of `none` or `default`", "reasoning_effort")


def openrouter(body: Body) -> Reply | None:
    is_none = body.get("reasoning", {}).get("effort") == "none"
    return refused("Reasoning is mandatory for this endpoint and cannot be disabled.") if is_none else None


def ollama(body: Body) -> Reply | None:
    words = {"error": {"message": '"gemma" does not support thinking', "type": "invalid_request_error"}}
    return json_reply(words, 400) if "reasoning_effort" in body else None


def siliconflow(body: Body) -> Reply | None:
    words = "Value error, current model does not support parameter `enable_thinking`. Please check"
    return json_reply({"code": 20015, "message": words, "data": None}, 400) if "enable_thinking" in body else None


def anything(body: Body) -> Reply | None:
    return None


EFFORT = "reasoning_effort"
KWARGS = "chat_template_kwargs"
ON: JsonObject = {"thinking": {"type": "enabled"}}
CASES: list[tuple[str, str, Callable[[Body], Reply | None], dict[str, JsonObject]]] = [
    (
        "openai",
        "gpt-5",
        openai("minimal", "low", "medium", "high"),
        {"off": {EFFORT: "minimal"}, "low": {EFFORT: "low"}},
    ),
    ("openai", "o3", openai("low", "medium", "high"), {"off": {EFFORT: "low"}, "high": {EFFORT: "high"}}),
    ("openai", "gpt-5-pro", openai("medium", "high"), {"off": {EFFORT: "medium"}, "low": {EFFORT: "medium"}}),
    ("openai", "gpt-4o", openai_without, {"off": {}, "low": {}, "medium": {}, "high": {}}),
    ("xai", "grok-4", xai, {"off": {}, "low": {}, "medium": {}, "high": {}}),
    (
        "xai",
        "grok-3-mini",
        openai("low", "high"),
        {"off": {EFFORT: "low"}, "medium": {EFFORT: "low"}, "high": {EFFORT: "high"}},
    ),
    (
        "mistral",
        "mistral-small-latest",
        mistral,
        {"off": {EFFORT: "none"}, "low": {EFFORT: "high"}, "medium": {EFFORT: "high"}, "high": {EFFORT: "high"}},
    ),
    ("gemini", "gemini-2.5-pro", gemini, {"off": {EFFORT: "minimal"}, "low": {EFFORT: "low"}}),
    (
        "groq",
        "qwen/qwen3-32b",
        groq,
        {"off": {EFFORT: "none"}, "low": {EFFORT: "default"}, "high": {EFFORT: "default"}},
    ),
    ("groq", "renamed/32b", groq, {"off": {EFFORT: "none"}, "low": {EFFORT: "default"}, "high": {EFFORT: "default"}}),
    (
        "groq",
        "openai/gpt-oss-20b",
        openai("low", "medium", "high"),
        {"off": {EFFORT: "low"}, "medium": {EFFORT: "medium"}},
    ),
    (
        "openrouter",
        "openai/o3",
        openrouter,
        {"off": {"reasoning": {"effort": "minimal"}}, "high": {"reasoning": {"effort": "high"}}},
    ),
    ("ollama", "gemma", ollama, {"off": {}, "low": {}, "medium": {}, "high": {}}),
    ("siliconflow", "x/y", siliconflow, {"off": {}, "low": {"thinking_budget": 1024}}),
    (
        "deepseek",
        "deepseek-v4-pro",
        anything,
        {
            "off": {"thinking": {"type": "disabled"}},
            "low": ON | {EFFORT: "low"},
            "medium": ON | {EFFORT: "medium"},
            "high": ON | {EFFORT: "high"},
        },
    ),
    (
        "together",
        "zai-org/GLM-5",
        anything,
        {"off": {"reasoning": {"enabled": False}}, "low": {"reasoning": {"enabled": True}, EFFORT: "low"}},
    ),
    (
        "llamacpp",
        "m",
        anything,
        {"off": {KWARGS: {"enable_thinking": False}}, "high": {KWARGS: {"enable_thinking": True}}},
    ),
    ("vllm", "m", anything, {"off": {KWARGS: {"enable_thinking": False}}, "high": {KWARGS: {"enable_thinking": True}}}),
    ("lmstudio", "m", anything, {"off": {EFFORT: "none"}, "high": {EFFORT: "high"}}),
    ("modelmax", "m", anything, {"off": {EFFORT: "none"}, "high": {EFFORT: "high"}}),
    ("modelslab", "m", anything, {"off": {EFFORT: "none"}, "high": {EFFORT: "high"}}),
    ("lanrui", "m/1", anything, {"off": {EFFORT: "none"}, "high": {EFFORT: "high"}}),
]


async def ask(
    key: str, model: str, judge: Callable[[Body], Reply | None], cache: Path, *levels: str
) -> tuple[list[Body], list[str]]:
    """Turns with these levels, each in a process of its own: what was sent of thinking, and what was told."""

    def reply(request: Request) -> Reply:
        return judge(request.json) or hello()

    told: list[str] = []
    async with ScriptedServer(reply) as server:
        provider = at(key, server.url)
        for level in levels:
            backend = HttpBackend(lambda: {key: provider}, Keys(), cache, cache)
            async for chunk in backend.stream(turn(key, model, parameters={"thinking": level})):
                if isinstance(chunk, Notice):
                    told.append(chunk.text)
            await backend.aclose()
    bodies = [{name: each for name, each in request.json.items() if name not in USUAL} for request in server.requests]
    return bodies, told


@pytest.mark.parametrize(("key", "model", "judge", "expected"), CASES)
async def test_every_level_comes_to_what_the_model_takes(
    tmp_path: Path, key: str, model: str, judge: Callable[[Body], Reply | None], expected: dict[str, JsonObject]
) -> None:
    for level, fields in expected.items():
        bodies, told = await ask(key, model, judge, tmp_path / level, level)
        assert bodies[-1] == fields, level
        was_changed = len(bodies) > 1
        assert bool(told) == was_changed, told


def test_every_builtin_provider_is_tried() -> None:
    assert {key for key, *_ in CASES} == set(builtin_providers()) - {"local"}


async def test_a_later_process_knows_what_an_earlier_one_was_refused_and_says_so_again(tmp_path: Path) -> None:
    judge = openai("low", "medium", "high")
    bodies, told = await ask("openai", "o3", judge, tmp_path, "off", "off", "high")
    assert [each[EFFORT] for each in bodies] == ["none", "low", "low", "high"]
    assert told == ["OpenAI does not accept reasoning_effort none with o3; low was sent instead."] * 2


@pytest.mark.parametrize(
    ("value", "said", "other"),
    [
        ("none", "Supported values are: 'low', 'high'.", "low"),
        ("max", "Supported values are: 'low', 'high'.", "high"),
        ("medium", "must be one of none or high", "high"),
        ("low", "must be one of none", "none"),
        ("none", "does not support 'none' with this model", "minimal"),
        ("minimal", "does not support 'minimal' with this model", "low"),
        ("low", "does not support 'low' with this model", None),
        ("none", "Unknown parameter: 'reasoning_effort'", None),
        ({"effort": "none", "exclude": True}, "expected one of low|high", {"effort": "low", "exclude": True}),
    ],
)
def test_the_nearest_effort(value: Any, said: str, other: Any) -> None:
    assert other_effort(value, said) == other


def main() -> None:
    """Prints a table of what is sent and what comes, for every case and level."""
    import asyncio
    import tempfile

    for key, model, judge, _ in CASES:
        for level in ("off", "low", "medium", "high"):
            with tempfile.TemporaryDirectory() as folder:
                bodies, told = asyncio.run(ask(key, model, judge, Path(folder), level))
            sent = " -> ".join(json.dumps(each) for each in bodies)
            print(f"{key} | {model} | {level} | {sent} | {' '.join(told) or 'accepted'}")


if __name__ == "__main__":
    main()
