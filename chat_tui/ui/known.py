"""What is known of the models that answered: their windows and prices, looked up by name."""

from __future__ import annotations

from chat_tui.domain.message import Message
from chat_tui.domain.model import Model, cost_usd
from chat_tui.domain.ports import Backend


class KnownModels:
    """The models of all lists, by `provider/model-id`. Asks the backend once, and again after `forget`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._models: dict[str, Model] | None = None

    def forget(self) -> None:
        """Lists have changed."""
        self._models = None

    def get(self, name: str | None) -> Model | None:
        """A model by its written name; None if no list has it."""
        if not name:
            return None
        if self._models is None:
            self._models = {str(each.ref): each for listed in self._backend.known_models() for each in listed.models}
        return self._models.get(name)

    def cost(self, message: Message) -> float | None:
        """What an answer cost, in USD; None where that is not known."""
        return cost_usd(message.usage, self.get(message.model)) if message.usage else None
