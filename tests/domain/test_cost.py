"""What an answer cost."""

from __future__ import annotations

import pytest

from chat_tui.domain.json import JsonObject
from chat_tui.domain.model import Model, ModelRef, cost_usd

PRICED = Model(ModelRef("p", "m"), price_in=2.0, price_out=8.0, price_cached=0.5)
USAGE: JsonObject = {"prompt_tokens": 1_000_000, "completion_tokens": 500_000}


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (USAGE, 6.0),
        (USAGE | {"prompt_tokens_details": {"cached_tokens": 400_000}}, 5.4),
        (USAGE | {"prompt_cache_hit_tokens": 400_000, "prompt_cache_miss_tokens": 600_000}, 5.4),
        (USAGE | {"prompt_tokens_details": {"cached_tokens": 9_000_000}}, 4.5),
        (USAGE | {"prompt_tokens_details": None, "completion_tokens_details": {"reasoning_tokens": 7}}, 6.0),
        (USAGE | {"cost": 0.25}, 0.25),
        ({"prompt_tokens": 0, "completion_tokens": 0}, 0.0),
        ({"completion_tokens": 5}, None),
        ({"prompt_tokens": True, "completion_tokens": 5}, None),
        ({"prompt_tokens": -1, "completion_tokens": 5}, None),
        ({}, None),
        (None, None),
    ],
)
def test_cost(usage: JsonObject | None, cost: float | None) -> None:
    assert cost_usd(usage, PRICED) == (None if cost is None else pytest.approx(cost))


def test_without_a_price_it_is_unknown_and_without_a_cache_price_full() -> None:
    assert cost_usd(USAGE, Model(ModelRef("p", "m"), price_in=1.0)) is None
    assert cost_usd(USAGE, None) is None
    full = Model(ModelRef("p", "m"), price_in=2.0, price_out=8.0)
    assert cost_usd(USAGE | {"prompt_tokens_details": {"cached_tokens": 400_000}}, full) == pytest.approx(6.0)
