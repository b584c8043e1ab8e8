"""A key comes out by `reveal` alone."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from chat_tui.domain.json import JsonObject
from chat_tui.domain.text.secrets import Secret, names_secret, parse_key, redact, secrets_in, without_secrets

KEY = "sk-0123456789abcdef"


@dataclass
class Holder:
    key: Secret


def test_no_way_of_printing_shows_it() -> None:
    secret = Secret(KEY)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>30}",
        f"{secret:>30}",
        repr(Holder(secret)),
        f"{[secret]}",
    ]
    assert not any(KEY[3:] in each for each in shown)
    assert not any(KEY in each for each in dir(secret))
    for way in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            way(secret)
    assert secret.reveal() == KEY


def test_the_hint_shows_four_characters_of_a_long_key_only() -> None:
    assert Secret(KEY).hint() == "***cdef"
    assert Secret("short").hint() == "***"


def test_equality_is_of_the_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_pasted_key_is_stripped_and_checked() -> None:
    assert parse_key(f"  {KEY}\r\n").reveal() == KEY
    for bad, words in ((" \n", "empty"), ("a b", "spaces"), ("a\nb", "printable"), ("clé", "ASCII")):
        with pytest.raises(ValueError, match=words) as caught:
            parse_key(bad)
        assert bad not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"Authorization: Bearer {KEY}",
        "https://h/?key=abc123",
        "api_key=abc123",
        "AIza" + "x" * 30,
        "hf_abcdefgh123",
    ],
)
def test_what_looks_like_a_key_is_redacted(text: str) -> None:
    assert "***" in redact(f"said: {text}")
    assert KEY not in redact(text)
    assert "abc123" not in redact(text)


def test_known_keys_are_redacted_whatever_they_look_like() -> None:
    assert redact("pass is hunter2.", Secret("hunter2"), Secret("")) == "pass is ***."


@pytest.mark.parametrize("text", ['"sk-abc"', "'sk-abc'", " \u201csk-abc\u201d\n", "`sk-abc`"])
def test_quotes_around_a_key_are_no_part_of_it(text: str) -> None:
    key = parse_key(text)
    assert (key.reveal(), key.was_quoted) == ("sk-abc", True)
    assert not parse_key("sk-abc").was_quoted
    assert parse_key("'sk-abc").reveal() == "'sk-abc"


@pytest.mark.parametrize(
    "name",
    ["api_key", "apiKey", "X-Api-Key", "Authorization", "token", "access_token", "key", "Cookie", "password", "secret"],
)
def test_names_of_keys(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name", ["max_tokens", "max_completion_tokens", "monkey", "prompt_cache_key", "X-Team", "token_count", "stop"]
)
def test_names_of_no_keys(name: str) -> None:
    assert not names_secret(name)


def test_keys_are_found_and_hidden_wherever_they_are_nested() -> None:
    fields: JsonObject = {"a": [{"api_key": "k1"}], "token": {"x": "k2"}, "n": 1, "authorization": "Bearer k3"}
    assert {each.reveal() for each in secrets_in(fields)} == {"k1", "k2", "Bearer k3", "k3"}
    masked = {"a": [{"api_key": "***"}], "token": {"x": "***"}, "n": 1, "authorization": "***"}
    assert without_secrets(fields) == masked


def test_the_fields_of_a_schema_are_no_keys() -> None:
    tools: JsonObject = {"tools": [{"function": {"parameters": {"properties": {"token": {"type": "string"}}}}}]}
    assert list(secrets_in(tools)) == []
    assert without_secrets(tools) == tools


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
@pytest.mark.parametrize("key", ["abcdefgh1234567890", "own-key/with=odd+parts"])
def test_a_key_is_found_in_base64_and_percent_encoding(key: str, before: str, after: str) -> None:
    secret = Secret(key)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode((before + key + after).encode()).decode()
        hidden = redact(f"got {text} back", secret)
        padded = hidden.removeprefix("got ").removesuffix(" back").replace("***", "")
        assert "***" in hidden
        assert len(padded) <= 4 + len(base64.b64encode((before + after).encode())) + 4
    full = "".join(f"%{byte:02x}" for byte in key.encode())
    assert redact(f"{before}{full}{after}", secret) == f"{before}***{after}"
    assert redact(quote(key, safe=""), secret) == "***"
