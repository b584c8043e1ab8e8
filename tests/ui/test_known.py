"""Whose prices an answer is given."""

from __future__ import annotations

from collections.abc import Sequence

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.models.model import Model, ModelList, ModelRef, PriceFrom
from chat_tui.domain.models.money import money
from chat_tui.session.model_catalogue import ModelCatalogue
from chat_tui.ui.text.wording import price
from tests.fakes import FakeBackend

USAGE = {"prompt_tokens": 1_000_000, "completion_tokens": 0}


class Backend(FakeBackend):
    def __init__(self, *models: Model, typed: Model | None = None) -> None:
        super().__init__()
        self._listed = models
        self._typed = typed

    def known_models(self) -> Sequence[ModelList]:
        return [ModelList("acme", self._listed)]

    def model(self, ref: ModelRef) -> Model:
        return self._typed if self._typed and self._typed.ref == ref else Model(ref)


def priced(identity: str, price_in: float, price_from: PriceFrom = PriceFrom.LIST) -> Model:
    return Model(ModelRef("acme", identity), price_in=price_in, price_out=1.0, price_from=price_from)


def cost(backend: Backend, asked: str, answered: str = "") -> Cost | None:
    return ModelCatalogue(backend).cost(
        Message("x", None, Role.ASSISTANT, model=f"acme/{asked}", answered_by=answered, usage=dict(USAGE))
    )


def test_it_is_priced_as_the_model_that_answered() -> None:
    backend = Backend(priced("auto", 9.0), priced("v/big", 2.0), priced("small", 1.0))
    assert cost(backend, "auto", "v/big") == Cost(2.0, PriceFrom.LIST)
    assert cost(backend, "auto", "big-2025-01-31") == Cost(2.0, PriceFrom.LIST)
    assert cost(backend, "small", "v/small-2025-01-31") == Cost(1.0, PriceFrom.LIST)


def test_the_price_of_a_gateways_own_name_counts_and_that_of_the_snapshot_does_not() -> None:
    listed = Backend(priced("fast", 3.0))
    assert cost(listed, "fast", "unheard-of") == Cost(3.0, PriceFrom.LIST)
    assert cost(Backend(priced("fast", 3.0, PriceFrom.SNAPSHOT)), "fast", "unheard-of") is None


def test_a_model_of_no_list_has_the_users_price() -> None:
    typed = Backend(typed=priced("typed/in", 4.0, PriceFrom.USER))
    assert cost(typed, "typed/in") == Cost(4.0, PriceFrom.USER)
    assert cost(typed, "other", "typed/in") == Cost(4.0, PriceFrom.USER)
    assert cost(typed, "other") is None


def test_a_price_says_who_gave_it() -> None:
    assert [price(Cost(0.0011, each)) for each in PriceFrom] == [
        "$0.0011",
        "$0.0011 list price",
        "$0.0011 your price",
        "~$0.0011 built-in price",
    ]


def test_money_has_as_many_places_as_say_something() -> None:
    amounts = (0, 0.000172, 0.0007, 0.000058, 0.001, 0.0042, 0.25, 1.236)
    said = ["$0", "$0.000172", "$0.0007", "$0.000058", "$0.0010", "$0.0042", "$0.2500", "$1.24"]
    assert [money(each) for each in amounts] == said
