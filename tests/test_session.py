"""ChatSession: what is on disk when, and what becomes of an answer that does not end well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from chat_tui.domain.conversation.chunk import Chunk, Finish, Notice, ReasoningDelta, RetryWait, TextDelta, UsageUpdate
from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError, UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.session import ChatSession, autosave
from chat_tui.session.requests.reply_builder import ReplyBuilder
from tests.fakes import FakeBackend, FakeStore, Step
from tests.work import growth

MODEL = ModelRef("fake", "model")
HELLO: list[Step] = [TextDelta("Hel"), TextDelta("lo"), Finish("stop"), UsageUpdate({"total_tokens": 3})]


def make(*scripts: list[Step], thread: Thread | None = None) -> tuple[ChatSession, FakeBackend, FakeStore]:
    backend, store = FakeBackend(*scripts), FakeStore()
    return ChatSession(thread or Thread(), store, backend, default_model=MODEL), backend, store


async def run(session: ChatSession, text: str | None = "Hi") -> list[Chunk]:
    chunks: list[Chunk] = []
    session.on_chunk = chunks.append
    await (session.regenerate() if text is None else session.send(text))
    return chunks


def reply_of(session: ChatSession) -> Message:
    assert session.reply is not None
    return session.reply


async def test_an_answer_is_kept_with_all_that_is_known_of_it() -> None:
    session, _, store = make(HELLO)
    assert len(await run(session)) == 4
    reply = reply_of(session)
    assert (reply.content, reply.status, reply.finish_reason) == ("Hello", Status.COMPLETE, "stop")
    assert reply.usage == {"total_tokens": 3}
    assert reply.model == "fake/model"
    assert reply.timing is not None
    assert reply.timing.first_token_s is not None
    assert store.saved[-1] == ["Hi", "Hello"]
    assert not session.is_streaming


async def test_the_prompt_is_on_disk_before_the_request_leaves() -> None:
    held = asyncio.Event()
    session, backend, store = make([held, *HELLO])
    task = asyncio.create_task(run(session))
    await backend.waiting.wait()
    assert store.saved[0] == ["Hi"]
    held.set()
    await task


async def test_a_prompt_that_can_not_be_saved_is_not_sent_and_not_lost() -> None:
    session, backend, store = make(HELLO)
    session.thread.draft = "Hi"
    store.failure = StorageError("the disk is full")
    with pytest.raises(StorageError):
        await run(session)
    assert backend.requests == []
    assert session.thread.messages == {}
    assert session.thread.draft == "Hi"


async def test_streaming_text_is_on_disk_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0)
    held = asyncio.Event()
    session, backend, store = make([TextDelta("half of it"), held, Finish("stop")])
    task = asyncio.create_task(run(session))
    await backend.waiting.wait()
    store.wrote.clear()
    await asyncio.wait_for(store.wrote.wait(), 10)
    assert store.saved[-1] == ["Hi", "half of it"]
    assert reply_of(session).status is Status.INTERRUPTED, "what a crash now would make it"
    held.set()
    await task


async def test_stopping_keeps_the_text_and_closes_the_stream() -> None:
    session, backend, store = make([TextDelta("so far"), asyncio.Event()])
    task = asyncio.create_task(run(session))
    await backend.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (reply_of(session).content, reply_of(session).status) == ("so far", Status.STOPPED)
    assert store.saved[-1] == ["Hi", "so far"]
    assert backend.closed == 1
    assert not session.is_streaming


async def test_a_failure_is_an_error_beside_the_message_never_text_in_it() -> None:
    error = ProviderError(ErrorKind.RATE_LIMIT, "Too many requests.", "Wait.", http_status=429, request_id="r1")
    session, _, store = make([error])
    await run(session)
    reply = reply_of(session)
    assert (reply.status, reply.content) == (Status.FAILED, "")
    assert reply.error is not None
    assert (reply.error.kind, reply.error.http_status, reply.error.request_id) == ("rate_limit", 429, "r1")
    assert store.saved[-1] == ["Hi", ""]


async def test_a_connection_lost_after_text_keeps_the_text() -> None:
    session, _, _ = make([TextDelta("half"), ProviderError(ErrorKind.INTERRUPTED, "It broke off.")])
    await run(session)
    assert (reply_of(session).content, reply_of(session).status) == ("half", Status.INTERRUPTED)


async def test_an_answer_without_anything_is_an_error() -> None:
    session, _, _ = make([Finish("stop")])
    await run(session)
    error = reply_of(session).error
    assert reply_of(session).status is Status.FAILED
    assert error is not None
    assert error.kind == "empty"


async def test_a_defect_in_the_backend_costs_no_text() -> None:
    session, _, store = make([TextDelta("half"), ZeroDivisionError()])
    await run(session)
    assert (reply_of(session).content, reply_of(session).status) == ("half", Status.INTERRUPTED)
    assert store.saved[-1] == ["Hi", "half"]


async def test_a_retry_waits_in_sight_and_is_gone_when_text_comes() -> None:
    held = asyncio.Event()
    session, backend, _ = make([RetryWait("429", 3.0), held, *HELLO])
    task = asyncio.create_task(run(session))
    await backend.waiting.wait()
    assert session.retry_wait == RetryWait("429", 3.0)
    held.set()
    await task
    assert session.retry_wait is None


async def test_any_model_answers_any_turn() -> None:
    session, backend, _ = make(HELLO, HELLO)
    await run(session)
    session.set_model(ModelRef("other", "big/model"))
    await run(session, "And now?")
    assert [message.model for message in session.thread.branch() if message.is_answer] == [
        "fake/model",
        "other/big/model",
    ]
    assert backend.requests[1].model == ModelRef("other", "big/model")
    assert [message.content for message in backend.requests[1].messages] == ["Hi", "Hello", "And now?"]


async def test_the_system_prompt_stands_first_and_is_no_message() -> None:
    session, backend, _ = make(HELLO)
    session.set_system_prompt("Be terse.")
    await run(session)
    first = backend.requests[0].messages[0]
    assert (first.role, first.content) == (Role.SYSTEM, "Be terse.")
    assert len(session.thread.messages) == 2


async def test_regenerating_adds_a_sibling_and_overwrites_nothing() -> None:
    session, backend, _ = make(HELLO, [TextDelta("Hi there"), Finish("stop")])
    await run(session)
    first = reply_of(session)
    await run(session, None)
    second = reply_of(session)
    assert first.parent == second.parent
    assert [each.content for each in session.thread.siblings(second.id)] == ["Hello", "Hi there"]
    assert [each.content for each in backend.requests[1].messages] == ["Hi"]
    assert session.thread.head == second.id


async def test_siblings_are_walked_and_the_branch_below_comes_with_them() -> None:
    session, _, _ = make(HELLO, [TextDelta("Hi there"), Finish("stop")], HELLO)
    await run(session)
    await run(session, None)
    assert session.show_sibling(-1)
    assert [each.content for each in session.thread.branch()] == ["Hi", "Hello"]
    assert not session.show_sibling(-1)
    assert session.show_sibling(1)
    await run(session, "More")
    assert session.thread.branch()[-1].content == "Hello"
    assert not session.show_sibling(1)


async def test_the_oldest_turns_can_be_left_out_of_what_is_sent_and_taken_up_again() -> None:
    session, backend, _ = make(*[HELLO] * 6)
    for text in ("one", "two", "three", "four"):
        await run(session, text)
    assert session.shorten() == 2
    await run(session, "five")
    assert [each.content for each in backend.requests[-1].messages] == ["three", "Hello", "four", "Hello", "five"]
    assert [each.content for each in session.thread.branch()][0] == "one"
    assert session.shorten() == 1
    with pytest.raises(UsageError):
        session.shorten()
    session.send_everything()
    await run(session, "six")
    assert backend.requests[-1].messages[0].content == "one"


async def test_parameters_of_thread_and_defaults_are_merged_and_nulls_never_sent() -> None:
    backend = FakeBackend(HELLO)
    thread = Thread(parameters={"temperature": None, "top_p": 0.5})
    defaults = {"temperature": 0.7, "seed": 1}
    await run(ChatSession(thread, FakeStore(), backend, default_model=MODEL, default_parameters=dict(defaults)))
    assert backend.requests[0].parameters == {"top_p": 0.5, "seed": 1}


async def test_without_a_model_nothing_is_sent() -> None:
    session = ChatSession(Thread(), FakeStore(), FakeBackend())
    with pytest.raises(UsageError):
        await run(session)
    assert session.thread.messages == {}


async def test_a_thread_of_a_newer_version_is_never_written() -> None:
    session, _, store = make(HELLO, thread=Thread(read_only=True))
    with pytest.raises(UsageError):
        await run(session)
    session.save_blocking()
    assert store.saved == []


async def test_failing_saves_are_told_and_their_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0)
    told: list[str] = []
    heard = asyncio.Event()
    backend, store = FakeBackend(), FakeStore()

    def hear(words: str) -> None:
        told.append(words)
        heard.set()

    session = ChatSession(Thread(), store, backend, on_storage=hear)
    store.failure = StorageError("no space")
    session.set_draft("precious")
    await asyncio.wait_for(heard.wait(), 10)
    assert told[0] == "no space"
    store.failure = None
    await asyncio.wait_for(store.wrote.wait(), 10)
    assert told[-1] == ""
    assert session.thread.draft == "precious"


async def test_after_a_refused_save_at_the_end_saving_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0)
    store, told = FakeStore(), list[str]()
    session = ChatSession(Thread(), store, FakeBackend(), on_storage=told.append)
    session.set_draft("half a thought")
    store.failure = StorageError("read-only")
    with pytest.raises(StorageError):
        session.save_blocking()  # on leaving, which the user then thinks better of
    store.failure = None
    await asyncio.wait_for(store.wrote.wait(), 10)
    assert told == [""]


async def test_hidden_characters_are_taken_out_before_anything_is_kept() -> None:
    session, _, store = make([TextDelta("a\x1b]0;x\x07b\u202e"), ReasoningDelta("\x9b31m"), Finish("stop")])
    chunks = await run(session)
    assert reply_of(session).content == "a␛]0;x␇b"
    assert reply_of(session).hidden == 4
    assert store.saved[-1][1] == "a␛]0;x␇b"
    assert chunks[0] == TextDelta("a\x1b]0;x\x07b\u202e"), "a pipe gets what came"


async def test_further_choices_become_siblings_of_the_answer_shown() -> None:
    script: list[Step] = [TextDelta("A"), TextDelta("1", 1), TextDelta("B"), TextDelta("2", 1), Finish("stop")]
    session, _, store = make([*script, Finish("length", 1), UsageUpdate({"total_tokens": 9})])
    await run(session)
    first, second = session.thread.siblings(reply_of(session).id)
    assert (first.content, second.content) == ("AB", "12")
    assert (first.status, second.status) == (Status.COMPLETE, Status.COMPLETE)
    assert (first.finish_reason, second.finish_reason) == ("stop", "length")
    assert (first.usage, second.usage) == ({"total_tokens": 9}, None), "tokens are counted once"
    assert second.model == first.model
    assert session.thread.head == first.id == reply_of(session).id
    assert store.saved[-1] == ["Hi", "AB", "12"]


async def test_a_choice_that_had_ended_survives_the_failure_of_another() -> None:
    script: list[Step] = [TextDelta("half"), TextDelta("whole", 1), Finish("stop", 1)]
    session, _, _ = make([*script, ProviderError(ErrorKind.INTERRUPTED, "It broke off.")])
    await run(session)
    first, second = session.thread.siblings(reply_of(session).id)
    assert (first.status, second.status) == (Status.INTERRUPTED, Status.COMPLETE)


async def test_notices_are_those_of_the_last_request() -> None:
    session, _, _ = make([Notice("temperature was left out"), *HELLO], HELLO)
    await run(session)
    assert session.notices == ["temperature was left out"]
    await run(session, "More")
    assert session.notices == []


async def test_many_answers_at_once_cost_each_piece_only_its_own() -> None:
    """Work for a piece does not grow with the number of choices."""

    def prepare(size: int) -> Callable[[], object]:
        thread = Thread()
        answering = ReplyBuilder(thread, thread.add(Role.ASSISTANT))
        chunks = [TextDelta("x", index) for _ in range(2) for index in range(size)]
        return partial(_take_all, answering, chunks)

    assert growth(prepare, 30) < 3


def _take_all(answering: ReplyBuilder, chunks: list[TextDelta]) -> None:
    for chunk in chunks:
        answering.take(chunk)
