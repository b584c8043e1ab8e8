"""The requests of an answer as the session notes them: one, several, refused, stopped, cut off by a crash."""

from __future__ import annotations

import pytest

from chat_tui.domain.conversation.chunk import Finish, TextDelta, UsageUpdate
from chat_tui.domain.conversation.message import Message, Role, Status, Timing
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.models.cost import Cost
from chat_tui.domain.models.model import ModelRef, PriceFrom
from chat_tui.domain.usage.ledger import LedgerEntry, entries_of
from chat_tui.domain.usage.requests import REQUESTS, AnswerRequest, RequestLog, note_cost, requests_of
from chat_tui.session import ChatSession
from chat_tui.session.requests.usage import record_usage
from chat_tui.storage.threads.codec import decode, encode
from tests.fakes import FakeBackend, FakeStore, Step

CENT = Cost(0.01, PriceFrom.LIST, "CNY")


def used(tokens: int) -> UsageUpdate:
    return UsageUpdate({"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1})


CUT: list[Step] = [TextDelta("Hel"), used(10), Finish("length")]
REST: list[Step] = [TextDelta("lo"), used(20), Finish("stop")]
REFUSED: list[Step] = [ProviderError(ErrorKind.RATE_LIMIT, "No.", http_status=429)]


class Ledger:
    """Keeps what is added."""

    def __init__(self) -> None:
        self.entries: dict[str, LedgerEntry] = {}

    def add(self, entries: list[LedgerEntry]) -> None:
        self.entries |= {each.key: each for each in entries}


def session(*scripts: list[Step], source: str = "app") -> tuple[ChatSession, Ledger]:
    """A session whose answers cost a cent by the prices of now."""
    made = ChatSession(
        Thread(), FakeStore(), FakeBackend(*scripts), default_model=ModelRef("fake", "model"), source=source
    )
    ledger = Ledger()
    made.on_request_end = lambda answer: record_usage(ledger, answer, made.thread.id, lambda message: CENT)  # type: ignore[arg-type]
    return made, ledger


def reread(made: ChatSession) -> list[LedgerEntry]:
    """The entries that the thread's file holds, whose prices are not known any more."""
    thread = decode(encode(made.thread))
    return [entry for each in thread.messages.values() for entry in entries_of(each, thread.id, lambda message: None)]


async def test_a_continued_answer_has_two_requests_and_its_file_says_so() -> None:
    made, ledger = session(CUT, REST)
    await made.send("Hi")
    await made.continue_answer()
    assert made.reply is not None
    assert (made.reply.content, (made.reply.usage or {})["total_tokens"]) == ("Hello", 32)
    assert [(each.input, each.cost, each.currency) for each in ledger.entries.values()] == [
        (10, 0.01, "CNY"),
        (20, 0.01, "CNY"),
    ]
    assert reread(made) == list(ledger.entries.values())


@pytest.mark.parametrize("source", ["app", "ask"])
async def test_an_answer_of_one_request_and_its_file_say_the_same(source: str) -> None:
    made, ledger = session(REST, source=source)
    await made.send("Hi")
    (entry,) = ledger.entries.values()
    assert (entry.source, entry.thread, entry.input) == (source, made.thread.id, 20)
    assert reread(made) == [entry]


async def test_what_was_refused_is_no_request() -> None:
    made, ledger = session(REFUSED, CUT, REFUSED)
    await made.send("Hi")
    assert (ledger.entries, reread(made)) == ({}, [])
    await made.regenerate()
    await made.continue_answer()
    assert made.reply is not None
    assert made.reply.status is Status.INTERRUPTED
    assert [each.input for each in ledger.entries.values()] == [10]
    assert reread(made) == list(ledger.entries.values())


async def test_what_timed_out_may_be_billed() -> None:
    made, ledger = session([ProviderError(ErrorKind.TIMEOUT, "Late.")])
    await made.send("Hi")
    (entry,) = ledger.entries.values()
    assert (entry.input, entry.output) == (None, None)


def test_after_a_crash_in_a_continuation_both_requests_are_known() -> None:
    usage = used(10).usage
    message = Message("1", None, Role.ASSISTANT, "Hel", usage=usage, timing=Timing(), status=Status.STOPPED)
    RequestLog(message)
    message.usage, message.status = None, Status.INTERRUPTED  # as the journal has it then
    assert [each.usage for each in requests_of(message)] == [usage, None]


def test_a_message_that_says_all_holds_nothing_beside() -> None:
    message = Message("1", None, Role.ASSISTANT)
    log = RequestLog(message)
    message.timing, message.status, message.usage = Timing(), Status.COMPLETE, used(1).usage
    log.end(message.usage, was_answered=True)
    assert REQUESTS not in message.extra
    note_cost(message, CENT)
    assert message.extra[REQUESTS] == [{"cost": CENT.to_json()}]
    assert requests_of(message) == [AnswerRequest(message.created, message.usage, CENT)]


@pytest.mark.parametrize("fields", [None, 7, "x", [], ["x"], [{"cost": {"amount": -1, "currency": "USD"}}], [{}, {}]])
def test_a_field_of_another_shape_is_no_harm(fields: object) -> None:
    message = Message("1", None, Role.ASSISTANT, usage=used(1).usage, extra={REQUESTS: fields})  # type: ignore[dict-item]
    assert all(each.cost is None for each in requests_of(message))
