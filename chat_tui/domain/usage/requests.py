"""The requests that an answer took: when each was sent, by what, what it used and cost.

Most answers take one, of which the message itself says all. What it does not say is in the message's `extra`: the
requests of an answer that was continued, the price that a list gave, a request that the app did not send.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chat_tui.domain.conversation.message import Message, Status, now
from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.models.model import PriceFrom
from chat_tui.domain.models.money import currency_code

REQUESTS = "requests"
"""The field in a message's `extra`."""
APP, ASK = "app", "ask"
"""What sent a request."""


MOST_COST = 1e12
"""An amount from which on it is none."""


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """One request."""

    created: str
    """When it was sent, as thread files write it."""
    usage: JsonObject | None = None
    """As the server gave it; None where it is unknown."""
    cost: Cost | None = None
    """What it cost by the prices of its time; None where nobody noted that."""
    source: str = APP


def requests_of(message: Message) -> list[AnswerRequest]:
    """The requests of an answer or a summary that may have been billed, the oldest first; none of any other message.

    One that was refused, or never got to the server, is none of them.
    """
    if not message.is_answer and not message.summarizes:
        return []
    noted = message.extra.get(REQUESTS)
    listed = [each for each in noted if isinstance(each, dict)] if isinstance(noted, list) else []
    if len(listed) > 1:
        return [_read(each, message.created, _usage(each)) for each in listed]
    if not _may_be_billed(message):
        return []
    return [_read(listed[0] if listed else {}, message.created, message.usage)]


class RequestLog:
    """Notes the requests of one answer, from the moment before one is sent."""

    def __init__(self, message: Message, source: str = APP) -> None:
        """Notes a request that begins.

        Args:
            message: the answer, as it was before this request.
            source: what sends it.
        """
        self._message = message
        self._earlier = requests_of(message)
        self._request = AnswerRequest(now() if self._earlier else message.created, source=source)
        _write(message, [*self._earlier, self._request])

    def end(self, usage: JsonObject | None, *, was_answered: bool) -> None:
        """Notes what the request used; one that was refused is taken out."""
        requests = [*self._earlier]
        if was_answered or usage:
            requests.append(replace(self._request, usage=usage))
        _write(self._message, requests)


def note_cost(message: Message, cost: Cost) -> None:
    """Notes what the last request of an answer cost."""
    *earlier, last = requests_of(message)
    _write(message, [*earlier, replace(last, cost=cost)])


def _may_be_billed(message: Message) -> bool:
    if message.usage:
        return True
    if message.timing is None:  # imported, or written by the user
        return False
    timed_out = message.error is not None and message.error.kind == ErrorKind.TIMEOUT
    return message.status is not Status.FAILED or timed_out


def _write(message: Message, requests: Sequence[AnswerRequest]) -> None:
    fields: list[Json] = [_to_json(each, is_only=len(requests) == 1) for each in requests]
    if any(fields):
        message.extra[REQUESTS] = fields
    else:
        message.extra.pop(REQUESTS, None)


def _to_json(request: AnswerRequest, *, is_only: bool) -> JsonObject:
    fields: JsonObject = {} if is_only else {"created": request.created, "usage": request.usage}
    if request.cost is not None:
        fields["cost"] = request.cost.to_json()
    if request.source != APP:
        fields["sent_by"] = request.source
    return fields


def _read(fields: JsonObject, created: str, usage: JsonObject | None) -> AnswerRequest:
    when, source = fields.get("created"), fields.get("sent_by")
    return AnswerRequest(
        created=when if isinstance(when, str) else created,
        usage=usage,
        cost=_cost(fields.get("cost")),
        source=source if isinstance(source, str) and source else APP,
    )


def _usage(fields: JsonObject) -> JsonObject | None:
    usage = fields.get("usage")
    return usage if isinstance(usage, dict) else None


def _cost(value: Json) -> Cost | None:
    if not isinstance(value, dict):
        return None
    amount, currency, source = value.get("amount"), value.get("currency"), value.get("price_from")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < MOST_COST:
        return None
    code = currency_code(currency) if isinstance(currency, str) else ""
    if not code or source not in list(PriceFrom):
        return None
    return Cost(float(amount), PriceFrom(str(source)), code)
