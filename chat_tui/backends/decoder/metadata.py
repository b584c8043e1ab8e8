"""Reads the model, the host and the cost that a server reports with its answer."""

from __future__ import annotations

from typing import Any

from chat_tui.backends.decoder.extras import storable
from chat_tui.domain.conversation.chunk import AnsweredBy, UsageUpdate
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.clean import clean

_LONGEST = 300
"""Characters of a name."""


class AnswerMetadata:
    """The stated origin and price of one answer."""

    def __init__(self) -> None:
        self.is_news = False
        """Whether `take` has something that was not taken yet."""
        self._model: object = None
        self._upstream: object = None
        self._usage: JsonObject = {}
        self._cost: Json = None

    def see(self, payload: dict[str, Any]) -> None:
        """Looks at an object of the stream; costs next to nothing where it names the model that the last one named."""
        model = payload.get("model")
        if model and model != self._model and isinstance(model, str):
            self._model, self.is_news = model, True
        upstream = payload.get("provider")
        if upstream and upstream != self._upstream and isinstance(upstream, str):
            self._upstream, self.is_news = upstream, True

    def gateway(self, holder: dict[str, Any]) -> UsageUpdate | None:
        """Reads Vercel's `provider_metadata.gateway`: the provider behind it, and the cost as text."""
        gateway = holder["provider_metadata"]["gateway"]
        routing = gateway.get("routing")
        upstream = (
            routing.get("finalProvider") or routing.get("resolvedProvider") if isinstance(routing, dict) else None
        )
        if isinstance(upstream, str) and upstream != self._upstream:
            self._upstream, self.is_news = upstream, True
        return self.with_cost(gateway.get("cost"))

    def take(self) -> AnsweredBy:
        """The model and host that answered, as far as known."""
        self.is_news = False
        return AnsweredBy(_name(self._model), _name(self._upstream))

    def with_usage(self, usage: JsonObject) -> UsageUpdate:
        """The usage to keep: with a cost from beside it, and under OpenAI's names."""
        for ours, theirs in (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")):
            if ours not in usage and isinstance(usage.get(theirs), int):
                usage[ours] = usage[theirs]
        self._usage = usage
        return UsageUpdate(self._with_cost())

    def with_cost(self, cost: object) -> UsageUpdate | None:
        """The last usage with a cost that the server gives outside it; None for none."""
        amount = storable(cost)
        if isinstance(amount, str):  # Vercel's gateway
            try:
                amount = storable(float(amount))
            except ValueError:
                return None
        if not amount or amount == self._cost:
            return None
        self._cost = amount
        return UsageUpdate(self._with_cost())

    def _with_cost(self) -> JsonObject:
        if self._cost is None:
            return self._usage
        priced: JsonObject = {"cost": self._cost}
        return priced | self._usage


def has_gateway(holder: dict[str, Any]) -> bool:
    """Whether an object has Vercel's `provider_metadata.gateway`."""
    metadata = holder.get("provider_metadata")
    return isinstance(metadata, dict) and isinstance(metadata.get("gateway"), dict)


def _name(value: object) -> str:
    return clean(value[:_LONGEST], multiline=False) if isinstance(value, str) else ""
