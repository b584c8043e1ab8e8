"""What an answer cost, in its currency, and how many tokens it really has, in all the ways in which servers say so."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import Model, PriceFrom
from chat_tui.domain.models.money import USD, currency_code

_TICKS = 10_000_000_000
"""xAI's `cost_in_usd_ticks` for one USD."""
_COSTS = ("cost", "total_cost", "estimated_cost", "response_cost", "cost_usd")
"""Fields of a usage that hold its cost: OpenRouter, Perplexity and others; DeepInfra; LiteLLM."""
_TOTALS = ("total_cost", "usd", "total", "total_usd")
"""Fields of a cost that is an object: Perplexity; Venice and Hyper."""
_CACHED = (
    "prompt_cache_hit_tokens",
    "cached_tokens",
    "num_cached_tokens",
    "cache_read_input_tokens",
)
"""Fields of a usage that hold how much of the prompt was read before: DeepSeek; Moonshot; Mistral; Anthropic."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one answer."""

    amount: float
    source: PriceFrom
    currency: str = USD
    """Its ISO 4217 code."""

    def to_json(self) -> JsonObject:
        """As `ask --json` prints it."""
        return {"amount": self.amount, "currency": self.currency, "price_from": str(self.source)}


def cost_of(usage: JsonObject | None, model: Model | None) -> Cost | None:
    """What one answer cost; None where a count or a price is unknown.

    The server's own figure goes first; without one the prices of the model count.

    Args:
        usage: of one message, as the server gave it last: it holds all its tokens, so it is never added to another of
            the same message.
        model: who answered, with its prices.
    """
    if not usage:
        return None
    currency = (model.currency if model else "") or USD
    stated = _stated(usage, currency)
    if stated is not None:
        return Cost(stated[0], PriceFrom.SERVER, stated[1])
    prompt, output = input_tokens(usage), output_tokens(usage)
    if model is None or model.price_in is None or model.price_out is None or prompt is None or output is None:
        return None
    cached = min(cached_tokens(usage) or 0, prompt)
    price_cached = model.price_in if model.price_cached is None else model.price_cached
    amount = ((prompt - cached) * model.price_in + cached * price_cached + output * model.price_out) / 1e6
    return Cost(amount, model.price_from or PriceFrom.LIST, currency)


def output_tokens(usage: JsonObject | None) -> int | None:
    """The tokens that a model wrote, its reasoning included; None where the server does not say.

    Most servers count reasoning within `completion_tokens`; xAI and Gemini count it beside, so that only the total has
    it. Sound in the prompt, which Mistral counts beside `prompt_tokens`, is no output.
    """
    usage = usage or {}
    completion = _count(usage.get("completion_tokens"))
    if completion is None:
        return None
    prompt, total = _count(usage.get("prompt_tokens")), _count(usage.get("total_tokens"))
    if prompt is not None and total is not None:
        beside = total - prompt - completion
        is_sound = beside == _detail(usage, "prompt_tokens_details", "audio_tokens")
        return completion + (0 if is_sound else max(0, beside))
    reasoning = _detail(usage, "completion_tokens_details", "reasoning_tokens") or 0
    return completion + reasoning if reasoning > completion else completion


def input_tokens(usage: JsonObject | None) -> int | None:
    """The tokens of what a model was sent; None where the server does not say."""
    usage = usage or {}
    prompt, total, output = _count(usage.get("prompt_tokens")), _count(usage.get("total_tokens")), output_tokens(usage)
    if prompt is None or total is None or output is None:
        return prompt
    return max(prompt, total - output)


def reasoning_tokens(usage: JsonObject | None) -> int:
    """The tokens of the output that are reasoning, which is not sent again; 0 where the server does not say."""
    usage = usage or {}
    said = _detail(usage, "completion_tokens_details", "reasoning_tokens")
    beside = (output_tokens(usage) or 0) - (_count(usage.get("completion_tokens")) or 0)
    return max(said or 0, beside)


def _stated(usage: JsonObject, currency: str) -> tuple[float, str] | None:
    """The cost that a server states and its currency, which is `currency` where the server names none."""
    own_key = usage.get("is_byok") is True
    named = usage.get("currency")
    currency = (currency_code(named) if isinstance(named, str) else "") or currency
    for name in _COSTS:
        cost, field = usage.get(name), name
        if isinstance(cost, dict):
            field = next((each for each in _TOTALS if _money(cost.get(each)) is not None), "")
            cost = cost.get(field)
        amount = _money(cost)
        if amount is None:
            continue
        currency = USD if "usd" in field else currency
        if own_key:
            # With a key of one's own OpenRouter charges its fee alone; the provider behind it charges the rest.
            details = usage.get("cost_details")
            upstream = _money(details.get("upstream_inference_cost")) if isinstance(details, dict) else None
            upstream = _money(usage.get("market_cost")) if upstream is None else upstream
            return (amount + upstream, currency) if upstream is not None else None
        return amount, currency
    ticks = _money(usage.get("cost_in_usd_ticks"))
    return (ticks / _TICKS, USD) if ticks else None  # resellers send 0 for "it is not ours to say"


def _money(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None


def cached_tokens(usage: JsonObject | None) -> int | None:
    """The tokens of the prompt that the server had read before; None where it does not say."""
    usage = usage or {}
    found = _detail(usage, "prompt_tokens_details", "cached_tokens")
    if found is not None:
        return found
    return next((count for name in _CACHED if (count := _count(usage.get(name))) is not None), None)


def _detail(usage: JsonObject, table: str, name: str) -> int | None:
    details = usage.get(table)
    return _count(details.get(name)) if isinstance(details, dict) else None


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
