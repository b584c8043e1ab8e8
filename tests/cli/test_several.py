"""`chat-tui ask -m A -m B`: what is printed where, what is saved, and what is remembered of a blind choice."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Chat, Home, Script, Terminal

BOTH = ("-m", "small", "-m", "large")


def typed(text: str) -> Terminal:
    return Terminal(text)


def test_each_answer_is_printed_under_its_name(chat: Chat, acme: Script, home: Home) -> None:
    acme.beside = {"usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}
    result = chat("ask", "Hi", *BOTH)
    assert result.code == 0
    assert (
        sorted(result.out.split("\n\n"))
        == sorted(["# acme/small", "Hello there.\n", "# acme/org/large", "Hello there.\n"])
        or result.out.count("Hello there.") == 2
    )
    assert "# acme/small\n\nHello there.\n" in result.out
    assert "# acme/org/large\n\nHello there.\n" in result.out
    assert "acme/small: 2 tokens" in result.err
    prompt, *answers = home.thread()["messages"]
    assert [(each["parent"], each["model"]) for each in answers] == [
        (prompt["id"], "acme/small"),
        (prompt["id"], "acme/org/large"),
    ]
    assert {each["model"] for each in acme.bodies} == {"small", "org/large"}


def test_json_is_one_array_in_the_order_of_the_models(chat: Chat, acme: Script, home: Home) -> None:
    result = chat("ask", "Hi", "-m", "large", "-m", "small", "--json")
    assert [each["message"]["model"] for each in result.json] == ["acme/org/large", "acme/small"]
    assert [each["message"] for each in result.json] == home.thread()["messages"][1:]
    assert {each["thread"] for each in result.json} == {home.thread()["id"]}


def test_one_that_fails_is_told_and_the_code_says_so(chat: Chat, acme: Script, home: Home) -> None:
    home.configure(
        f'[providers.acme]\nbase_url = "{acme.url}"\nauth = "none"\nmodels = ["small"]\n'
        '[providers.gone]\nbase_url = "http://127.0.0.1:1/v1"\nauth = "none"\nmodels = ["lost"]\n'
    )
    result = chat("ask", "Hi", "-m", "gone/lost", "-m", "acme/small", "--no-save")
    assert (result.code, result.out) == (1, "# acme/small\n\nHello there.\n")
    assert "chat-tui: gone/lost: Could not connect" in result.err


def test_a_blind_choice_is_remembered_and_shown(chat: Chat, acme: Script, home: Home) -> None:
    acme.listed = [{"id": "small"}, {"id": "org/large"}]
    result = chat("ask", "Hi", *BOTH, "--blind", stdin=typed("x\nb\n"), terminal=True)
    assert result.code == 0
    assert "acme" not in result.out
    assert "# A\n" in result.out
    before, _, after = result.err.partition("Which answer is best? [A/B, enter for none]")
    assert "acme" not in before
    thread = home.thread()
    chosen = next(each["model"] for each in thread["messages"] if each["id"] == thread["head"])
    assert f"B: {chosen} · chosen" in after
    (line,) = (home.root / "data" / "choices.jsonl").read_text().splitlines()
    assert (json.loads(line)["model"], json.loads(line)["blind"]) == (chosen, True)
    listed = {each["id"]: each for each in chat("models", "acme", "--json").json}
    assert {name: (each["chosen"], each["compared"]) for name, each in listed.items()} == {
        name: (int(name == chosen), 1) for name in ("acme/small", "acme/org/large")
    }
    lines = chat("models", "acme").out.splitlines()
    assert next(each for each in lines if each.startswith(chosen)).endswith("  chosen 1 of 1")


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        ((*BOTH, "--tool", "time"), "--tool takes one model: give -m once."),
        ((*BOTH, "--dry-run"), "--dry-run takes one model: give -m once."),
        ((*BOTH, "--blind"), "--blind asks which answer is best: it needs a terminal."),
        ((*BOTH, "--blind", "--json"), "--blind asks which answer is best; it can't be used with --json."),
        (("-m", "small", "--blind"), "--blind needs several models: give -m more than once."),
    ],
)
def test_what_several_models_do_not_go_with_is_refused(
    chat: Chat, acme: Script, argv: tuple[str, ...], problem: str
) -> None:
    result = chat("ask", "Hi", *argv)
    assert (result.code, acme.bodies) == (2, [])
    assert problem in result.err


def test_the_budget_counts_all_of_them(chat: Chat, acme: Script, home: Home) -> None:
    facts = "".join(
        f"[providers.acme.facts.{each}]\nprice_in = 1000\nprice_out = 1000\ncontext_window = 9999\n"
        for each in ("small", "large")
    )
    home.configure(
        f'default_model = "acme/small"\n[budget]\nday = 0.8\n[providers.acme]\nbase_url = "{acme.url}"\n'
        f'auth = "none"\nmodels = ["small", "large"]\nmodels_paths = []\n{facts}'
    )
    assert chat("ask", "Hi", "-m", "small", "--no-save").code == 0
    result = chat("ask", "Hi", *BOTH)
    assert (result.code, len(acme.bodies)) == (2, 1)
    assert "Today's budget is $0.80" in result.err
