"""`chat-tui usage`, and what `ask` does about the budget."""

from __future__ import annotations

import csv
import io
import sqlite3
from datetime import datetime

import pytest

from tests.cli.conftest import Chat, Home, Script

USAGE = {"usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}}
FACTS = "[providers.acme.facts.small]\nprice_in = {price}\nprice_out = {price}\ncontext_window = 9999\n"


@pytest.fixture
def priced(home: Home, server: Script) -> Script:
    """A server of which each answer costs $1.10."""
    configure(home, server)
    server.beside = USAGE
    return server


def configure(home: Home, server: Script, more: str = "", currency: str = "USD") -> None:
    home.configure(
        f'default_model = "acme/small"\n{more}\n[providers.acme]\nbase_url = "{server.url}"\nauth = "none"\n'
        f'models = ["small"]\nmodels_paths = []\ncurrency = "{currency}"\n{FACTS.format(price=1000)}'
    )


def today() -> str:
    return f"{datetime.now():%Y-%m-%d}"


def test_sums_as_a_table_json_and_csv(chat: Chat, priced: Script, home: Home) -> None:
    assert chat("usage").err == "No requests yet.\n"
    for _ in range(2):
        assert chat("ask", "Hi").code == 0
    configure(home, priced, currency="CNY")
    assert chat("ask", "Hi").code == 0
    priced.beside = {}
    assert chat("ask", "Hi").code == 0
    table = chat("usage")
    assert table.out.splitlines()[1].split("  ")[0] == today()
    assert table.out.splitlines()[-1].endswith("≥ ¥1.10 + $2.20")
    assert "at least: the cost of 1 request is not known" in table.err
    (row,) = chat("usage", "--json").json
    assert row == {
        "day": today(),
        "requests": 4,
        "input_tokens": 3000,
        "cached_tokens": 0,
        "output_tokens": 300,
        "reasoning_tokens": 0,
        "costs": {"CNY": 1.1, "USD": 2.2},
        "requests_without_tokens": 1,
        "requests_without_cost": 1,
    }
    rows = list(csv.DictReader(io.StringIO(chat("usage", "--by", "model", "--csv").out)))
    assert [(each["model"], each["cost_USD"], each["cost_CNY"]) for each in rows] == [("acme/small", "2.2", "1.1")]
    assert chat("usage", "--since", "2099").out == ""
    assert chat("usage", "--since", "soon").code == 2


def test_a_lost_ledger_says_the_same_and_prices_of_then_stay(chat: Chat, priced: Script, home: Home) -> None:
    chat("ask", "Hi")
    before = [chat("usage", "--by", each, "--json").out for each in ("day", "model", "provider", "thread", "tag")]
    (home.cache / "usage.sqlite3").unlink()
    home.configure((home.config / "config.toml").read_text().replace("1000", "5000"))
    after = [chat("usage", "--by", each, "--json").out for each in ("day", "model", "provider", "thread", "tag")]
    assert after == before
    assert '"costs": {"USD": 1.1}' in before[0]


def test_what_is_not_saved_counts_and_what_ask_sent_is_known(chat: Chat, priced: Script, home: Home) -> None:
    chat("ask", "Hi", "--no-save")
    chat("ask", "Hi")
    assert [each["requests"] for each in chat("usage", "--json").json] == [2]
    db = sqlite3.connect(home.cache / "usage.sqlite3")
    assert db.execute("SELECT source, count(*) FROM requests GROUP BY 1").fetchall() == [("ask", 2)]
    db.close()


def test_a_title_is_no_formula_and_steers_no_terminal(chat: Chat, priced: Script) -> None:
    chat("ask", "=cmd|'/c calc'!A1 \x1b[2J")
    text = chat("usage", "--by", "thread", "--csv").out
    assert ",'=cmd" in text
    assert "\x1b" not in text + chat("usage", "--by", "thread").out + chat("usage", "--by", "thread", "--json").out


def test_ask_sends_nothing_that_is_over_the_budget(chat: Chat, priced: Script, home: Home) -> None:
    configure(home, priced, "[budget]\nday = 2.0\n")
    assert chat("ask", "Hi").code == 0
    second = chat("ask", "Hi", "--param", "max_tokens=100")
    assert second.code == 0
    third = chat("ask", "Hi")
    assert (third.code, third.out, len(priced.bodies)) == (2, "", 2)
    assert "Today's budget of $2.00 is used up: $2.20 spent. Nothing was sent." in third.err
    assert chat("ask", "Hi", "--over-budget").code == 0
    assert "Budget today: $3.30 of $2.00" in chat("usage").err


def test_ask_warns_where_a_budget_is_nearly_used_up(chat: Chat, priced: Script, home: Home) -> None:
    configure(home, priced, "[budget]\nmonth = 1.3\n")
    assert "budget" not in chat("ask", "Hi").err
    priced.beside = {}
    warned = chat("ask", "Hi", "--param", "max_tokens=1")
    assert (warned.code, "85 % of this month's budget used: $1.10 of $1.30." in warned.err) == (0, True)


def test_a_request_that_is_too_dear_is_not_sent(chat: Chat, priced: Script, home: Home) -> None:
    configure(home, priced, "[budget]\nrequest = 0.4\n")
    result = chat("ask", "Hi")
    assert (result.code, priced.bodies) == (2, [])
    assert "the budget for one is $0.4000" in result.err


def test_a_budget_that_is_none_is_reported(chat: Chat, home: Home) -> None:
    home.configure("[budget]\nday = -1\nweek = 2\n[budget.XX]\nday = 1\n[usage]\nkeep_deleted = 3\n")
    result = chat("config", "check")
    for said in ("day must be an amount", "'week'", "'XX' is no currency", "keep_deleted must be true or false"):
        assert said in result.out + result.err
