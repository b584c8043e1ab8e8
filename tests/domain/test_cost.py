"""What an answer cost, and how many tokens it has."""

from __future__ import annotations

import pytest

from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.cost import Cost, cost_of, input_tokens, output_tokens, reasoning_tokens
from chat_tui.domain.models.model import Model, ModelRef, PriceFrom
from chat_tui.domain.models.money import currency_code, money, total_text, totals

PRICED = Model(ModelRef("p", "m"), price_in=2.0, price_out=8.0, price_cached=0.5, price_from=PriceFrom.USER)
USAGE: JsonObject = {"prompt_tokens": 1_000_000, "completion_tokens": 500_000}


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (USAGE, 6.0),
        (USAGE | {"prompt_tokens_details": {"cached_tokens": 400_000}}, 5.4),
        (USAGE | {"prompt_cache_hit_tokens": 400_000, "prompt_cache_miss_tokens": 600_000}, 5.4),
        (USAGE | {"cached_tokens": 400_000}, 5.4),
        (USAGE | {"cache_read_input_tokens": 400_000}, 5.4),
        (USAGE | {"prompt_tokens_details": {"cached_tokens": 9_000_000}}, 4.5),
        (USAGE | {"prompt_tokens_details": None, "completion_tokens_details": {"reasoning_tokens": 7}}, 6.0),
        (USAGE | {"total_tokens": 2_500_000}, 14.0),  # reasoning beside the completion
        ({"prompt_tokens": 0, "completion_tokens": 0}, 0.0),
        ({"completion_tokens": 5}, None),
        ({"prompt_tokens": True, "completion_tokens": 5}, None),
        ({"prompt_tokens": -1, "completion_tokens": 5}, None),
        ({}, None),
        (None, None),
    ],
)
def test_by_the_models_prices(usage: JsonObject | None, usd: float | None) -> None:
    assert cost_of(usage, PRICED) == (None if usd is None else Cost(usd, PriceFrom.USER))


@pytest.mark.parametrize(
    ("stated", "usd"),
    [
        ({"cost": 0.25}, 0.25),
        ({"cost": "0.25"}, 0.25),
        ({"cost": 0}, 0.0),
        ({"cost": {"input_tokens_cost": 0.001, "request_cost": 0.005, "total_cost": 0.006}}, 0.006),
        ({"cost": {"usd": 0.02, "diem": 0}}, 0.02),
        ({"estimated_cost": 0.03}, 0.03),
        ({"cost_in_usd_ticks": 1_720_000}, 0.000172),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.0042}}, 0.0042),
        ({"cost": 0.0002, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.004}}, 0.0042),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": None}, "market_cost": 0.5}, 0.5),
        ({"cost": 0.7, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.7}}, 0.7),
    ],
)
def test_the_servers_own_figure_goes_first_in_every_form(stated: JsonObject, usd: float) -> None:
    assert cost_of(USAGE | stated, PRICED) == Cost(usd, PriceFrom.SERVER)


@pytest.mark.parametrize(
    "stated",
    [
        {"cost": -1},
        {"cost": "much"},
        {"cost": True},
        {"cost": float("nan")},
        {"cost": {"hypercredits": 3}},
        {"cost": 0, "is_byok": True},
        {"cost_in_usd_ticks": 0},
    ],
)
def test_a_figure_that_says_nothing_leaves_the_models_prices(stated: JsonObject) -> None:
    assert cost_of(USAGE | stated, PRICED) == Cost(6.0, PriceFrom.USER)


def test_without_a_price_it_is_unknown_and_without_a_cache_price_full() -> None:
    assert cost_of(USAGE, Model(ModelRef("p", "m"), price_in=1.0)) is None
    assert cost_of(USAGE, None) is None
    full = Model(ModelRef("p", "m"), price_in=2.0, price_out=8.0)
    cost = cost_of(USAGE | {"prompt_tokens_details": {"cached_tokens": 400_000}}, full)
    assert cost == Cost(6.0, PriceFrom.LIST)


@pytest.mark.parametrize(
    ("usage", "sent", "written", "thought"),
    [
        ({"prompt_tokens": 66, "completion_tokens": 6, "total_tokens": 80}, 66, 14, 8),
        ({"prompt_tokens": 66, "completion_tokens": 6, "total_tokens": 72}, 66, 6, 0),
        ({"prompt_tokens": 66, "completion_tokens": 6, "total_tokens": 50}, 66, 6, 0),
        (
            {
                "prompt_tokens": 11,
                "completion_tokens": 15,
                "total_tokens": 401,
                "prompt_tokens_details": {"audio_tokens": 375},
            },
            386,
            15,
            0,
        ),
        ({"completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 9}}, None, 11, 9),
        (
            {
                "prompt_tokens": 1,
                "completion_tokens": 9,
                "total_tokens": 10,
                "completion_tokens_details": {"reasoning_tokens": 7},
            },
            1,
            9,
            7,
        ),
        ({"prompt_tokens": 3}, 3, None, 0),
    ],
)
def test_tokens(usage: JsonObject, sent: int | None, written: int | None, thought: int) -> None:
    assert (input_tokens(usage), output_tokens(usage), reasoning_tokens(usage)) == (sent, written, thought)


YUAN = Model(ModelRef("p", "m"), price_in=2.0, price_out=8.0, price_from=PriceFrom.LIST, currency="CNY")


@pytest.mark.parametrize(
    ("stated", "cost"),
    [
        ({}, Cost(6.0, PriceFrom.LIST, "CNY")),
        ({"cost": 0.25}, Cost(0.25, PriceFrom.SERVER, "CNY")),
        ({"cost": 0.25, "currency": "eur"}, Cost(0.25, PriceFrom.SERVER, "EUR")),
        ({"cost": 0.25, "currency": "credits"}, Cost(0.25, PriceFrom.SERVER, "CNY")),
        ({"cost_usd": 0.25}, Cost(0.25, PriceFrom.SERVER)),
        ({"cost": {"usd": 0.25}}, Cost(0.25, PriceFrom.SERVER)),
        ({"cost_in_usd_ticks": 2_500_000_000}, Cost(0.25, PriceFrom.SERVER)),
    ],
)
def test_a_cost_is_in_the_currency_that_the_server_names_or_the_model_has(stated: JsonObject, cost: Cost) -> None:
    assert cost_of(USAGE | stated, YUAN) == cost


def test_currencies_are_never_added() -> None:
    sums = totals([(0.5, "CNY"), (0.25, "USD"), (1.0, "CNY")])
    assert total_text(sums) == "¥1.50 + $0.2500"
    assert [money(2, each) for each in ("", "JPY", "CHF")] == ["$2.00", "JP¥2.00", "CHF 2.00"]


@pytest.mark.parametrize(("text", "code"), [("cny", "CNY"), (" RMB", "CNY"), ("元", ""), ("yuan", ""), ("元元元", "")])
def test_currency_codes(text: str, code: str) -> None:
    assert currency_code(text) == code
