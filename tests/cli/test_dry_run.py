"""`chat-tui ask --dry-run` and `--curl`: what would be sent, and nothing is."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Chat, Home, Script


def test_what_is_shown_is_what_is_sent(chat: Chat, acme: Script, home: Home) -> None:
    shown = chat("ask", "Hi?", "-s", "Be terse.", "--param", "seed=3", "--dry-run")
    assert (shown.code, shown.err, acme.bodies, home.threads()) == (0, "", [], [])
    chat("ask", "Hi?", "-s", "Be terse.", "--param", "seed=3")
    assert shown.json == acme.bodies[-1]


def test_the_thread_that_is_gone_on_with_is_in_it_and_not_changed(chat: Chat, acme: Script, home: Home) -> None:
    chat("ask", "one")
    before = home.thread()
    shown = chat("ask", "two", "--continue", "--dry-run", "--no-stream").json
    assert [each["content"] for each in shown["messages"]] == ["one", "Hello there.", "two"]
    assert "stream" not in shown
    assert home.thread() == before


def test_curl_has_the_key_from_the_environment_and_needs_none(chat: Chat, home: Home) -> None:
    result = chat("ask", "It's $HOME", "-m", "modelslab/some-model", "--curl")
    assert result.code == 0
    assert result.out.startswith("curl -N https://modelslab.com/api/v7/llm/chat/completions \\\n")
    assert "'\"$MODELSLAB_API_KEY\"'" in result.out
    assert json.loads(chat("ask", "x", "-m", "modelslab/some-model", "--dry-run").out)["key"] == "$MODELSLAB_API_KEY"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["-m", "lanrui/x", "--param", "extra_body=3"], "must be an object"), (["-m", "local/x", "--curl"], "only while")],
)
def test_what_could_not_be_sent_is_said(chat: Chat, home: Home, arguments: list[str], words: str) -> None:
    result = chat("ask", "x", "--dry-run", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_a_parameter_that_is_not_taken_is_said_and_the_answer_comes(chat: Chat, acme: Script) -> None:
    acme.refuses = "seed"
    result = chat("ask", "x", "--param", "seed=3")
    assert (result.code, result.out) == (0, "Hello there.")
    assert "does not accept seed with small; it was left out" in result.err
    assert "seed" not in acme.bodies[-1]


def test_keys_of_headers_and_extra_fields_are_shown_nowhere(chat: Chat, acme: Script, home: Home) -> None:
    home.configure(
        f'[providers.acme]\nbase_url = "{acme.url}"\nauth = "none"\nheaders = {{ "X-Api-Key" = "hush-header-1" }}\n'
        'extra_body = { api_key = "hush-body-1", route = { token = "hush-body-2" }, team = "docs" }\n'
    )
    shown = chat("ask", "Say api_key.", "-m", "acme/x", "--dry-run")
    assert shown.json["api_key"] == shown.json["route"]["token"] == "***"
    assert (shown.json["team"], shown.json["messages"][0]["content"]) == ("docs", "Say api_key.")
    curl = chat("ask", "x", "-m", "acme/x", "--curl")
    assert "X-Api-Key: ***" in curl.out
    acme.status, acme.error = 400, "bad hush-header-1 and hush-body-2 and aHVzaC1ib2R5LTE="
    failed = chat("ask", "x", "-m", "acme/x")
    kept = json.dumps(home.thread())
    for text in (shown.out, curl.out, failed.out, failed.err, kept):
        assert "hush" not in text
        assert "aHVzaC1ib2R5LT" not in text
    assert acme.bodies[-1]["api_key"] == "hush-body-1"


def test_a_key_is_no_parameter(chat: Chat, acme: Script, home: Home) -> None:
    result = chat("ask", "x", "--param", 'extra_body={"api_key": "hush"}')
    assert (result.code, result.out, acme.bodies, home.threads()) == (2, "", [], [])
    assert "saved with the thread" in result.err
    assert "hush" not in result.err
