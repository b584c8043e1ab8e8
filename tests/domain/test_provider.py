"""Providers as data: base URLs as they are pasted, tables as they are written."""

from __future__ import annotations

from typing import Any

import pytest

from chat_tui.domain.models.model import ModelFacts
from chat_tui.domain.models.provider import (
    Auth,
    AuthKind,
    Provider,
    ProviderTableError,
    Timeouts,
    WindowFrom,
    is_loopback,
    normalise_base_url,
    provider_from_table,
)


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("https://x.example", "https://x.example/v1"),
        ("https://x.example/", "https://x.example/v1"),
        ("  https://x.example/v1/ ", "https://x.example/v1"),
        ("https://x.example/v1/v1", "https://x.example/v1"),
        ("https://x.example/v1/chat/completions", "https://x.example/v1"),
        ("https://x.example/v1/models", "https://x.example/v1"),
        ("https://x.example/chat/completions", "https://x.example/v1"),
        ("https://modelslab.com/api/v7/llm/chat/completions", "https://modelslab.com/api/v7/llm"),
        ("https://x.example/v1beta/openai/", "https://x.example/v1beta/openai"),
        ("https://x.example:8443/openai/v1?x=1#y", "https://x.example:8443/openai/v1?x=1"),
        ("https://x.example/d/m/chat/completions?api-version=1", "https://x.example/d/m?api-version=1"),
        ("x.example", "https://x.example/v1"),
        ("localhost:11434", "http://localhost:11434/v1"),
        ("127.0.0.1:1234/v1", "http://127.0.0.1:1234/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ("[::1]:8080", "http://[::1]:8080/v1"),
        ("http+unix://%2Frun%2Fllm.sock/v1", "http+unix://%2Frun%2Fllm.sock/v1"),
        ("http+unix:///run/my llm.sock/v1/chat/completions", "http+unix://%2Frun%2Fmy%20llm.sock/v1"),
        ("unix:/run/llm.sock", "http+unix://%2Frun%2Fllm.sock/v1"),
        ("unix:/run/llm.socket:/openai", "http+unix://%2Frun%2Fllm.socket/openai"),
        ("unix:///run/llm", "http+unix://%2Frun%2Fllm/v1"),
    ],
)
def test_a_pasted_base_url(pasted: str, base: str) -> None:
    assert normalise_base_url(pasted) == base
    assert normalise_base_url(base) == base


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "ftp://x",
        "https://",
        "https://u:p@x.example",
        "https://x.example/v1?api_key=abc",
        "https://x.example:port",
        "https://x y",
        "https://ex\x1bample",
        "http+unix://run/llm.sock",
        "unix:/run/",
        "unix:/run/\x1b.sock",
    ],
)
def test_what_is_no_base_url(bad: str) -> None:
    with pytest.raises(ValueError, match="an |a Unix"):
        normalise_base_url(bad)


def test_loopback() -> None:
    assert all(
        is_loopback(host)
        for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "a.localhost", "LOCALHOST")
    )
    assert not any(is_loopback(host) for host in ("127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", ""))


def test_a_users_table() -> None:
    provider = provider_from_table(
        "work",
        {
            "name": "Work gateway",
            "base_url": "http://127.0.0.1:8080/v1",
            "api_key_command": "pass show 'work llm'",
            "auth": "header:x-api-key",
            "models": ["our/model-7b"],
            "headers": {"X-Team": "docs"},
            "timeout": {"first_token": 60},
            "parameters": {"top_p": {"minimum": 0, "maximum": 1, "exclusive_minimum": True}},
            "facts": {"our/model-7b": {"context_window": 8192, "price_in": 0, "price_out": 1.5}},
            "window_from": "props",
        },
    )
    assert provider.api_key_command == ("pass", "show", "work llm")
    assert provider.auth == Auth(AuthKind.HEADER, "x-api-key")
    assert provider.headers == (("X-Team", "docs"),)
    assert provider.timeouts == Timeouts(first_token=60.0)
    assert provider.facts == {"our/model-7b": ModelFacts(8192, None, 0, 1.5)}
    assert provider.window_from is WindowFrom.PROPS
    spec = provider.parameter("top_p")
    assert spec is not None
    assert "above 0" in spec.check(0)
    assert provider.needs_key
    assert not provider.is_local


