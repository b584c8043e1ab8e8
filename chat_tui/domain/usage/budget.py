"""Budgets: what a request will cost, about, and whether that is over what the user set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.tokens import definition_tokens, next_turn
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.cost import Cost, output_tokens
from chat_tui.domain.models.model import Model, PriceFrom
from chat_tui.domain.models.money import USD, money
from chat_tui.domain.models.provider import LOCAL
from chat_tui.domain.settings import Limits
from chat_tui.domain.tools import Tool
from chat_tui.domain.usage.ledger import Spent
from chat_tui.i18n import tr

WARN_AT = 0.8
"""The share of a budget from which there is a warning."""
_USUAL_OUTPUT = 500
"""Tokens of an answer where none before it says how long they are."""


Budget = Mapping[str, Limits]
"""The limits by currency."""


@dataclass(frozen=True, slots=True)
class BudgetWarning:
    """A limit of which much is used up."""

    key: str
    """The same for as long as it is the same limit: `day USD`."""
    text: str


def estimate(
    model: Model | None, messages: Sequence[Message], parameters: JsonObject, tools: Sequence[Tool] = ()
) -> Cost | None:
    """What a request will cost, about; None where the prices are not known.

    All of the prompt is counted in full, whatever of it the server has read before. The answer is taken to be as long
    as the longest before it.
    """
    if model is not None and model.ref.provider == LOCAL:
        return Cost(0.0, PriceFrom.LIST, "")  # in no currency, so no limit is about it
    if model is None or model.price_in is None or model.price_out is None:
        return None
    lengths = [tokens for each in messages if each.usage and (tokens := output_tokens(each.usage)) is not None]
    output = max(lengths, default=_USUAL_OUTPUT)
    for name in ("max_tokens", "max_completion_tokens"):
        if type(most := parameters.get(name)) is int:
            output = min(output, most)
    amount = (next_turn(messages, definition_tokens(tools)) * model.price_in + output * model.price_out) / 1e6
    return Cost(amount, model.price_from or PriceFrom.LIST, model.currency or USD)


class _Period(NamedTuple):
    """A period with its messages."""

    name: str
    used_up: str
    too_much: str
    warning: str


_DAY = _Period(
    "day",
    tr("Today's budget of {limit} is used up: {spent} spent."),
    tr("Today's budget is {limit}: {spent} spent, and this request would cost about {cost}."),
    tr("{share} of today's budget used: {spent} of {limit}."),
)
_MONTH = _Period(
    "month",
    tr("This month's budget of {limit} is used up: {spent} spent."),
    tr("This month's budget is {limit}: {spent} spent, and this request would cost about {cost}."),
    tr("{share} of this month's budget used: {spent} of {limit}."),
)


def over_budget(budget: Budget, spent: Spent | None, cost: Cost | None, most: float | None = None) -> str:
    """Why a request is over the budget, a sentence; empty where it is not.

    Args:
        budget: the limits.
        spent: what was spent; None where that can't be read.
        cost: what the request will cost, about; None where that is not known: then only limits that are used up count.
        most: the most that a request of the thread may cost, in the currency of `cost`; None for any amount.
    """
    if most is not None and cost is not None and cost.amount > most:
        about = money(cost.amount, cost.currency)
        return tr(
            "This request would cost about {about}; this thread's budget for one is {most}.",
            about=about,
            most=money(most, cost.currency),
        )
    for currency, limits in budget.items():
        own = cost.amount if cost is not None and cost.currency == currency else 0.0
        if cost is not None and cost.currency != currency:
            continue
        if limits.request is not None and own > limits.request:
            limit_text = money(limits.request, currency)
            return tr(
                "This request would cost about {own}; the budget for one is {limit}.",
                own=money(own, currency),
                limit=limit_text,
            )
        for period, limit, amounts in _periods(limits, spent):
            if limit is None:
                continue
            if amounts is None:
                return tr("Could not read the usage ledger, so the budget can't be checked.")
            before = amounts.get(currency, 0.0)
            if before >= limit:
                return period.used_up.format(limit=money(limit, currency), spent=money(before, currency))
            if before + own > limit:
                limit_text, spent_text = money(limit, currency), money(before, currency)
                return period.too_much.format(limit=limit_text, spent=spent_text, cost=money(own, currency))
    return ""


def over_budget_of_all(
    budget: Budget, spent: Spent | None, costs: Sequence[Cost | None], most: float | None = None
) -> str:
    """Why requests that are sent at once are over the budget; see `over_budget`."""
    for cost in costs:
        if reason := over_budget(budget, spent, cost, most):
            return reason
        if spent is not None and cost is not None:
            day, month = (
                {**amounts, cost.currency: amounts.get(cost.currency, 0.0) + cost.amount}
                for amounts in (spent.day, spent.month)
            )
            spent = Spent(day, month)
    return ""


def budget_warnings(budget: Budget, spent: Spent) -> list[BudgetWarning]:
    """The limits of which `WARN_AT` is used up."""
    found = []
    for currency, limits in budget.items():
        for period, limit, amounts in _periods(limits, spent):
            used = (amounts or {}).get(currency, 0.0)
            if limit is not None and used >= limit * WARN_AT:
                share = f"{used / limit:.0%}".replace("%", " %")
                text = period.warning.format(share=share, spent=money(used, currency), limit=money(limit, currency))
                found.append(BudgetWarning(f"{period.name} {currency}", text))
    return found


def _periods(limits: Limits, spent: Spent | None) -> list[tuple[_Period, float | None, Mapping[str, float] | None]]:
    return [
        (_DAY, limits.day, spent.day if spent else None),
        (_MONTH, limits.month, spent.month if spent else None),
    ]
