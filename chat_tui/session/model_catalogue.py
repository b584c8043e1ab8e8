"""Context windows and prices of models, looked up by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.models.model import Model, ModelRef, PriceFrom

if TYPE_CHECKING:
    from chat_tui.domain.models.cost import Cost
    from chat_tui.domain.ports.backend import Backend


class ModelCatalogue:
    """The models of all lists, by `provider/model-id`. Read from the backend once, and again after `forget`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._models: dict[str, Model] | None = None
        self._families: dict[tuple[str, str], Model] | None = None
        self._learned: set[str] = set()
        """Providers whose lists have been requested."""

    async def learn(self, provider: str) -> None:
        """Requests a provider's models once, so that the context window's share and the prices are known."""
        if provider not in self._learned:
            self._learned.add(provider)
            await self._backend.models(provider)
            self.forget()

    def forget(self) -> None:
        """Discards what was read, as lists have changed."""
        self._models = None

    def get(self, name: str | None) -> Model | None:
        """A model by its name: from a list, or what is known of one that is in none."""
        if not name:
            return None
        models = self._read()
        if name not in models:
            try:
                models[name] = self._backend.model(ModelRef.parse(name))
            except ValueError:
                return None
        return models[name]

    def cost(self, message: Message) -> Cost | None:
        """The cost of an answer; None if it is not known."""
        from chat_tui.domain.models.cost import cost_of

        return cost_of(message.usage, self._payee(message)) if message.usage else None

    def _payee(self, message: Message) -> Model | None:
        """The model whose prices apply: the one that answered, not the requested one."""
        requested, other = self.get(message.model), message.substitute()
        if not other:
            return requested
        provider = (message.model or "").partition("/")[0]
        models = self._read()
        answered = models.get(f"{provider}/{other}") or self._family(provider, other)
        answered = answered or self.get(f"{provider}/{other}")
        if answered is not None and answered.price_in is not None:
            return answered
        # A gateway's name for a model of others has the price that its list or the user gives it; the snapshot's price
        # is that of another model.
        return requested if requested is not None and requested.price_from in (PriceFrom.LIST, PriceFrom.USER) else None

    def _read(self) -> dict[str, Model]:
        if self._models is None:
            listed_models = [each for models in self._backend.known_models() for each in models.models]
            self._models = {str(each.ref): each for each in listed_models}
            self._families = None
        return self._models

    def _family(self, provider: str, identity: str) -> Model | None:
        """A listed model whose id differs in no more than spelling and date."""
        from chat_tui.domain.models.families import undated_family

        if self._families is None:
            self._families = {}
            for model in self._read().values():
                self._families.setdefault((model.ref.provider, undated_family(model.ref.id)), model)
        return self._families.get((provider, undated_family(identity)))
