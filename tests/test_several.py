"""Several models asked at once: what each answer becomes, what is on disk when, and what is asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from chat_tui.domain.conversation.chunk import Finish, TextDelta
from chat_tui.domain.conversation.message import Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.tools import OfferedTools, Tool
from chat_tui.session import ChatSession, autosave
from chat_tui.session.several import TOOLS_OFF, SeveralAnswers
from tests.fakes import FakeBackend, FakeStore, Step

MODELS = [ModelRef("fake", each) for each in ("one", "two", "three")]


def make(*scripts: list[Step]) -> tuple[SeveralAnswers, FakeBackend, FakeStore]:
    backend, store = FakeBackend(*scripts), FakeStore()
    session = ChatSession(Thread(), store, backend, default_model=MODELS[0], default_parameters={"n": 2})
    return SeveralAnswers(session, backend, MODELS[: len(scripts)]), backend, store


def answer(text: str) -> list[Step]:
    return [TextDelta(text), Finish("stop")]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what changes has no event
            await asyncio.sleep(0)


async def test_answers_are_siblings_and_one_that_fails_is_no_other_ones_end() -> None:
    failure = ProviderError(ErrorKind.RATE_LIMIT, "Rate limited.")
    several, backend, store = make([failure], answer("Two"), answer("Three"))
    several.session.thread.tools = ["time"]
    several.session._offered = OfferedTools((Tool("time", "now"),))
    ended: list[str | None] = []
    several.session.on_request_end = lambda message: ended.append(message.model)
    await several.send("Hi")
    thread = several.session.thread
    prompt, *answers = thread.messages.values()
    assert [each.parent for each in answers] == [prompt.id] * 3
    assert [each.status for each in answers] == [Status.FAILED, Status.COMPLETE, Status.COMPLETE]
    assert [str(each.model) for each in backend.requests] == [each.model for each in answers]
    assert all("n" not in each.parameters and not each.tools for each in backend.requests)
    assert [each.content for each in backend.requests[2].messages] == ["Hi"]
    assert thread.head == answers[1].id  # the first one that is whole
    assert several.session.reply is answers[1]
    assert several.session.notices == [TOOLS_OFF]
    assert sorted(map(str, ended)) == sorted(map(str, MODELS))
    assert store.saved[-1] == ["Hi", "", "Two", "Three"]
    assert not several.is_running
    assert not several.session.is_streaming


async def test_all_growing_answers_are_on_disk_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0)
    held = asyncio.Event()
    several, _, store = make([TextDelta("half"), held, Finish("stop")], [TextDelta("a part"), held, Finish("stop")])
    task = asyncio.create_task(several.send("Hi"))
    while store.saved[-1:] != [["Hi", "half", "a part"]]:
        store.wrote.clear()
        await store.wrote.wait()
    answers = list(several.session.thread.messages.values())[1:]
    assert {each.status for each in answers} == {Status.INTERRUPTED}
    assert several.session._autosaver.growing == answers
    held.set()
    await task


async def test_one_is_stopped_or_all_are_and_the_text_is_kept() -> None:
    held = asyncio.Event()
    scripts: list[list[Step]] = [[TextDelta(text), held, Finish("stop")] for text in ("1", "2", "3")]
    several, backend, store = make(*scripts)
    task = asyncio.create_task(several.send("Hi"))
    await backend.waiting.wait()
    await until(lambda: all(each.message.content for each in several.answers))
    several.stop(several.answers[0])
    await until(lambda: not several.answers[0].is_running)
    assert [each.message.status for each in several.answers] == [Status.STOPPED] + [Status.INTERRUPTED] * 2
    assert several.is_running
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [each.message.status for each in several.answers] == [Status.STOPPED] * 3
    assert backend.closed == 3
    assert store.saved[-1] == ["Hi", "1", "2", "3"]


async def test_one_is_asked_again_while_another_is_still_answering() -> None:
    held = asyncio.Event()
    several, backend, store = make(answer("bad"), [TextDelta("slow"), held, Finish("stop")])
    backend.scripts.append(answer("better"))
    task = asyncio.create_task(several.send("Hi"))
    await backend.waiting.wait()
    await until(lambda: not several.answers[0].is_running)
    new = several.ask_again(several.answers[0])
    await until(lambda: not new.is_running)
    assert not task.done()
    held.set()
    await task
    assert [each.message.content for each in several.answers] == ["better", "slow"]
    assert several.session.thread.head == new.message.id
    assert store.saved[-1] == ["Hi", "bad", "slow", "better"]
    assert [each.content for each in backend.requests[-1].messages] == ["Hi"]


async def test_a_prompt_that_is_not_on_disk_is_asked_of_nobody() -> None:
    several, backend, store = make(answer("1"), answer("2"))
    store.failure = StorageError("the disk is full")
    with pytest.raises(StorageError):
        await several.send("Hi")
    assert (backend.requests, several.session.thread.messages, several.answers) == ([], {}, [])


async def test_the_last_prompt_is_answered_by_several_beside_its_answer() -> None:
    several, backend, _ = make(answer("1"), answer("2"))
    backend.scripts.insert(0, answer("before"))
    await several.session.send("Hi")
    await several.regenerate()
    assert [each.content for each in several.session.thread.siblings(several.answers[0].message.id)] == [
        *("before", "1", "2")
    ]
    assert [[each.content for each in request.messages] for request in backend.requests] == [["Hi"]] * 3


async def test_all_are_stopped_before_any_has_begun() -> None:
    several, backend, store = make(answer("1"), answer("2"))

    def stop() -> None:
        for each in several.answers:
            several.stop(each)

    several.session.on_start = stop
    await several.send("Hi")
    assert (backend.requests, several.is_running) == ([], False)
    assert [each.message.status for each in several.answers] == [Status.STOPPED] * 2
    assert store.saved[-1] == ["Hi", "", ""]
