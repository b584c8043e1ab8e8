"""A session that goes on with answers, takes back, deletes and leaves to others what is theirs."""

from __future__ import annotations

import asyncio

import pytest

from chat_tui.domain.conversation.chunk import Finish, TextDelta, UsageUpdate
from chat_tui.domain.conversation.draft import Attachment, Draft, images_of
from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.undo import Change
from chat_tui.domain.errors import ErrorKind, ProviderError, UsageError
from chat_tui.domain.models.model import Model, ModelList
from chat_tui.session import ChatSession
from tests.fakes import FakeBackend, FakeStore
from tests.test_session import HELLO, MODEL, make, reply_of, run

# Going on


def half(model: str = "fake/model") -> Thread:
    thread = Thread()
    thread.add(Role.USER, "How far?")
    answer = thread.add(Role.ASSISTANT, "The moon is")
    answer.model, answer.status, answer.usage = model, Status.INTERRUPTED, {"total_tokens": 5}
    return thread


async def test_a_cut_answer_goes_on_in_its_place_and_both_requests_are_counted() -> None:
    session, backend, store = make(
        [TextDelta(" far."), Finish("stop"), UsageUpdate({"total_tokens": 3})], thread=half()
    )
    answer = session.thread.branch()[-1]
    await session.continue_answer()
    assert (answer.content, answer.status, answer.usage) == ("The moon is far.", Status.COMPLETE, {"total_tokens": 8})
    assert [each.content for each in backend.requests[0].messages][-1] == "The moon is far.", (
        "the answer itself is sent"
    )
    assert store.saved[-1] == ["How far?", "The moon is far."]


async def test_an_answer_that_goes_on_and_breaks_off_keeps_all_of_it() -> None:
    session, _, _ = make([TextDelta(" fa"), ProviderError(ErrorKind.INTERRUPTED, "It broke off.")], thread=half())
    await session.continue_answer()
    assert (reply_of(session).content, reply_of(session).status) == ("The moon is fa", Status.INTERRUPTED)


async def test_another_model_goes_on_beside_the_half_that_there_is() -> None:
    session, _, _ = make([TextDelta(" far."), Finish("stop")], thread=half("other/model"))
    changes: list[Change] = []
    session.on_change = changes.append
    session.set_model(MODEL)
    first = session.thread.branch()[-1]
    await session.continue_answer()
    second = session.thread.branch()[-1]
    assert (first.content, first.model) == ("The moon is", "other/model")
    assert (second.content, second.model) == ("The moon is far.", "fake/model")
    session.undo(changes[-1])
    assert session.thread.branch()[-1] is first
    assert session.thread.siblings(first.id) == [first]


async def test_there_must_be_something_to_go_on_with() -> None:
    session, _, _ = make(HELLO)
    with pytest.raises(UsageError):
        await session.continue_answer()


# Taking back


async def test_what_was_done_to_a_thread_can_be_taken_back() -> None:
    session, _, _ = make(HELLO, HELLO, HELLO)
    changes: list[Change] = []
    session.on_change = changes.append
    await run(session)
    thread = session.thread
    first = thread.head
    await run(session, None)
    second = thread.head
    session.undo(changes.pop())
    assert (thread.head, len(thread.siblings(first or ""))) == (first, 1), "regenerate"
    assert second in thread.messages, "nothing leaves the thread"
    session.change("rename", title="Other")
    session.undo(changes.pop())
    assert thread.title == "Hi"
    session.delete(first or "")
    assert [each.content for each in thread.branch()] == ["Hi"]
    session.undo(changes.pop())
    assert [each.content for each in thread.branch()] == ["Hi", "Hello"]
    session.clear()
    assert thread.branch() == []
    await run(session, "Anew")
    assert [each.content for each in thread.branch()] == ["Anew", "Hello"]
    session.undo(changes.pop())
    assert [each.content for each in thread.branch()] == ["Hi", "Hello"]


async def test_a_deleted_message_is_not_sent_and_its_sibling_is_shown() -> None:
    session, backend, _ = make(HELLO, [TextDelta("Other"), Finish("stop")], HELLO)
    await run(session)
    await run(session, None)
    session.delete(session.thread.head or "")
    assert [each.content for each in session.thread.branch()] == ["Hi", "Hello"]
    await run(session, "More")
    assert [each.content for each in backend.requests[-1].messages] == ["Hi", "Hello", "More"]


async def test_nothing_is_deleted_under_a_running_answer() -> None:
    session, backend, _ = make([TextDelta("x"), asyncio.Event()])
    task = asyncio.create_task(run(session))
    await backend.waiting.wait()
    with pytest.raises(UsageError):
        session.delete(session.thread.head or "")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


IMAGE = Attachment("a.png", "/a.png", 3, url="data:image/png;base64,AAAA")


async def test_an_image_goes_in_parts_and_stays_with_an_edited_prompt() -> None:
    backend, thread = FakeBackend([Finish("stop")], [Finish("stop")]), Thread()
    session = ChatSession(thread, FakeStore(), backend, default_model=MODEL)
    await session.send(Draft(("Look at ", IMAGE)))
    prompt = thread.branch()[0]
    parts = [{"type": "text", "text": "Look at a.png"}, {"type": "image_url", "image_url": {"url": IMAGE.url}}]
    assert (prompt.content, prompt.parts, thread.title) == ("Look at a.png", parts, "Look at")
    await session.edit(prompt.id, Draft(("Again", "\n", IMAGE)))
    assert [each.name for each in images_of(thread.branch()[0])] == [IMAGE.name]
    assert thread.branch()[0].parts == [{"type": "text", "text": "Again"}, parts[1]]


async def test_a_model_that_reads_no_images_is_not_asked_and_the_thread_stays_as_it_was() -> None:
    backend, thread = FakeBackend(), Thread(draft="draft")
    backend.known_models = lambda: [  # type: ignore[method-assign]
        ModelList(MODEL.provider, (Model(MODEL, modalities=("text",)),))
    ]
    session = ChatSession(thread, FakeStore(), backend, default_model=MODEL)
    with pytest.raises(UsageError, match="does not read images"):
        await session.send(Draft((IMAGE,)))
    assert (thread.messages, thread.draft, backend.requests) == ({}, "draft", [])


async def test_an_answer_that_another_program_writes_is_left_alone() -> None:
    session, backend, _ = make()
    session.thread.add(Role.USER, "q")
    answer = session.thread.add(Role.ASSISTANT, "half")
    answer.status, answer.written_elsewhere = Status.INTERRUPTED, True
    for ask in (session.continue_answer, session.regenerate):
        with pytest.raises(UsageError, match="Another program"):
            await ask()
    for deed in (session.delete, session.mark):
        with pytest.raises(UsageError, match="Another program"):
            deed(answer.id)
    assert backend.requests == []


async def test_both_halves_of_an_answer_are_paid_for() -> None:
    thread = half()
    answer = thread.branch()[-1]
    answer.usage = {"completion_tokens": 5, "cost": 0.25, "details": {"reasoning": 1}, "is_byok": False}
    after = UsageUpdate({"completion_tokens": 3, "cost": 0.5, "details": {"reasoning": 2}, "is_byok": False})
    session, *_ = make([TextDelta(" far."), Finish("stop"), after], thread=thread)
    await session.continue_answer()
    assert answer.usage == {"completion_tokens": 8, "cost": 0.75, "details": {"reasoning": 3}, "is_byok": False}
