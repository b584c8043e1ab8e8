"""Nothing is lost in the app: other programs on the same thread, the trash, damaged files, a disk that refuses."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.unfinished import unfinished
from chat_tui.domain.errors import StorageError
from chat_tui.session import autosave
from chat_tui.storage.files import atomic
from chat_tui.storage.files.lock import is_free
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat import storage_watcher
from chat_tui.ui.chat.sidebar.thread_list import ThreadList
from chat_tui.ui.dialogs.threads.finder import ThreadPicker
from chat_tui.ui.dialogs.threads.trash import DamagedPicker, TrashPicker
from chat_tui.ui.services import Start
from chat_tui.ui.widgets.fields import TextField
from tests.servers import ScriptedServer, hello
from tests.storage.conftest import a_thread
from tests.ui.conftest import Home, screen_text, until, until_watching


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(hello()) as server:
        yield server


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_watcher, "LOOK", 0.02)
    monkeypatch.setattr(autosave, "DELAY", 0.01)


def shown(app: ChatApp) -> list[str]:
    return [each.content for each in app.chat.view.messages]


def read(app: ChatApp) -> list[str]:
    """The rows of the conversation, without the scrollbar."""
    return [line[30:-2] for line in screen_text(app).splitlines()[1:20]]


async def opened(app: ChatApp, pilot: Pilot[None], *texts: str) -> None:
    await until(pilot, lambda: shown(app) == list(texts))


async def test_what_another_program_writes_appears_in_the_open_thread(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    thread = a_thread("q", "a")
    other = FileThreadStore(home.paths)
    await other.save(thread)
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await opened(app, pilot, "q", "a")
        app.chat.prompt.set_text("half a thought")
        thread.add(Role.USER, "asked elsewhere")
        thread.add(Role.ASSISTANT, "answered elsewhere")
        thread.title = "Renamed elsewhere"
        await other.save(thread)
        await opened(app, pilot, "q", "a", "asked elsewhere", "answered elsewhere")
        assert app.chat.prompt.text == "half a thought"
        await until(pilot, lambda: screen_text(app).count("Renamed elsewhere") == 2)
    kept = await FileThreadStore(home.paths).load(thread.id)
    assert len(kept.messages) == 4
    assert kept.draft == "half a thought"


async def test_a_data_directory_that_is_taken_away_is_made_again(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    thread = a_thread("q", "a")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id), notices=True) as (app, pilot):
        await opened(app, pilot, "q", "a")
        await until_watching(pilot)
        app.chat.prompt.set_text("half a thought")
        await until(pilot, lambda: any(home.paths.journal.glob("*.json")))
        home.paths.threads.parent.rename(home.paths.threads.parent.with_name("moved"))
        await until(pilot, lambda: "The data directory was removed" in screen_text(app))
        kept = await FileThreadStore(home.paths).load(thread.id)
        assert ([each.content for each in kept.branch()], kept.draft) == (["q", "a"], "half a thought")
        app.chat.prompt.set_text("half a thought, and more")
        await until(pilot, lambda: any("and more" in each.read_text() for each in home.paths.journal.glob("*.json")))
        (page,) = home.paths.journal.glob("*.json")
        assert not is_free(page.with_name(page.stem.partition("~")[2] + ".lock"))


async def test_a_data_directory_that_may_not_be_read_is_told_and_waited_for(
    home: Home, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.use_server(server.url)
    thread = a_thread("q", "a")
    await FileThreadStore(home.paths).save(thread)

    def forbidden_now(*_: object) -> None:
        raise StorageError("There is no permission.")

    async def forbidden(*_: object, **__: object) -> None:
        forbidden_now()

    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await opened(app, pilot, "q", "a")
        with monkeypatch.context() as patch:
            for name in ("recent", "note", "save"):
                patch.setattr(app.services.store, name, forbidden)
            patch.setattr(app.services.store, "save_blocking", forbidden_now)
            app.chat.prompt.set_text("half a thought")
            app.chat.threads.refresh_threads()
            await until(pilot, lambda: "There is no permission." in screen_text(app))
            await pilot.press("ctrl+n")
            await until(pilot, lambda: app.chat.conversation.thread.id != thread.id)
            assert app.conversations.get(thread.id) is not None, "it would not be saved on leaving"
        app.chat.threads.refresh_threads()
        await until(pilot, lambda: "There is no permission." not in screen_text(app))
        await app.conversations.save_all()
        assert (await FileThreadStore(home.paths).load(thread.id)).draft == "half a thought"


@pytest.mark.parametrize("keys", [("up", "e"), ("ctrl+s",)])
async def test_what_is_written_in_a_dialog_outlives_the_program(
    home: Home, server: ScriptedServer, keys: tuple[str, ...]
) -> None:
    home.use_server(server.url)
    thread = a_thread("q", "a")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await opened(app, pilot, "q", "a")
        await pilot.press(*keys)
        await until(pilot, lambda: bool(app.screen.query(TextField)) and app.screen is not app.chat)
        await pilot.press(*"begun")
        await until(pilot, lambda: any("begun" in each.read_text() for each in home.paths.journal.glob("*.json")))
    async with home.run(Start(resume=thread.id), notices=True) as (app, pilot):
        await opened(app, pilot, "q", "a")
        assert "Unfinished edit" in screen_text(app)
        await pilot.press(*keys)
        await until(pilot, lambda: app.screen is not app.chat)
        assert "begun" in app.screen.query_one(TextField).text
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.chat)
        assert unfinished(app.chat.conversation.thread) == {}
        assert app.chat.conversation.thread.system_prompt == ("begun" if keys == ("ctrl+s",) else "")


async def test_two_apps_on_one_thread_lose_neithers_messages(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    thread = a_thread("q", "a")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(Start(resume=thread.id)) as (one, pilot):
        await opened(one, pilot, "q", "a")
        async with home.run(Start(resume=thread.id)) as (two, other):
            await opened(two, other, "q", "a")
            for app, keys, text in ((one, pilot, "from one"), (two, other, "from two")):
                app.chat.prompt.set_text(text)
                await keys.press("enter")
            await until(
                pilot, lambda: len(one.chat.conversation.thread.messages) == 6 and not one.chat.conversation.is_busy
            )
            await until(
                other, lambda: len(two.chat.conversation.thread.messages) == 6 and not two.chat.conversation.is_busy
            )
            assert "from one" in shown(one)
            assert "from two" in shown(two)
    assert len((await FileThreadStore(home.paths).load(thread.id)).messages) == 6


async def test_a_reader_stays_where_they_are_when_another_program_writes(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    thread = a_thread(*[f"message {number}\n" * 10 for number in range(20)])
    other = FileThreadStore(home.paths)
    await other.save(thread)
    async with home.run(Start(resume=thread.id), size=(100, 30)) as (app, pilot):
        await until(pilot, lambda: len(shown(app)) == 20)
        app.chat.view.go_to_start()
        await pilot.press("pagedown")
        before = read(app)
        thread.add(Role.USER, "new at the end")
        await other.save(thread)
        await until(pilot, lambda: len(shown(app)) == 21)
        await pilot.pause()
        assert read(app) == before


async def test_the_trash_gives_back_what_it_holds_and_is_emptied_by_two_presses(
    home: Home, server: ScriptedServer
) -> None:
    home.use_server(server.url)
    store = FileThreadStore(home.paths)
    for title in ("Keep", "Drop"):
        thread = a_thread("q", title=title)
        await store.save(thread)
        await store.delete(thread.id)
    async with home.run() as (app, pilot):
        app.chat.action_flow("trash")
        await until(pilot, lambda: isinstance(app.screen, TrashPicker) and "Drop" in screen_text(app))
        app.screen.query_one(Input).value = "keep"
        await until(pilot, lambda: "Drop" not in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Keep" in screen_text(app) and shown(app) == ["q"])
        app.chat.action_flow("trash")
        await until(pilot, lambda: isinstance(app.screen, TrashPicker) and "Drop" in screen_text(app))
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "again" in screen_text(app))
        assert list(home.paths.trash.iterdir())
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "The trash is empty" in screen_text(app))
    assert list(home.paths.trash.iterdir()) == []


async def test_a_damaged_thread_is_named_and_what_can_be_had_of_it_is_opened(
    home: Home, server: ScriptedServer
) -> None:
    home.use_server(server.url)
    thread = a_thread("Precious question", "Precious answer")
    await FileThreadStore(home.paths).save(thread)
    file = home.paths.threads / f"{thread.id}.json"
    file.write_bytes(file.read_bytes()[:-30])
    async with home.run(Start(resume=thread.id)) as (app, pilot):
        await until(pilot, lambda: any("Recover threads" in each.message for each in app._notifications))
        app.chat.action_flow("damaged")
        await until(pilot, lambda: isinstance(app.screen, DamagedPicker) and "2 messages" in screen_text(app))
        assert app.screen.query_one(OptionList).highlighted == 0
        await pilot.press("enter")
        await until(pilot, lambda: shown(app)[:1] == ["Precious question"])
        assert "(salvaged)" in screen_text(app)


async def test_a_disk_that_refuses_is_told_nothing_is_lost_and_another_place_takes_it(
    home: Home, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home.use_server(server.url)
    real, refuge = atomic.write_atomic, tmp_path / "elsewhere"

    def full(path: Path, data: bytes, **how: Any) -> os.stat_result:
        if home.paths.data in path.parents:
            raise StorageError("Could not write: the disk is full. Free some space and try again.")
        return real(path, data, **how)

    async with home.run() as (app, pilot):
        with monkeypatch.context() as patch:
            patch.setattr(atomic, "write_atomic", full)
            await pilot.press(*"draft")
            await until(pilot, lambda: "the disk is full" in screen_text(app))
            assert "Save elsewhere" in screen_text(app)
            await pilot.press("enter")
            await until(pilot, lambda: app.chat.prompt.text == "draft")
            assert server.requests == []
            app.chat.action_flow("save_elsewhere")
            await until(pilot, lambda: bool(app.screen.query(Input)))
            app.screen.query_one(Input).value = str(refuge)
            await pilot.press("enter")
            await until(pilot, lambda: "the disk is full" not in screen_text(app))
            assert "draft" in next(refuge.glob("*.json")).read_text()
            await pilot.press("enter")
            await until(pilot, lambda: len(server.requests) == 1 and not app.chat.conversation.is_busy)
        app.chat.prompt.set_text("more")
        await pilot.press("enter")
        await until(pilot, lambda: len(server.requests) == 2 and not app.chat.conversation.is_busy)
        thread_id = app.chat.conversation.thread.id
    assert len((await FileThreadStore(home.paths).load(thread_id)).messages) == 4


async def test_a_deletion_in_the_finder_is_undone_in_the_list_after_a_restart(
    home: Home, server: ScriptedServer
) -> None:
    home.use_server(server.url)
    thread = a_thread("q", title="Precious")
    await FileThreadStore(home.paths).save(thread)
    async with home.run() as (app, pilot):
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, ThreadPicker) and app.screen.chosen() == thread.id)
        await pilot.press("ctrl+d", "ctrl+d")
        await until(pilot, lambda: not list(home.paths.threads.glob("*.json")))
    async with home.run() as (app, pilot):
        await until(pilot, lambda: bool(app.chat.query(ThreadList)))
        app.chat.query_one(ThreadList).focus()
        await pilot.press("u")
        await until(pilot, lambda: "Precious" in screen_text(app))
    assert [each.stem for each in home.paths.threads.glob("*.json")] == [thread.id]


async def test_the_thread_list_deletes_at_the_second_press_and_marks_the_row(
    home: Home, server: ScriptedServer
) -> None:
    home.use_server(server.url)
    thread = a_thread("q", title="Precious")
    await FileThreadStore(home.paths).save(thread)
    async with home.run(notices=True) as (app, pilot):
        await until(pilot, lambda: bool(app.chat.query(ThreadList)))
        rows = app.chat.query_one(ThreadList)
        rows.focus()
        rows.highlighted = rows.get_option_index(thread.id)

        def is_red() -> bool:
            return "$error" in str(getattr(rows.get_option(thread.id).prompt, "spans", ""))

        await pilot.press("ctrl+d")
        assert is_red()
        app.chat.repaint()
        await until(pilot, is_red)
        await pilot.press("x")
        assert not is_red()
        await pilot.press("ctrl+d")
        assert list(home.paths.threads.glob("*.json"))
        await pilot.press("ctrl+d")
        await until(pilot, lambda: "moved to the trash" in screen_text(app))
        assert not list(home.paths.threads.glob("*.json"))


async def test_the_trash_deletes_one_thread_at_the_second_press(home: Home, server: ScriptedServer) -> None:
    home.use_server(server.url)
    store = FileThreadStore(home.paths)
    for title in ("One", "Two"):
        thread = a_thread("q", title=title)
        await store.save(thread)
        await store.delete(thread.id)
    async with home.run() as (app, pilot):
        app.chat.action_flow("trash")
        await until(pilot, lambda: isinstance(app.screen, TrashPicker) and "Two" in screen_text(app))
        await pilot.press("ctrl+d", "down", "ctrl+d")
        assert len(await store.trashed()) == 2
        await pilot.press("ctrl+d")
        await until(pilot, lambda: "Thread deleted permanently" in screen_text(app))
        assert [each.summary.title for each in await store.trashed()] == ["Two"]
