"""The event loop goes on, with keys and a stream, while another program holds the lock or the disk takes long."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from chat_tui.session import autosave
from chat_tui.storage.files.lock import take
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.actions.thread import delete_thread
from chat_tui.ui.dialogs.threads.finder import ThreadPicker
from chat_tui.ui.services import Start
from tests.faults.children import Child
from tests.servers import Reply, ScriptedServer, delta, sse
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until

pytestmark = pytest.mark.each_frame

STILL = 2.0
"""Seconds for which the loop may stand still, on a machine that does other things, too. A wait for the lock is five."""


Trouble = Callable[[Home], AbstractContextManager[AbstractContextManager[None]]]


def hold(pipe: Connection, path: Path) -> None:
    """Another program: takes the lock when it is told to, and lets go when it is told to."""
    pipe.send("ready")
    pipe.recv()
    assert take(path) is not None
    pipe.send("held")
    pipe.recv()


@contextmanager
def held_lock(home: Home) -> Iterator[AbstractContextManager[None]]:
    """Another program has the lock."""
    with Child(hold, home.paths.lock_file) as child:
        assert child.hear() == "ready"

        @contextmanager
        def held() -> Iterator[None]:
            child.tell("take it")
            assert child.hear() == "held"
            yield
            child.tell("let go")
            child.ends()

        yield held()


@contextmanager
def slow_disk(home: Home) -> Iterator[AbstractContextManager[None]]:
    """No fsync ends."""
    goes_on, fsync = threading.Event(), os.fsync

    def slow(file: int) -> None:
        goes_on.wait(5)
        fsync(file)

    @contextmanager
    def held() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", slow)
            yield
        goes_on.set()

    yield held()


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """The times between two beats of the loop."""
    beats: list[float] = []

    async def beat() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.005)
            beats.append((now := time.monotonic()) - last)
            last = now

    task = asyncio.create_task(beat())
    try:
        yield beats
    finally:
        task.cancel()


def shown(app: ChatApp) -> list[str]:
    return [each.content for each in app.chat.view.messages]


@pytest.mark.parametrize("trouble", [held_lock, slow_disk])
async def test_keys_and_a_stream_go_on(home: Home, trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0.01)
    more = asyncio.Event()
    answer = Reply([sse(delta("one "), done=False), more, sse(delta("two"))])
    thread = a_thread("q1", "a1", "q2", "a2", title="Before")
    async with ScriptedServer(answer) as server, AsyncExitStack() as stack:
        held = stack.enter_context(trouble(home))
        home.use_server(server.url)
        await FileThreadStore(home.paths).save(thread)
        async with home.run(Start(resume=thread.id)) as (app, pilot), heartbeat() as beats:
            await until(pilot, lambda: shown(app) == ["q1", "a1", "q2", "a2"])
            await pilot.press(*"q3", "enter")
            await until(pilot, lambda: shown(app)[-1:] == ["one "])
            writing = app.chat.conversation
            with held:
                begun = time.monotonic()
                await pilot.press("ctrl+n")
                await until(pilot, lambda: shown(app) == [])
                await pilot.press(*"a draft", "ctrl+b")
                assert app.chat.prompt.text == "a draft"
                more.set()
                reply = writing.session.reply
                await until(pilot, lambda: reply is not None and reply.content == "one two")
                await app.chat.threads.switch_to(thread.id)
                await until(pilot, lambda: shown(app)[-1:] == ["one two"])
                await pilot.press("ctrl+o")
                await until(pilot, lambda: isinstance(app.screen, ThreadPicker))
                await pilot.press("escape")
                await until(pilot, lambda: app.screen is app.chat)
                duration = time.monotonic() - begun
            assert max(beats) < STILL
            assert duration < 2 * STILL
        kept = await FileThreadStore(home.paths).load(thread.id)
        assert [each.content for each in kept.branch()][-2:] == ["q3", "one two"]


@pytest.mark.parametrize("trouble", [held_lock, slow_disk])
async def test_what_is_done_to_messages_and_threads_waits_for_no_disk(home: Home, trouble: Trouble) -> None:
    thread = a_thread("q1", "a1", "q2", "a2", title="Before")
    home.use_server("http://127.0.0.1:9")
    await FileThreadStore(home.paths).save(thread)
    async with AsyncExitStack() as stack:
        held = stack.enter_context(trouble(home))
        app, pilot = await stack.enter_async_context(home.run(Start(resume=thread.id)))
        beats = await stack.enter_async_context(heartbeat())
        await until(pilot, lambda: shown(app) == ["q1", "a1", "q2", "a2"])
        with held:
            begun = time.monotonic()
            await pilot.press("alt+up", "d")
            await until(pilot, lambda: shown(app) == ["q1", "a1", "q2"])
            await pilot.press("u")
            await until(pilot, lambda: shown(app) == ["q1", "a1", "q2", "a2"])
            await app.conversations.change(thread.id, title="After")
            assert app.chat.conversation.thread.title == "After"
            await delete_thread(app.chat.context)
            assert shown(app) == []
            duration = time.monotonic() - begun
        assert max(beats) < STILL
        assert duration < 2 * STILL
        await app.conversations.background.wait()
        change = await app.conversations.undo_in_list()
        assert change is not None
        assert change.trashed
    kept = await FileThreadStore(home.paths).load(thread.id)
    assert ([each.content for each in kept.branch()], kept.title) == (["q1", "a1", "q2", "a2"], "After")


async def test_a_disk_that_fails_slowly_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0.01)
    fails, fsync = threading.Event(), os.fsync

    def slow(file: int) -> None:
        fails.wait(5)
        raise OSError(errno.EIO, "input/output error")

    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot), heartbeat() as beats:
        monkeypatch.setattr(os, "fsync", slow)
        await pilot.press(*"draft")
        await pilot.press(*" and more")
        assert app.chat.prompt.text == "draft and more"
        fails.set()
        await until(pilot, lambda: "the disk reports an error" in screen_text(app))
        monkeypatch.setattr(os, "fsync", fsync)
        await until(pilot, lambda: "the disk reports an error" not in screen_text(app))
        assert max(beats) < STILL
