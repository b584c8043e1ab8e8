"""The ledger's entries, one for each request, and its sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.models.cost import Cost, cached_tokens, input_tokens, output_tokens, reasoning_tokens
from chat_tui.domain.models.model import PriceFrom
from chat_tui.domain.models.money import money
from chat_tui.domain.models.provider import LOCAL
from chat_tui.domain.text.clean import clean
from chat_tui.domain.usage.requests import APP, MOST_COST, requests_of

Price = Callable[[Message], Cost | None]
"""What an answer costs by the prices of now; None where they are not known."""
FREE = ""
"""The currency of what costs nothing: a model on this computer."""
_FREE = Cost(0.0, PriceFrom.LIST, FREE)
_MOST_TOKENS = 1 << 40
_LONGEST = 300
"""Characters of a name."""


class Grouping(StrEnum):
    """What the sums are made by."""

    DAY = "day"
    MODEL = "model"
    PROVIDER = "provider"
    THREAD = "thread"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One request. None is "unknown"."""

    key: str
    """The same wherever a copy of the message is."""
    time: str
    """In UTC as thread files write it; empty where it is not known."""
    provider: str
    model: str
    """Its id at the provider: the one that was asked."""
    thread: str
    """Empty where none is saved."""
    input: int | None = None
    cached: int | None = None
    """The part of `input` that the server had read before."""
    output: int | None = None
    reasoning: int = 0
    """The part of `output` that is reasoning."""
    cost: float | None = None
    currency: str = FREE
    price_from: str = ""
    source: str = APP


def entries_of(message: Message, thread: str, price: Price) -> list[LedgerEntry]:
    """The entries of an answer, the oldest first; none of any other message.

    Args:
        message: the answer.
        thread: its thread's id; empty where that is not saved.
        price: prices what has no noted or stated cost.
    """
    provider, _, model = (message.model or "").partition("/")
    entries = []
    for number, request in enumerate(requests_of(message)):
        usage = request.usage
        cost = _FREE if provider == LOCAL else request.cost or price(replace(message, usage=usage))
        cost = cost if cost and cost.amount < MOST_COST else None
        entries.append(
            LedgerEntry(
                key=_name(f"{message.created} {message.id} {number}"),
                time=_in_utc(request.created),
                provider=_name(provider),
                model=_name(model),
                thread=thread,
                input=_tokens(input_tokens(usage)),
                cached=_tokens(cached_tokens(usage)),
                output=_tokens(output_tokens(usage)),
                reasoning=_tokens(reasoning_tokens(usage)) or 0,
                cost=cost.amount if cost else None,
                currency=cost.currency if cost else FREE,
                price_from=str(cost.source) if cost else "",
                source=_name(request.source),
            )
        )
    return entries


@dataclass(slots=True)
class UsageSum:
    """The sum of some requests. Amounts of several currencies stand side by side."""

    key: str
    """What they have in common: a day (`2026-11-25`), a model, a provider, a thread's id, a tag; empty for none."""
    label: str = ""
    """A thread's title, clean; else the key."""
    requests: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0
    unknown_tokens: int = 0
    """Requests of which the tokens are not known."""
    costs: dict[str, float] = field(default_factory=dict)
    """By currency."""
    unknown_costs: int = 0
    """Requests of which the cost is not known."""

    @property
    def tokens(self) -> int:
        """All tokens."""
        return self.input + self.output

    def add(self, other: UsageSum) -> None:
        """Adds another sum."""
        for name in ("requests", "input", "cached", "output", "reasoning", "unknown_tokens", "unknown_costs"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for currency, amount in other.costs.items():
            self.costs[currency] = self.costs.get(currency, 0.0) + amount

    def cost_text(self) -> str:
        """`$0.12 + ¥1.20`; `≥` before it where some costs are unknown, `?` where all are, `free` for nothing billed."""
        billed = {currency: amount for currency, amount in self.costs.items() if currency != FREE}
        if not billed:
            return "?" if self.unknown_costs else "free" if self.costs else ""
        text = " + ".join(money(amount, currency) for currency, amount in sorted(billed.items()))
        return f"≥ {text}" if self.unknown_costs else text


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent, by currency."""

    day: dict[str, float] = field(default_factory=dict)
    """Since midnight, local time."""
    month: dict[str, float] = field(default_factory=dict)
    """Since the first of the month."""


def total_of(sums: Iterable[UsageSum]) -> UsageSum:
    """The sum of sums."""
    total = UsageSum("")
    for each in sums:
        total.add(each)
    return total


def leading_currency(sums: list[UsageSum]) -> str:
    """The currency that most of the sums have an amount in; `FREE` where none has any."""
    billed = [currency for each in sums for currency in each.costs if currency != FREE]
    return max(sorted(set(billed)), key=billed.count, default=FREE)


def sort_sums(sums: list[UsageSum], by: Grouping) -> list[UsageSum]:
    """Days in their order; all else by its cost in the leading currency, then by its tokens, the most first."""
    if by is Grouping.DAY:
        return sorted(sums, key=lambda each: each.key)
    currency = leading_currency(sums)
    return sorted(sums, key=lambda each: (-each.costs.get(currency, 0.0), -each.tokens, each.key))


def _in_utc(iso: str) -> str:
    try:
        return datetime.fromisoformat(iso).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""


def _name(text: str) -> str:
    return clean(text[: 2 * _LONGEST], multiline=False)[:_LONGEST].encode("utf-8", "replace").decode()


def _tokens(count: int | None) -> int | None:
    return None if count is None else min(count, _MOST_TOKENS)
