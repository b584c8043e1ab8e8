"""Notes in the ledger what each answer used."""

from __future__ import annotations

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.models.model import PriceFrom
from chat_tui.domain.ports.ledger import UsageLedger
from chat_tui.domain.usage.ledger import FREE, Price, entries_of
from chat_tui.domain.usage.requests import note_cost, requests_of


def record_usage(ledger: UsageLedger, message: Message, thread: str, price: Price) -> None:
    """Notes the last request of an answer, with its cost by the prices of now, in the message too. Quick.

    Args:
        ledger: gets the entry.
        message: the answer, before it is saved.
        thread: the id of its thread; empty where that is not saved.
        price: prices what the server states no cost of.
    """
    if not requests_of(message):
        return
    entry = entries_of(message, thread, price)[-1]
    if entry.cost is not None and entry.currency != FREE and entry.price_from != PriceFrom.SERVER:
        note_cost(message, Cost(entry.cost, PriceFrom(entry.price_from), entry.currency))
    ledger.add([entry])
