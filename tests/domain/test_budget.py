"""Budgets: what a request will cost, and what is over."""

from __future__ import annotations

import pytest

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.models.model import Model, ModelRef, PriceFrom
from chat_tui.domain.settings import Limits
from chat_tui.domain.tools import Tool
from chat_tui.domain.usage.budget import budget_warnings, estimate, over_budget
from chat_tui.domain.usage.ledger import Spent

MODEL = Model(ModelRef("p", "m"), price_in=1.0, price_out=10.0, price_from=PriceFrom.LIST, currency="CNY")
PROMPT = Message("1", None, Role.USER, "x" * 4000)
LIMITS = {"USD": Limits(day=2.0, month=30.0, request=0.5)}


def usd(amount: float) -> Cost:
    return Cost(amount, PriceFrom.LIST)


@pytest.mark.parametrize(
    ("parameters", "output"),
    [({}, 500), ({"max_tokens": 100}, 100), ({"max_completion_tokens": 9000}, 500), ({"max_tokens": "x"}, 500)],
)
def test_a_request_costs_its_prompt_and_an_answer_of_the_usual_length(parameters: JsonObject, output: int) -> None:
    cost = estimate(MODEL, [PROMPT], parameters)
    assert cost is not None
    assert (round(cost.amount, 9), cost.currency) == (round((1004 + 10 * output) / 1e6, 9), "CNY")


def test_an_answer_is_taken_to_be_as_long_as_the_longest_before() -> None:
    usage: JsonObject = {"prompt_tokens": 100, "completion_tokens": 2000, "total_tokens": 2100}
    before = Message("2", "1", Role.ASSISTANT, "y" * 8000, usage=usage)
    cost = estimate(MODEL, [Message("1", None, Role.USER, "x" * 400), before, PROMPT], {})
    assert cost is not None
    assert cost.amount == pytest.approx((2100 + 1004 + 10 * 2000) / 1e6)


def test_the_definitions_of_tools_are_part_of_the_prompt() -> None:
    without, cost = estimate(MODEL, [PROMPT], {}), estimate(MODEL, [PROMPT], {}, [Tool("git", "log", "x" * 4000)])
    assert without is not None
    assert cost is not None
    assert cost.amount - without.amount >= 1000 / 1e6


def test_without_prices_nothing_is_estimated() -> None:
    assert estimate(Model(ModelRef("p", "m"), price_in=1.0), [PROMPT], {}) is None
    assert estimate(None, [PROMPT], {}) is None


@pytest.mark.parametrize(
    ("day", "month", "cost", "said"),
    [
        (0.0, 0.0, usd(0.5), ""),
        (0.0, 0.0, usd(0.51), "would cost about $0.5100"),
        (1.6, 1.6, usd(0.4), ""),
        (1.7, 1.7, usd(0.4), "Today's budget is $2.00: $1.70 spent"),
        (2.0, 2.0, usd(0.0), "is used up"),
        (0.0, 29.9, usd(0.2), "This month's budget is $30.00"),
        (2.0, 2.0, Cost(9.0, PriceFrom.LIST, "CNY"), ""),
        (1.99, 1.99, None, ""),
        (2.0, 2.0, None, "Today's budget of $2.00 is used up: $2.00 spent."),
    ],
)
def test_what_is_over_the_budget(day: float, month: float, cost: Cost | None, said: str) -> None:
    reason = over_budget(LIMITS, Spent({"USD": day, "CNY": 99.0}, {"USD": month, "CNY": 99.0}), cost)
    assert said in reason
    assert bool(said) == bool(reason)


def test_a_budget_that_can_t_be_checked_is_over() -> None:
    assert "could not" in over_budget(LIMITS, None, usd(0.1)).lower()
    assert over_budget({"USD": Limits(request=1.0)}, None, usd(0.1)) == ""


def test_each_currency_has_its_own_budget() -> None:
    budget = {**LIMITS, "CNY": Limits(day=10.0)}
    spent = Spent({"USD": 1.0, "CNY": 9.0}, {})
    assert "¥10.00" in over_budget(budget, spent, Cost(2.0, PriceFrom.LIST, "CNY"))
    assert over_budget(budget, spent, Cost(0.5, PriceFrom.LIST, "CNY")) == ""


def test_from_four_fifths_on_there_is_a_warning() -> None:
    warned = budget_warnings(LIMITS, Spent({"USD": 1.6, "CNY": 99.0}, {"USD": 23.9}))
    assert [each.text for each in warned] == ["80 % of today's budget used: $1.60 of $2.00."]
    assert budget_warnings(LIMITS, Spent({"USD": 1.59}, {"USD": 1.59})) == []


def test_a_thread_may_have_a_budget_of_its_own_for_a_request() -> None:
    assert "this thread's budget for one is $0.05" in over_budget({}, None, usd(0.1), 0.05)
    assert over_budget({}, None, usd(0.04), 0.05) == ""
    assert over_budget({}, None, None, 0.05) == ""


def test_the_local_model_is_within_any_budget() -> None:
    spent = Spent({"USD": 9.0}, {})
    cost = estimate(Model(ModelRef("local", "m")), [PROMPT], {})
    assert over_budget({"USD": Limits(day=1.0)}, spent, cost, 0.01) == ""
    assert over_budget({"USD": Limits(day=1.0)}, spent, None) != ""
