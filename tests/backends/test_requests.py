"""What goes out."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.requests.builder import chat_request, models_request
from chat_tui.backends.requests.messages import wire_messages
from chat_tui.backends.requests.preview import preview
from chat_tui.domain.conversation.message import Message, Role, Status, new_message_id
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.provider import Auth, Provider, provider_from_table
from chat_tui.domain.ports.backend import ChatRequest
from chat_tui.domain.text.secrets import Secret
from chat_tui.domain.tools import Tool
from tests.backends.helpers import KEY, custom, turn, user


def say(role: Role, text: str = "", **fields: Any) -> Message:
    return Message(new_message_id(), None, role, text, **fields)


def body(provider: Provider, **parameters: Any) -> dict[str, Any]:
    made = chat_request(turn(provider.key, parameters=parameters), provider, Secret(KEY))
    content = made.content()
    assert content is not None
    result: dict[str, Any] = json.loads(content)
    return result


def test_plain_openai() -> None:
    provider = custom("https://llm.example")
    made = chat_request(turn(), provider, Secret(KEY))
    assert made.url == "https://llm.example/v1/chat/completions"
    assert made.headers["Authorization"] == f"Bearer {KEY}"
    assert made.headers["Accept-Encoding"] == "identity"
    assert made.body == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert KEY not in repr(made)


def test_modelslab_speaks_its_own_names_with_the_key_in_the_body() -> None:
    provider = builtin_providers()["modelslab"]
    made = chat_request(turn("modelslab"), provider, Secret(KEY))
    assert made.url == "https://modelslab.com/api/v7/llm/chat/completions"
    assert "Authorization" not in made.headers
    assert made.body is not None
    assert made.body["key"] == KEY
    assert made.body["model_id"] == "m"
    assert made.body["streaming"] is True
    assert not {"model", "stream", "stream_options"} & set(made.body)
    assert isinstance(made.body["max_tokens"], int)
    assert made.body["max_tokens"] > 1000
    listing = models_request("/v1/models", provider, Secret(KEY))
    assert listing.url == "https://modelslab.com/api/v7/llm/v1/models"
    assert listing.headers["x-api-key"] == KEY


def test_the_users_value_goes_before_the_profiles() -> None:
    assert body(builtin_providers()["modelslab"], max_tokens=50)["max_tokens"] == 50


def test_siliconflow_lists_chat_models_only() -> None:
    made = models_request("/models", builtin_providers()["siliconflow"], Secret(KEY))
    assert made.url == "https://api.siliconflow.cn/v1/models?type=text&sub_type=chat"


@pytest.mark.parametrize(
    ("provider", "parameters", "says"),
    [
        ("lanrui", {"top_p": 0}, "above 0, to 1"),
        ("lanrui", {"temperature": 2.1}, "0 to 2"),
        ("modelslab", {"n": 11}, "1 to 10"),
        ("modelslab", {"stop": ["a"] * 5}, "at most 4"),
        ("siliconflow", {"thinking_budget": 100}, "128 to 32768"),
        ("modelmax", {"max_tokens": 1.5}, "whole number"),
        ("modelmax", {"messages": []}, "not a parameter"),
        ("modelslab", {"model_id": "x"}, "not a parameter"),
        ("modelslab", {"key": "x"}, "not a parameter"),
    ],
)
def test_a_value_out_of_range_is_refused_before_sending(provider: str, parameters: dict[str, Any], says: str) -> None:
    with pytest.raises(ProviderError) as caught:
        body(builtin_providers()[provider], **parameters)
    assert caught.value.kind is ErrorKind.REJECTED
    assert says in caught.value.message


def test_unknown_parameters_pass_and_nulls_do_not() -> None:
    sent = body(builtin_providers()["lanrui"], mirostat=2, temperature=None)
    assert sent["mirostat"] == 2
    assert "temperature" not in sent
    assert "stream_options" not in sent


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ProviderError, match="not a number"):
        body(custom("https://llm.example"), odd=float("nan"))


def test_half_a_character_is_sent_whole() -> None:
    request = ChatRequest(ModelRef("work", "m"), [user("\ud83d\ude00 \ud83d")])
    content = chat_request(request, custom("https://llm.example"), None).content()
    assert content is not None
    assert "😀 \ufffd".encode() in content


def test_history_in_openais_shape() -> None:
    messages = [
        say(Role.SYSTEM, "Be terse."),
        user("a"),
        say(Role.ASSISTANT, "", status=Status.FAILED),
        user("b"),
        say(Role.ASSISTANT, "cut of", reasoning="hm", status=Status.INTERRUPTED),
        say(Role.ASSISTANT, "f here"),
        say(Role.ASSISTANT, "", reasoning="only thoughts"),
        user("c"),
    ]
    assert wire_messages(messages) == [
        {"role": "system", "content": "Be terse."},
        {"role": "user", "content": "a\n\nb"},
        {"role": "assistant", "content": "cut off here"},
        {"role": "user", "content": "c"},
    ]


def test_parts_are_kept_and_joined() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    parts = [{"type": "text", "text": "see"}, image]
    wire = wire_messages([user("see", parts=parts), user("now")])
    assert wire == [{"role": "user", "content": [*parts, {"type": "text", "text": "now"}]}]


def test_tool_calls_go_only_with_their_answers() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}
    asked = say(Role.ASSISTANT, "", tool_calls=[call])
    answered = [user("a"), asked, say(Role.TOOL, "x", tool_call_id="1")]
    assert wire_messages(answered)[1:] == [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "x"},
    ]
    assert wire_messages([user("a"), asked, user("b")]) == [{"role": "user", "content": "a\n\nb"}]
    assert wire_messages([user("a"), say(Role.TOOL, "x", tool_call_id="9")]) == [{"role": "user", "content": "a"}]


@pytest.mark.parametrize(("name", "arguments"), [("web.run", "{}"), ("python", "print(2+2)"), ("python", "[]")])
def test_calls_of_another_program_that_no_server_takes_are_sent_as_text(name: str, arguments: str) -> None:
    call = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
    asked = say(Role.ASSISTANT, "Look:", tool_calls=[call])
    result, second = (say(Role.TOOL, text, tool_call_id="1") for text in "xy")
    assert wire_messages([user("a"), asked, result, second, say(Role.ASSISTANT, "b")]) == [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": f"Look:\n\n[called {name}: {arguments}]"},
        {"role": "user", "content": "[result of a tool]\nx\n\n[result of a tool]\ny"},
        {"role": "assistant", "content": "b"},
    ]


def test_a_second_result_of_one_call_is_sent_as_text() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}
    turns = [user("a"), say(Role.ASSISTANT, tool_calls=[call]), *(say(Role.TOOL, x, tool_call_id="1") for x in "xy")]
    assert wire_messages(turns)[2:] == [
        {"role": "tool", "tool_call_id": "1", "content": "x"},
        {"role": "user", "content": "[result of a tool]\ny"},
    ]


@pytest.mark.parametrize("key", ["modelslab", "siliconflow", "lanrui", "modelmax"])
def test_tools_and_how_they_are_chosen_are_sent_to_each_provider(key: str) -> None:
    provider, tool = builtin_providers()[key], Tool("time", "now", "The time.", {"type": "object"})
    for stream in (True, False):
        request = replace(turn(key, parameters={"tool_choice": "required"}), tools=(tool,), stream=stream)
        sent = chat_request(request, provider, Secret(KEY)).body or {}
        assert sent["tools"] == [
            {
                "type": "function",
                "function": {"name": "time__now", "description": "The time.", "parameters": tool.schema},
            }
        ]
        assert sent["tool_choice"] == "required"
    assert "tool_choice" not in body(provider, tool_choice="required"), "servers refuse it without tools"


@pytest.mark.parametrize("auth", ["bearer", "header:api-key", "body:key"])
def test_no_key_over_plain_http_to_another_machine(auth: str) -> None:
    provider = replace(custom("http://llm.example"), auth=Auth.parse(auth))
    with pytest.raises(ProviderError) as caught:
        chat_request(turn(), provider, Secret(KEY))
    assert caught.value.kind is ErrorKind.CONFIGURATION
    chat_request(turn(), replace(provider, allow_insecure=True), Secret(KEY))
    chat_request(turn(), replace(provider, base_url="http://127.0.0.1:1/v1"), Secret(KEY))
    chat_request(turn(), provider, None)


@pytest.mark.parametrize("key", ["sk-abc\nX-Evil: 1", "schlüssel-geheim"])
def test_a_key_that_no_header_may_carry_is_not_shown(key: str) -> None:
    with pytest.raises(ProviderError) as caught:
        chat_request(turn(), custom("https://llm.example"), Secret(key))
    assert key not in str(caught.value)


def test_a_key_with_a_line_end_is_sent_without() -> None:
    made = chat_request(turn(), custom("https://llm.example"), Secret(KEY + "\n"))
    assert made.headers["Authorization"] == f"Bearer {KEY}"


def test_the_preview_holds_no_key() -> None:
    for provider in (builtin_providers()["modelslab"], builtin_providers()["openai"]):
        text, curl = preview(turn(provider.key), provider)
        assert json.loads(text)["messages"]
        assert f'"${provider.api_key_env}"' in curl
        assert "KEY-" not in text + curl


def test_the_preview_is_no_trap_for_a_prompt_that_talks_of_variables(tmp_path: Path) -> None:
    """The command is run by a shell: what it sends is the prompt, and the key alone comes from the environment."""
    request = ChatRequest(ModelRef("modelslab", "m"), [user('It\'s $MODELSLAB_API_KEY `id` $(id) "q" \n\\ é')])
    text, curl = preview(request, builtin_providers()["modelslab"])
    (tmp_path / "curl").write_text('#!/bin/sh\nfor a in "$@"; do printf "%s\\0" "$a"; done\n')
    (tmp_path / "curl").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "MODELSLAB_API_KEY": KEY}
    done = subprocess.run(["sh", "-c", curl], env=environ, capture_output=True, check=True)
    arguments = done.stdout.decode().split("\0")
    sent = json.loads(arguments[arguments.index("--data-binary") + 1])
    assert sent == json.loads(text) | {"key": KEY}
    assert sent["messages"][0]["content"] == request.messages[0].content


def test_catalogue_order_and_shape() -> None:
    providers = builtin_providers()
    assert list(providers)[:4] == ["modelslab", "siliconflow", "lanrui", "modelmax"]
    assert list(providers)[-1] == "local"
    assert {"openai", "openrouter", "deepseek", "groq", "mistral", "together", "gemini", "xai"} <= set(providers)
    assert {"ollama", "lmstudio", "llamacpp", "vllm"} <= set(providers)
    for key, provider in providers.items():
        assert provider.builtin
        assert provider.needs_key == bool(provider.api_key_env)
        for name, value in provider.defaults.items():
            spec = provider.parameter(name)
            assert spec is not None, f"{key}: the default of {name} has no range"
            assert not spec.check(value)


@pytest.mark.parametrize(
    ("pasted", "chat"),
    [
        ("https://x.example", "https://x.example/v1/chat/completions"),
        ("https://x.example/v1/v1/", "https://x.example/v1/chat/completions"),
        ("https://x.example/v1/chat/completions", "https://x.example/v1/chat/completions"),
        ("https://x.example/api/v7/llm", "https://x.example/api/v7/llm/chat/completions"),
        ("localhost:8080", "http://localhost:8080/v1/chat/completions"),
    ],
)
def test_a_pasted_url_is_understood(pasted: str, chat: str) -> None:
    provider = provider_from_table("mine", {"base_url": pasted})
    assert chat_request(turn("mine"), provider, None).url == chat