def test_a_built_in_needs_no_more_than_a_key() -> None:
    base = Provider("modelmax", "ModelMax", "https://api.modelmax.io/v1", api_key_env="A", builtin=True)
    changed = provider_from_table("modelmax", {"api_key_env": "B"}, base)
    assert (changed.api_key_env, changed.base_url, changed.name) == ("B", base.base_url, "ModelMax")


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"base_url": "https://x.example", "colour": "red"}, "colour"),
        ({"base_url": 3}, "base_url"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({}, "base_url"),
        ({"base_url": "https://x.example", "auth": "basic"}, "auth"),
        ({"base_url": "https://x.example", "auth": "header:"}, "auth"),
        ({"base_url": "https://x.example", "timeout": {"read": 1}}, "timeout"),
        ({"base_url": "https://x.example", "timeout": {"idle": 0}}, "timeout"),
        ({"base_url": "https://x.example", "timeout": {"idle": True}}, "timeout"),
        ({"base_url": "https://x.example", "models": "one"}, "models"),
        ({"base_url": "https://x.example", "usage_option": "yes"}, "usage_option"),
        ({"base_url": "https://x.example", "headers": {"a": 1}}, "headers"),
        ({"base_url": "https://x.example", "parameters": {"n": {"min": 1}}}, "parameters"),
        ({"base_url": "https://x.example", "api_key_command": "unbalanced 'quote"}, "api_key_command"),
        ({"base_url": "https://x.example", "window_from": "guess"}, "window_from"),
        ({"base_url": "https://x.example", "thinking": {"hihg": {"a": 1}}}, "thinking"),
        ({"base_url": "https://x.example", "thinking": {"models": {"*x*": {"high": 1}}}}, "thinking"),
    ],
)
def test_a_wrong_table_names_its_field(table: dict[str, Any], field: str) -> None:
    with pytest.raises(ProviderTableError) as caught:
        provider_from_table("work", table)
    assert caught.value.field == field
    assert caught.value.expected


@pytest.mark.parametrize("text", ["bearer", "header:x-api-key", "body:key", "none"])
def test_auth_is_written_as_it_is_read(text: str) -> None:
    assert str(Auth.parse(text)) == text


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (3, "tables by model id"),
        ({"m": 8192}, "tables by model id"),
        ({"m": {"context": 8192}}, "'context' of 'm' one of context_window, max_output, price_in, price_out"),
        ({"m": {"context_window": "8k"}}, "'context_window' of 'm' a whole number of tokens above 0"),
        ({"m": {"context_window": 0}}, "'context_window' of 'm' a whole number of tokens above 0"),
        ({"m": {"max_output": True}}, "'max_output' of 'm' a whole number of tokens above 0"),
        ({"m": {"price_in": "1", "price_out": 1}}, "'price_in' of 'm' a price for a million tokens, 0 or more"),
        ({"m": {"price_in": 1, "price_out": -1}}, "'price_out' of 'm' a price for a million tokens, 0 or more"),
        (
            {"m": {"price_in": float("nan"), "price_out": 1}},
            "'price_in' of 'm' a price for a million tokens, 0 or more",
        ),
        ({"m": {"price_in": 1}}, "'price_in' of 'm' given together with price_out"),
        ({"gpt-4": {"1-mini": {"context_window": 1}}}, "which goes in quotes: facts.'gpt-4.1-mini'"),
    ],
)
def test_wrong_facts_say_whose_and_what_was_expected(facts: object, expected: str) -> None:
    with pytest.raises(ProviderTableError) as caught:
        provider_from_table("work", {"base_url": "https://x.example", "facts": facts})
    assert caught.value.field == "facts"
    assert expected in str(caught.value)
