"""Prices answers for the usage ledger, by the lists of now."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.models.model import Model

if TYPE_CHECKING:
    from chat_tui.backends.client import HttpBackend
    from chat_tui.session.model_catalogue import ModelCatalogue


class Prices:
    """Reads the lists when the first answer is priced."""

    def __init__(self, http: Callable[[], HttpBackend]) -> None:
        self._http = http

    @cached_property
    def _catalogue(self) -> ModelCatalogue:
        from chat_tui.session.model_catalogue import ModelCatalogue

        http = self._http()
        http.warm()  # the prices that come with the program
        return ModelCatalogue(http)

    def model(self, name: str) -> Model | None:
        """A model with its prices, by `provider/model-id`."""
        return self._catalogue.get(name)

    def cost(self, message: Message) -> Cost | None:
        """What an answer costs; None where its price is not known."""
        return self._catalogue.cost(message)
