"""A key comes out by `reveal` alone (SAFETY.md K1-K3)."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import dataclass

import pytest

from chat_tui.domain.secrets import Secret, parse_key, redact

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
