"""Models: how one is named, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chat_tui.domain.errors import ErrorKind
from chat_tui.i18n import tr


class PriceFrom(StrEnum):
    """Who says what an answer costs."""

    SERVER = "server"
    """The server, of this very answer."""
    LIST = "list"
    """The server's list of models."""
    USER = "user"
    """The user's configuration (`facts`)."""
    SNAPSHOT = "snapshot"
    """The program's own price list, which may be old."""


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
    """For a million tokens of prompt, in `currency`."""
    price_out: float | None = None
    """For a million tokens of answer."""
    modalities: tuple[str, ...] = ()
    """What it reads: text, image, audio."""
    price_cached: float | None = None
    """For a million tokens of prompt that the server had read before."""
    price_from: PriceFrom | None = None
    """Who gave the prices; None where there are none."""
    is_reading_sure: bool = True
    """Whether the server says what it reads, not the snapshot, which may be wrong and refuses nothing."""
    can_chat: bool = True
    """Whether it answers chats; one that speaks, draws or embeds is listed and not offered."""
    ends: str = ""
    """When the server takes it away: a date (`2026-08-31`), or `deprecated`; empty where it says nothing."""
    replacement: str = ""
    """The id that the server names in its place."""
    facts_date: str | None = None
    """The date of the program's own snapshot, where it filled in what the server did not say."""
    currency: str = ""
    """The ISO 4217 code of its prices; empty for US dollars, also where a list does not name it."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the user's configuration says of a model; None is "unknown". The fields are those of `Model`."""

    context_window: int | None = None
    max_output: int | None = None
    price_in: float | None = None
    price_out: float | None = None

    def fill(self, model: Model) -> Model:
        """The model with the user's word, which goes before the server's list in all but prices."""
        news: dict[str, Any] = {
            name: value for name in ("context_window", "max_output") if (value := getattr(self, name)) is not None
        }
        # A price of the server's is what it will charge; a list that names one price means something by it.
        if self.price_in is not None and model.price_in is None and model.price_out is None:
            news |= {"price_in": self.price_in, "price_out": self.price_out, "price_from": PriceFrom.USER}
        return replace(model, **news)


_COUNTS = ("context_window", "max_output")
_PRICES = ("price_in", "price_out")


def facts_from_table(value: object) -> dict[str, ModelFacts]:
    """Reads a provider's `facts`: a table for each model id, as in `[providers.work.facts."our/model-7b"]`.

    Raises:
        ValueError: with what was expected.
    """
    if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
        raise ValueError(tr("tables by model id"))
    return {identity: _facts(identity, each) for identity, each in value.items()}


def _facts(identity: str, entries: dict[str, Any]) -> ModelFacts:
    for name, value in entries.items():
        expected = ""
        if isinstance(value, dict):  # the dot of `gpt-4.1` made two tables of it
            quoted = repr(f"{identity}.{name}")
            raise ValueError(tr("tables by model id, which goes in quotes: facts.{id}", id=quoted))
        if name in _COUNTS:
            if type(value) is not int or not 0 < value < 10**10:
                expected = tr("a whole number of tokens above 0")
        elif name not in _PRICES:
            expected = tr("one of {names}", names=", ".join((*_COUNTS, *_PRICES)))
        elif type(value) not in (int, float) or not 0 <= value < 1e6:
            expected = tr("a price for a million tokens, 0 or more")
        elif not all(each in entries for each in _PRICES):
            expected = tr("given together with {name}", name=next(each for each in _PRICES if each != name))
        if expected:
            raise ValueError(
                tr("tables by model id, and {name!r} of {id!r} {expected}", name=name, id=identity, expected=expected)
            )
    return ModelFacts(**entries)


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models of one provider."""

    provider: str
    models: tuple[Model, ...] = ()
    fetched: str | None = None
    """When the server gave the list (ISO 8601, UTC); None for one that the configuration or the catalogue gave."""
    problem: str = ""
    """Why the server's own list could not be had; empty when it could."""
    others: tuple[Model, ...] = ()
    """What the server lists beside them and can't chat: shown on request alone."""
    failure: ErrorKind | None = None
    """The kind of that failure, where the server was asked."""
    status: int | None = None
    """Its HTTP status."""
