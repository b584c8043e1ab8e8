"""`models measure`: what is sent, what it may cost, what is printed and kept."""

from __future__ import annotations

import asyncio
import io
import itertools
from types import SimpleNamespace

import pytest

from chat_tui.session.requests import reply_builder
from chat_tui.storage.state.measurements import FileMeasurements
from tests.cli.conftest import Chat, Home, Result, Script, Terminal

PRICED = "[providers.acme.facts.{!r}]\nprice_in = 1000\nprice_out = {}\n"
USAGE = {"prompt_tokens": 20, "completion_tokens": 60, "total_tokens": 80}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, acme: Script) -> None:
    """A tenth of a second passes between two looks at the clock: at the start, at the only piece, at the end."""
    acme.pieces = ["word " * 20]
    ticks = itertools.count()
    monkeypatch.setattr(reply_builder, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 10))


@pytest.fixture
def priced(home: Home, acme: Script) -> Script:
    """`small` costs 1.30 at most for each 500 tokens, `org/large` more; both in yuan."""
    text = (home.config / "config.toml").read_text().replace("[providers.acme]", '[providers.acme]\ncurrency = "CNY"')
    home.configure(text + PRICED.format("small", 2000) + PRICED.format("org/large", 3000))
    acme.beside = {"usage": USAGE}
    return acme


def measured(chat: Chat, *arguments: str, **how: object) -> Result:
    return chat("models", "measure", *arguments, **how)


def test_models_are_measured_in_turn_and_the_figures_kept(priced: Script, chat: Chat, home: Home) -> None:
    result = measured(chat, "small", "org/large", "-n", "2", "--yes", "--json", "--sort", "given")
    assert result.code == 0
    assert [each["model"] for each in priced.bodies] == ["small"] * 2 + ["org/large"] * 2
    assert {str(each["messages"]) + str(each["max_tokens"]) for each in priced.bodies} == {
        str(priced.bodies[0]["messages"]) + "500"
    }
    small, large = result.json
    assert (small["model"], large["model"]) == ("acme/small", "acme/org/large")
    assert [(run["cold"], run["tokens"], run["retries"], run["error"]) for run in small["runs"]] == [
        (True, 60, 0, None),
        (False, 60, 0, None),
    ]
    assert (small["first_token_s"], small["cold_first_token_s"], small["total_s"]) == (0.1, 0.1, 0.2)
    assert (round(small["tokens_per_s"]), small["estimated"]) == (600, False)
    assert {name: round(amount, 4) for name, amount in small["cost"].items()} == {"CNY": 0.28}
    assert "4 requests, at most about ¥" in result.err
    assert home.threads() == []
    stats = asyncio.run(FileMeasurements(home.cache / "measurements.db").stats())
    assert {name: (each.answers, each.failures, each.first_s) for name, each in stats.items()} == {
        "acme/small": (2, 0, 0.1),
        "acme/org/large": (2, 0, 0.1),
    }


def test_the_table_is_sorted_and_says_what_is_estimated_and_what_is_unknown(acme: Script, chat: Chat) -> None:
    result = measured(chat, "org/large", "small", "-n", "1", "--sort", "speed")
    heading, *rows = result.out.splitlines()
    assert heading.split() == ["first", "(cold)", "first", "(warm)", "tokens/s", "total", "cost", "model"]
    assert [row.split() for row in rows] == [
        ["0.10", "s", "–", "~250", "0.20", "s", "–", "acme/org/large"],
        ["0.10", "s", "–", "~250", "0.20", "s", "–", "acme/small"],
    ]
    assert "~ estimated" in result.err
    assert "price unknown: acme/org/large, acme/small" in result.err


def test_by_cost_the_cheaper_comes_first(priced: Script, chat: Chat) -> None:
    rows = measured(chat, "org/large", "small", "-n", "1", "--yes", "--sort", "cost").out.splitlines()[1:]
    assert [row.split()[-2:] for row in rows] == [["¥0.1400", "acme/small"], ["¥0.2000", "acme/org/large"]]


def test_above_the_limit_nothing_is_sent_unasked(priced: Script, chat: Chat) -> None:
    refused = measured(chat, "small", stdin="")
    assert refused.code == 2
    assert "That is more than ¥0.2000: add --yes, or raise --limit." in refused.err
    declined = measured(chat, "small", stdin=Terminal("n\n"), terminal=True)
    assert (declined.code, priced.bodies) == (2, [])
    assert "Continue? [y/N]" in declined.err
    assert measured(chat, "small", "-n", "1", stdin=Terminal("y\n"), terminal=True).code == 0
    assert measured(chat, "small", "-n", "1", "--limit", "9", stdin="").code == 0
    assert len(priced.bodies) == 2


def test_failures_are_counted_and_named(acme: Script, chat: Chat, home: Home) -> None:
    acme.status, acme.error = 404, "model gone"
    result = measured(chat, "small", "-n", "2")
    assert result.code == 1
    assert "acme/small: 2 of 2 failed: " in result.err
    stats = asyncio.run(FileMeasurements(home.cache / "measurements.db").stats())
    assert (stats["acme/small"].failures, stats["acme/small"].answers) == (2, 0)


def test_the_prompt_may_be_a_file(acme: Script, chat: Chat, home: Home) -> None:
    (home.root / "prompt.txt").write_text("说中文\n")
    assert measured(chat, "small", "-n", "1", "--prompt", str(home.root / "prompt.txt")).code == 0
    assert acme.bodies[0]["messages"] == [{"role": "user", "content": "说中文"}]
    (home.root / "empty.txt").write_text(" \n")
    for name, words in (("empty.txt", "is empty"), ("none.txt", "No such file")):
        result = measured(chat, "small", "--prompt", str(home.root / name))
        assert (result.code, words in result.err) == (2, True)


def test_no_model_or_no_key_is_wrong_usage(acme: Script, chat: Chat) -> None:
    assert measured(chat).code == 2
    assert "No model matches" in measured(chat, "nothing-like-it").err
    assert "No API key for ModelMax" in measured(chat, "modelmax/deepseek-v3.2").err
    assert acme.bodies == []


def test_what_ask_sees_is_kept_too_unless_nothing_is_to_be(acme: Script, chat: Chat, home: Home) -> None:
    chat("ask", "Hi", "--no-save")
    assert not (home.cache / "measurements.db").exists()
    chat("ask", "Hi", stdout=io.StringIO())
    stats = asyncio.run(FileMeasurements(home.cache / "measurements.db").stats())
    assert {name: each.answers for name, each in stats.items()} == {"acme/small": 1}
