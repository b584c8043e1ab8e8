"""Summaries: what is asked for one, what is sent from then on, and that nothing changes where it fails."""

from __future__ import annotations

import asyncio

import pytest

from chat_tui.domain.conversation.chunk import Finish, TextDelta, UsageUpdate
from chat_tui.domain.conversation.message import Message, MessageError, Role, Status
from chat_tui.domain.conversation.summary import compaction
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.undo import Change
from chat_tui.domain.errors import ErrorKind, ProviderError, UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.usage.requests import requests_of
from chat_tui.session import ChatSession
from chat_tui.session.compaction import compact
from tests.fakes import FakeBackend, FakeStore, Step

MODEL, CHEAP = ModelRef("fake", "model"), ModelRef("fake", "cheap")
SUMMARY: list[Step] = [TextDelta("They count."), Finish("stop"), UsageUpdate({"prompt_tokens": 90, "total_tokens": 99})]
HELLO: list[Step] = [TextDelta("Hello"), Finish("stop")]


def conversation(*texts: str) -> Thread:
    """A thread of prompts and answers in turn."""
    thread = Thread()
    for at, text in enumerate(texts):
        message = thread.add(Role.ASSISTANT if at % 2 else Role.USER, text)
        message.status = Status.COMPLETE if at % 2 else None
    return thread


def make(thread: Thread, *scripts: list[Step]) -> tuple[ChatSession, FakeBackend, FakeStore, list[Change]]:
    backend, store, changes = FakeBackend(*scripts), FakeStore(), list[Change]()
    session = ChatSession(thread, store, backend, default_model=MODEL)
    session.on_change = changes.append
    return session, backend, store, changes


def texts(messages: object) -> list[str]:
    assert isinstance(messages, list | tuple)
    return [each.content for each in messages]


async def test_the_summary_is_sent_in_place_of_what_is_above_it_and_pins_stay() -> None:
    thread = conversation("one", "1", "two", "2")
    thread.system_prompt = "Count."
    thread.branch()[0].pinned = True
    session, backend, store, changes = make(thread, SUMMARY, HELLO)
    ended = list[Message]()
    session.on_request_end = ended.append
    summary = await compact(session, backend, CHEAP)
    assert (backend.requests[0].model, backend.requests[0].parameters) == (CHEAP, {})
    assert (
        backend.requests[0].messages[-1].content
        == "## User\n\none\n\n## Assistant\n\n1\n\n## User\n\ntwo\n\n## Assistant\n\n2"
    )
    assert (summary.content, summary.summarizes, summary.model, summary.status) == (
        *("They count.", 3, "fake/cheap"),
        Status.COMPLETE,
    )
    assert thread.branch()[-1] is summary, "the messages are still there, above it"
    assert store.saved[-1] == ["one", "1", "two", "2", "They count."]
    assert ended == [summary]
    assert len(requests_of(summary)) == 1, "it was paid for"
    await session.send("three")
    sent = backend.requests[-1].messages
    assert texts(sent) == ["Count.\n\nSummary of the conversation so far:\n\nThey count.", "one", "three"]
    assert [each.role for each in sent] == [Role.SYSTEM, Role.USER, Role.USER]
    session.undo(changes[0])
    assert texts(session.request().messages) == ["Count.", "one", "1", "two", "2"]


async def test_muting_the_summary_or_asking_for_everything_sends_the_messages_again() -> None:
    session, backend, _, _ = make(conversation("one", "1"), SUMMARY)
    summary = await compact(session, backend, MODEL)
    session.mark(summary.id, muted=True)
    assert texts(session.request().messages) == ["one", "1"]
    session.mark(summary.id, muted=False)
    assert texts(session.request().messages) == ["Summary of the conversation so far:\n\nThey count."]
    session.send_everything()
    assert texts(session.request().messages) == ["one", "1"]


async def test_a_later_summary_takes_the_place_of_the_one_before_and_trimming_keeps_it() -> None:
    thread = conversation("one", "1")
    session, backend, _, _ = make(thread, SUMMARY, HELLO, HELLO, [TextDelta("More."), Finish("stop")], HELLO, HELLO)
    await compact(session, backend, MODEL)
    await session.send("two")
    await session.send("three")
    session.shorten()
    assert texts(session.request().messages)[0].endswith("They count.")
    assert texts(session.request().messages)[1:] == ["three", "Hello"]
    session.thread.send_from = None
    later = await compact(session, backend, MODEL)
    assert backend.requests[3].messages[-1].content.startswith("## Earlier summary\n\nThey count.\n\n## User\n\ntwo")
    assert later.summarizes == 6
    await session.send("four")
    assert texts(backend.requests[-1].messages) == ["Summary of the conversation so far:\n\nMore.", "four"]


