"""Temporary threads: nothing of one is on disk, and none is lost without a question."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tree import fork
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.dialogs.threads.temporary import LeaveTemporary
from chat_tui.ui.services import Start
from tests.servers import Reply, ScriptedServer, delta, hello, sse
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_chat import ask, held_answer

SECRET = "xyzzy-plugh"


def written(root: Path, thread_id: str) -> list[str]:
    """The files below a folder that hold the secret, or name the thread."""
    files = [each for each in root.rglob("*") if each.is_file()]
    marks = (SECRET.encode(), thread_id.encode())
    return [each.name for each in files if any(mark in each.name.encode() + each.read_bytes() for mark in marks)]


async def test_nothing_of_a_temporary_thread_is_written(home: Home, tmp_path: Path) -> None:
    answer = Reply([sse(delta("line\n\n" * 60), delta(finish="stop"))])
    async with ScriptedServer(answer) as server:
        home.use_server(server.url)
        async with home.run(Start(temporary=True)) as (app, pilot):
            assert screen_text(app).startswith(" temporary · not saved")
            await ask(app, pilot, f"Say {SECRET}")
            thread = app.chat.conversation.thread
            await pilot.press("up", "up", "e")
            app.chat.prompt.set_text(f"Edit {SECRET}")
            await pilot.press("escape", "up", "d")
            assert len(thread.branch()) < 2
            app.chat.action_flow("undo")
            await until(pilot, lambda: len(thread.branch()) == 2)
            app.chat.prompt.set_text(f"Draft {SECRET}")
            await pilot.press("ctrl+home")
            await app.conversations.save_all()
            app._save_all_blocking()
            assert screen_text(app).startswith(f" temporary · Say {SECRET}")
    home.container.close()
    assert written(tmp_path, thread.id) == []


async def test_a_second_press_makes_the_new_thread_temporary_and_a_third_not(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        seen = []
        for keys in (["ctrl+n"], ["ctrl+n"], ["ctrl+n"], ["x", "ctrl+n"]):
            await pilot.press(*keys)
            seen.append(app.chat.conversation.thread.is_temporary)
        assert seen == [False, True, False, False]


@pytest.mark.parametrize("way", ["ctrl+n", "alt+1", "ctrl+q", "fork"])
async def test_leaving_a_temporary_thread_asks_once(home: Home, way: str) -> None:
    await FileThreadStore(home.paths).save(a_thread("question", "answer", title="Other"))
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run() as (app, pilot):
            await until(pilot, lambda: "Other" in screen_text(app))
            app.chat.action_flow("temporary_thread")
            await pilot.pause()
            temporary = app.chat.conversation
            assert temporary.thread.is_temporary
            app.chat.action_flow("new_thread")
            await pilot.pause()
            assert app.chat.conversation is not temporary, "an empty one is nothing to ask about"
            app.chat.action_flow("temporary_thread")
            await pilot.pause()
            await ask(app, pilot, "Hi")
            temporary = app.chat.conversation

            async def leave() -> None:
                if way == "fork":
                    app.chat.action_flow("fork")
                    await pilot.pause()
                else:
                    await pilot.press(way)

            await leave()
            assert isinstance(app.screen, LeaveTemporary)
            assert "2 messages would be lost" in screen_text(app)
            await pilot.press("escape")
            assert app.chat.conversation is temporary
            assert app.is_running
            await leave()
            await pilot.press("d")
            if way == "ctrl+q":
                assert app.return_code == 0
            else:
                assert app.chat.conversation is not temporary
                assert app.conversations.get(temporary.thread.id) is None
    assert not any(temporary.thread.id in each.name for each in home.paths.data.rglob("*"))


async def test_a_temporary_thread_can_be_saved_after_all_while_it_is_written(home: Home) -> None:
    held = asyncio.Event()
    async with ScriptedServer(held_answer(held, "One"), hello()) as server:
        home.use_server(server.url)
        async with home.run(Start(temporary=True)) as (app, pilot):
            app.chat.prompt.set_text("Hi")
            await pilot.press("enter")
            await until(pilot, lambda: app.chat.conversation.session.is_streaming)
            app.chat.action_flow("save_thread")
            await pilot.pause()
            held.set()
            await until(pilot, lambda: not app.chat.conversation.is_busy)
            assert "temporary" not in screen_text(app).splitlines()[0]
            thread = await FileThreadStore(home.paths).load(app.chat.conversation.thread.id)
            assert [each.content for each in thread.branch()] == ["Hi", "One"]
            await pilot.press("ctrl+n")
            assert app.chat.conversation.thread.is_empty, "nothing to ask about any more"


def test_a_fork_of_a_temporary_thread_is_temporary() -> None:
    thread = Thread(is_temporary=True)
    assert fork(thread, thread.add(Role.USER, "Hi").id, whole=True).is_temporary
