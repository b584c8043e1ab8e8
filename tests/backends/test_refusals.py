"""Requests that get refused, and what is sent then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.client import HttpBackend
from chat_tui.backends.requests.builder import chat_request
from chat_tui.backends.requests.messages import wire_messages
from chat_tui.domain.conversation.chunk import Notice
from chat_tui.domain.conversation.message import Message, Role, new_message_id
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.provider import Provider, ReasoningBack
from chat_tui.domain.ports.backend import ChatRequest
from chat_tui.domain.text.secrets import Secret
from chat_tui.domain.tools import Tool
from tests.backends.helpers import KEY, Keys, Outcome, custom, turn, user
from tests.servers import Reply, Request, ScriptedServer, hello, json_reply

Judge = Callable[[dict[str, Any]], Reply | None]


def openai(text: str, param: str | None = None, code: str | None = None, status: int = 400) -> Reply:
    return json_reply({"error": {"message": text, "param": param, "code": code}}, status)


def fastapi(*loc: str) -> Reply:
    return json_reply({"detail": [{"loc": ["body", *loc], "msg": "Extra inputs are not permitted"}]}, 422)


async def turns(tmp_path: Path, judge: Judge, *requests: ChatRequest, **fields: Any) -> tuple[list[Outcome], list[Any]]:
    """Turns of one backend with a server that refuses what `judge` says; outcomes, and the bodies that came."""

    def reply(request: Request) -> Reply:
        return judge(request.json) or hello()

    outcomes = []
    async with ScriptedServer(reply) as server:
        provider = custom(server.url, **fields)
        backend = HttpBackend(lambda: {"work": provider}, Keys(), tmp_path, tmp_path)
        for each in requests:
            outcome = Outcome()
            try:
                outcome.chunks = [chunk async for chunk in backend.stream(each)]
            except ProviderError as error:
                outcome.error = error
            outcomes.append(outcome)
        await backend.aclose()
    return outcomes, [request.json for request in server.requests]


def notices(outcome: Outcome) -> str:
    return " ".join(chunk.text for chunk in outcome.chunks if isinstance(chunk, Notice))


UNSUPPORTED = "Unsupported parameter: '{0}' is not supported with this model."
CASES: dict[str, tuple[JsonObject, str, Reply, JsonObject]] = {
    # what is set, the field that is refused, how, what is sent in the end
    # Mistral, Fireworks: openai/openai-agents-python#442, FlowiseAI/Flowise#2866.
    "FastAPI": ({}, "stream_options", fastapi("stream_options", "include_usage"), {}),
    "in words": ({}, "stream_options", openai("Unrecognized request argument: include_usage"), {}),
    # OpenAI from the o-series on: decolua/9router#560.
    "max_tokens": (
        {"max_tokens": 9},
        "max_tokens",
        openai(
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        ),
        {"max_completion_tokens": 9},
    ),
    # Mistral, old vLLM: vectorize-io/hindsight#852.
    "max_completion_tokens": (
        {"max_completion_tokens": 9},
        "max_completion_tokens",
        fastapi("max_completion_tokens"),
        {"max_tokens": 9},
    ),
    # OpenAI's reasoning models: vercel/ai#10932.
    "temperature": (
        {"temperature": 0.2, "seed": 1},
        "temperature",
        openai(
            "'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
            "temperature",
            "unsupported_value",
        ),
        {"seed": 1},
    ),
    "top_p": ({"top_p": 0.2}, "top_p", openai(UNSUPPORTED.format("top_p"), "top_p"), {}),
    # Groq: console.groq.com/docs/openai.
    "logprobs": ({"logprobs": True}, "logprobs", openai("property 'logprobs' is not supported"), {}),
    "logit_bias": ({"logit_bias": {"1": 2}}, "logit_bias", openai("`logit_bias` is unsupported"), {}),
    # DeepSeek has no json_schema: llm-exe/llm-exe#662; LM Studio no json_object: lmstudio-ai/lmstudio-bug-tracker#189.
    "json_schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}},
        "response_format",
        openai("This response_format type is unavailable now"),
        {"response_format": {"type": "json_object"}},
    ),
    "json_object": (
        {"response_format": {"type": "json_object"}},
        "response_format",
        openai("'response_format.type' must be 'json_schema' or 'text'"),
        {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}},
    ),
    "none": ({"response_format": {"type": "json_object"}}, "response_format", openai("no response_format"), {}),
    # xAI, Cerebras, DeepSeek: badlogic/pi-mono, detectCompat.
    "store": ({"store": True}, "store", openai("Unknown parameter: 'store'.", "store"), {}),
    "reasoning_effort": (
        {"reasoning_effort": "low"},
        "reasoning_effort",
        openai("Argument not supported on this model: reasoningEffort; reasoning_effort is not supported"),
        {},
    ),
    # Each provider has its own switch; vLLM and FastAPI name the field.
    "the thinking switch": ({"thinking": "low"}, "reasoning_effort", fastapi("reasoning_effort"), {}),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_refused_field_is_changed_once_and_remembered(tmp_path: Path, name: str) -> None:
    parameters, field, refusal, expected = CASES[name]
    refused = chat_request(turn(parameters=parameters), custom("https://x.example"), None).body or {}

    def judge(body: dict[str, Any]) -> Reply | None:
        return refusal if field in body and body[field] == refused[field] else None

    outcomes, bodies = await turns(tmp_path, judge, *[turn(parameters=parameters)] * 2)
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert len(bodies) == 3, "refused once, then right, then right at once"
    for body in bodies[1:]:
        rest = {key: body[key] for key in body if key not in ("model", "messages", "stream", "stream_options")}
        assert rest == expected
    assert bool(notices(outcomes[0])) == (field != "stream_options")
    lost = field in parameters and field not in bodies[-1] and not set(expected) - set(parameters)
    told_again = lost or name.startswith(("json", "the thinking switch"))
    assert bool(notices(outcomes[1])) == told_again, "what is left out is told every time"


async def test_a_stream_option_is_refused_for_the_whole_host_other_fields_by_model(tmp_path: Path) -> None:
    def judge(body: dict[str, Any]) -> Reply | None:
        if "stream_options" in body:
            return fastapi("stream_options")
        return openai(UNSUPPORTED.format("seed"), "seed") if "seed" in body and body["model"] == "m" else None

    asked = [turn(model=model, parameters={"seed": 1}) for model in ("m", "other")]
    _, bodies = await turns(tmp_path, judge, *asked)
    assert [("seed" in body, "stream_options" in body) for body in bodies] == [
        (True, True),
        (True, False),
        (False, False),
        (True, False),
    ]


@pytest.mark.parametrize(
    "refusal",
    [
        openai("temperature must be at most 1", "temperature"),
        openai("seed is not supported"),
        openai("Unsupported parameter: 'temperature'", "temperature", status=403),
        openai("'messages' is not supported", "messages[2].refusal"),
        openai("This model is not supported"),
    ],
)
async def test_what_the_user_can_put_right_is_not_taken_out(tmp_path: Path, refusal: Reply) -> None:
    (outcome,), bodies = await turns(tmp_path, lambda body: refusal, turn(parameters={"temperature": 2}))
    assert outcome.failure
    assert len(bodies) == 1
    assert bodies[0]["temperature"] == 2


async def test_a_server_that_refuses_everything_is_asked_five_times_at_most(tmp_path: Path) -> None:
    def judge(body: dict[str, Any]) -> Reply | None:
        rest = [key for key in body if key not in ("model", "messages", "stream")]
        return openai(f"Unknown parameter: '{rest[0]}'", rest[0]) if rest else None

    (outcome,), bodies = await turns(tmp_path, judge, turn(parameters={name: 1 for name in "abcdefgh"}))
    assert outcome.failure.kind is ErrorKind.REJECTED
    assert len(bodies) == 5


async def test_what_the_profile_added_goes_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    def judge(body: dict[str, Any]) -> Reply | None:
        return openai("max_tokens is too large: 4096", "max_tokens") if "max_tokens" in body else None

    (outcome,), bodies = await turns(tmp_path, judge, turn(), defaults={"max_tokens": 4096})
    assert outcome.error is None
    assert "max_tokens" not in bodies[-1]


async def test_a_model_without_tools_answers_without_them(tmp_path: Path) -> None:
    def judge(body: dict[str, Any]) -> Reply | None:
        # Ollama, of a model whose template has no tools.
        return openai("registry.ollama.ai/library/gemma:2b does not support tools") if "tools" in body else None

    asked = replace(turn(parameters={"tool_choice": "auto"}), tools=(Tool("time", "now"),))
    (outcome,), bodies = await turns(tmp_path, judge, asked)
    assert outcome.error is None
    assert ["tools" in body or "tool_choice" in body for body in bodies] == [True, False]
    assert "does not accept tools with m" in notices(outcome)


# Reasoning in the history, what comes beside tool calls

CALL: JsonObject = {"id": "1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}


def history(**fields: Any) -> list[Message]:
    def say(role: Role, text: str, **more: Any) -> Message:
        return Message(new_message_id(), None, role, text, **more)

    return [
        user("a"),
        say(Role.ASSISTANT, "", reasoning="hm", tool_calls=[CALL | {"extra_content": {"s": 1}}], **fields),
        say(Role.TOOL, "x", tool_call_id="1"),
        say(Role.ASSISTANT, "b", reasoning="oh"),
        user("c"),
    ]


def test_reasoning_goes_back_only_where_the_profile_says() -> None:
    expected = {ReasoningBack.NEVER: [], ReasoningBack.TOOL_CALLS: ["hm"], ReasoningBack.ALWAYS: ["hm", "oh"]}
    for rule, sent in expected.items():
        wire: list[Any] = wire_messages(history(), replace(custom(""), reasoning_back=rule))
        assert [turn["reasoning_content"] for turn in wire if "reasoning_content" in turn] == sent
    rules = {key: each.reasoning_back for key, each in builtin_providers().items()}
    assert [key for key, rule in rules.items() if rule is not ReasoningBack.NEVER] == ["deepseek"]


def test_what_came_beside_a_call_goes_back_to_where_it_came_from_alone() -> None:
    for model, sent in (("work/x", True), ("other/x", False), (None, False)):
        wire: list[Any] = wire_messages(history(model=model), custom(""))
        assert ("extra_content" in wire[1]["tool_calls"][0]) is sent


async def test_a_server_that_wants_or_refuses_reasoning_says_so_once(tmp_path: Path) -> None:
    def wants(body: dict[str, Any]) -> Reply | None:
        if any("reasoning_content" in each for each in body["messages"]):
            return None
        return openai("The `reasoning_content` in the thinking mode must be passed back to the API.")

    def refuses(body: dict[str, Any]) -> Reply | None:
        if any("reasoning_content" in each for each in body["messages"]):
            return openai("reasoning_content is not allowed in messages")
        return None

    request = ChatRequest(ModelRef("work", "m"), history())
    for judge, fields in ((wants, {}), (refuses, {"reasoning_back": ReasoningBack.ALWAYS})):
        outcomes, bodies = await turns(tmp_path, judge, request, request, **fields)
        assert [each.error for each in outcomes] == [None, None]
        assert len(bodies) == 3


# The thinking switch, extra_body


def sent(provider: Provider, **parameters: Any) -> dict[str, Any]:
    made = chat_request(turn(provider.key, parameters=parameters), provider, Secret(KEY))
    usual = ("model", "messages", "stream", "stream_options", "model_id", "streaming", "key", "max_tokens")
    return {name: value for name, value in (made.body or {}).items() if name not in usual}


SWITCH: list[tuple[str, Any, JsonObject]] = [
    ("openai", "off", {"reasoning_effort": "none"}),
    ("gemini", "high", {"reasoning_effort": "high"}),
    ("siliconflow", "off", {"enable_thinking": False}),
    ("siliconflow", 2048, {"enable_thinking": True, "thinking_budget": 2048}),
    ("deepseek", "off", {"thinking": {"type": "disabled"}}),
    ("deepseek", {"type": "enabled"}, {"thinking": {"type": "enabled"}}),
    ("openrouter", "medium", {"reasoning": {"effort": "medium"}}),
    ("openrouter", 900, {"reasoning": {"max_tokens": 900}}),
    ("vllm", "off", {"chat_template_kwargs": {"enable_thinking": False}}),
    ("llamacpp", "low", {"chat_template_kwargs": {"enable_thinking": True}}),
]


@pytest.mark.parametrize(("key", "value", "expected"), SWITCH)
def test_one_switch_each_providers_way(key: str, value: Any, expected: JsonObject) -> None:
    assert sent(builtin_providers()[key], thinking=value) == expected


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("openai", 500, "off | low | medium | high, not 500"),
        ("openai", "very", "off | low"),
        ("siliconflow", 5, "128 to 32768"),
        ("siliconflow", True, "a number of tokens"),
    ],
)
def test_a_level_that_is_not_there_is_refused_before_sending(key: str, value: Any, words: str) -> None:
    with pytest.raises(ProviderError) as caught:
        sent(builtin_providers()[key], thinking=value)
    assert words in caught.value.message


def test_every_profile_knows_every_level() -> None:
    for provider in builtin_providers().values():
        for level in ("off", "low", "medium", "high"):
            assert sent(provider, thinking=level)


def test_extra_body_of_profile_and_thread_and_their_order() -> None:
    provider = replace(custom("https://x.example"), extra_body={"a": 1, "b": 1, "c": 1})
    assert sent(provider, b=2, extra_body={"c": 3, "d": None}) == {"a": 1, "b": 2, "c": 3}
    with pytest.raises(ProviderError, match="messages is not a parameter"):
        sent(provider, extra_body={"messages": []})
    with pytest.raises(ProviderError, match="must be an object"):
        sent(provider, extra_body=3)


@pytest.mark.parametrize("key", ["ollama", "lmstudio", "llamacpp", "mistral", "local"])
def test_the_new_name_is_not_sent_where_it_means_nothing(key: str) -> None:
    provider = builtin_providers()[key]
    made = chat_request(
        turn(key, parameters={"max_completion_tokens": 7}), replace(provider, base_url="http://127.0.0.1"), None
    )
    assert made.body is not None
    assert made.body["max_tokens"] == 7
    assert "max_completion_tokens" not in made.body


def test_nulls_are_never_sent() -> None:
    assert "null" not in str(chat_request(turn(parameters={"a": None}), custom("https://x.example"), None).content())
