"""Models: how one is named, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class ModelRef:
    """One model of one provider, written `provider/model-id`."""

    provider: str
    """The provider's key in the catalogue or the configuration."""
    id: str
    """The id as the server takes it; opaque, may hold slashes."""

    @classmethod
    def parse(cls, text: str) -> ModelRef:
        """Splits at the first slash: `siliconflow/Qwen/Qwen2.5-7B` is the model `Qwen/Qwen2.5-7B` of `siliconflow`.

        Raises:
            ValueError: a side is empty or there is no slash.
        """
        provider, slash, model = text.strip().partition("/")
        if not slash or not provider or not model:
            raise ValueError(f"a model is written provider/model-id, not {text!r}")
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.id}"


@dataclass(frozen=True, slots=True)
class Model:
    """A model as a list names it. None is "unknown": nothing is guessed."""

    ref: ModelRef
    name: str = ""
    """A display name, where the list has one beside the id."""
    context_window: int | None = None
    """Tokens of prompt and answer together."""
    max_output: int | None = None
    """Tokens of one answer."""
    price_in: float | None = None
    """USD for a million tokens of prompt."""
    price_out: float | None = None
    """USD for a million tokens of answer."""
    modalities: tuple[str, ...] = ()
    """What it reads: text, image, audio."""
    price_cached: float | None = None
    """USD for a million tokens of prompt that the server had read before."""
    facts_date: str | None = None
    """The date of the program's own snapshot, where it filled in what the server did not say."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the user's configuration says of a model; None is "unknown". The fields are those of `Model`."""

    context_window: int | None = None
    max_output: int | None = None
    price_in: float | None = None
    price_out: float | None = None

    def fill(self, model: Model) -> Model:
        """The model, with what the server did not say of it (WIRE.md 5: its word goes first, the snapshot's last)."""
        news: dict[str, Any] = {
            name: value
            for name in ("context_window", "max_output")
            if getattr(model, name) is None and (value := getattr(self, name)) is not None
        }
        if model.price_in is None and model.price_out is None:  # a list that names one price means something by it
            news |= {"price_in": self.price_in, "price_out": self.price_out}
        return replace(model, **news)


_COUNTS = ("context_window", "max_output")
_PRICES = ("price_in", "price_out")


def facts_from_table(value: object) -> dict[str, ModelFacts]:
    """Reads a provider's `facts`: a table for each model id, as in `[providers.work.facts."our/model-7b"]`.

    Raises:
        ValueError: with what was expected.
    """
    if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
        raise ValueError("tables by model id")
    return {identity: _facts(identity, each) for identity, each in value.items()}


def _facts(identity: str, entries: dict[str, Any]) -> ModelFacts:
    for name, value in entries.items():
        expected = ""
        if isinstance(value, dict):  # the dot of `gpt-4.1` made two tables of it
            raise ValueError(f"tables by model id, which goes in quotes: facts.{f'{identity}.{name}'!r}")
        if name in _COUNTS:
            if type(value) is not int or not 0 < value < 10**10:
                expected = "a whole number of tokens above 0"
        elif name not in _PRICES:
            expected = "one of " + ", ".join((*_COUNTS, *_PRICES))
        elif type(value) not in (int, float) or not 0 <= value < 1e6:
            expected = "USD for a million tokens, 0 or more"
        elif not all(each in entries for each in _PRICES):
            expected = "given together with " + next(each for each in _PRICES if each != name)
        if expected:
            raise ValueError(f"tables by model id, and {name!r} of {identity!r} {expected}")
    return ModelFacts(**entries)


def cost_usd(usage: JsonObject | None, model: Model | None) -> float | None:
    """What one answer cost, in USD; None where a count or a price is unknown.

    Args:
        usage: of one message, as the server gave it last: it holds all its tokens, so it is never added to another of
            the same message (WIRE.md C3). Reasoning is within `completion_tokens`.
        model: who answered, with its prices.
    """
    if not usage:
        return None
    told = usage.get("cost")  # OpenRouter's own, in USD
    if isinstance(told, int | float) and not isinstance(told, bool) and told >= 0:
        return float(told)
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if model is None or model.price_in is None or model.price_out is None or prompt is None or completion is None:
        return None
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    if cached is None:
        cached = _count(usage.get("prompt_cache_hit_tokens"))  # DeepSeek
    cached = min(cached or 0, prompt)
    price_cached = model.price_in if model.price_cached is None else model.price_cached
    return ((prompt - cached) * model.price_in + cached * price_cached + completion * model.price_out) / 1e6


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models of one provider."""

    provider: str
    models: tuple[Model, ...] = ()
    fetched: str | None = None
    """When the server gave the list (ISO 8601, UTC); None for one that the configuration or the catalogue gave."""
    problem: str = ""
    """Why the server's own list could not be had; empty when it could."""
    failure: ErrorKind | None = None
    """The kind of that failure, where the server was asked."""
    status: int | None = None
    """Its HTTP status."""