async def test_an_edited_summary_is_sent_and_stands_for_as_much() -> None:
    session, backend, _, _ = make(conversation("one", "1"), SUMMARY)
    summary = await compact(session, backend, MODEL)
    session.edit_answer(summary.id, "They count to one.")
    assert texts(session.request().messages) == ["Summary of the conversation so far:\n\nThey count to one."]
    assert session.thread.branch()[-1].summarizes == 2
    assert session.show_sibling(-1, session.thread.branch()[-1].id)
    assert texts(session.request().messages) == ["Summary of the conversation so far:\n\nThey count."]


async def test_a_prompt_that_was_too_long_follows_the_summary() -> None:
    thread = conversation("one", "1", "two", "")
    failed = thread.branch()[-1]
    failed.status, failed.error = Status.FAILED, MessageError(str(ErrorKind.CONTEXT_LENGTH), "Too long.")
    thread.branch()[2].parts = [{"type": "text", "text": "two"}]
    session, backend, _, changes = make(thread, SUMMARY, HELLO)
    await compact(session, backend, MODEL)
    assert "two" not in backend.requests[0].messages[-1].content
    assert texts(thread.branch()) == ["one", "1", "They count.", "two"]
    assert thread.branch()[-1].parts == [{"type": "text", "text": "two"}]
    await session.regenerate()
    assert texts(backend.requests[-1].messages)[1:] == ["two"]
    session.undo(changes[0])
    assert thread.branch()[-1] is failed


FAILURES: dict[str, list[Step]] = {
    "refused": [ProviderError(ErrorKind.CONTEXT_LENGTH, "Too long.")],
    "broken off": [TextDelta("They"), ProviderError(ErrorKind.INTERRUPTED, "Lost.")],
    "empty": [Finish("stop")],
    "cut at the token limit": [TextDelta("They"), Finish("length")],
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_where_the_summary_fails_nothing_changes(failure: str) -> None:
    thread = conversation("one", "1")
    session, backend, store, changes = make(thread, FAILURES[failure])
    with pytest.raises(ProviderError):
        await compact(session, backend, MODEL)
    assert (texts(thread.branch()), len(thread.messages), store.saved, changes) == (["one", "1"], 2, [], [])


async def test_a_stopped_summary_changes_nothing_and_closes_its_request() -> None:
    thread = conversation("one", "1")
    session, backend, store, _ = make(thread, [TextDelta("They"), asyncio.Event()])
    task = asyncio.create_task(compact(session, backend, MODEL))
    await backend.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (len(thread.messages), store.saved, backend.closed) == (2, [], 1)


async def test_a_summary_of_what_has_changed_meanwhile_is_dropped() -> None:
    thread, held = conversation("one", "1"), asyncio.Event()
    session, backend, _, _ = make(thread, [held, *SUMMARY])
    ended = list[Message]()
    session.on_request_end = ended.append
    task = asyncio.create_task(compact(session, backend, MODEL))
    await backend.waiting.wait()
    session.delete(thread.branch()[-1].id)
    held.set()
    with pytest.raises(UsageError, match="changed meanwhile"):
        await task
    assert not any(each.summarizes for each in thread.messages.values())
    assert [len(requests_of(each)) for each in ended] == [1]


@pytest.mark.parametrize("texts", [(), ("one",), ("one", "")])
def test_without_an_answer_there_is_nothing_to_summarize(texts: tuple[str, ...]) -> None:
    assert compaction(conversation(*texts)) is None


def test_what_is_still_at_work_is_not_summarized() -> None:
    thread = conversation("one", "1")
    thread.tools = ["time"]
    thread.branch()[-1].tool_calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    assert compaction(thread) is None
    thread.branch()[-1].tool_calls = []
    assert compaction(thread) is not None
    thread.branch()[-1].written_elsewhere = True
    assert compaction(thread) is None


async def test_a_summary_is_no_prompt_to_answer_nor_summarized_again() -> None:
    session, backend, _, _ = make(conversation("one", "1"), SUMMARY)
    await compact(session, backend, MODEL)
    with pytest.raises(UsageError):
        await session.regenerate()
    with pytest.raises(UsageError):
        await session.continue_answer()
    assert compaction(session.thread) is None
    assert len(backend.requests) == 1
