"""Disks that are full or read-only, and things in the way: it is said, nothing is lost, all comes back."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from chat_tui.domain.conversation.chunk import TextDelta
from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.undo import Change
from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.session import ChatSession, autosave
from chat_tui.storage.state.undo_log import FileUndoLog
from chat_tui.storage.thread_store import FileThreadStore
from tests.fakes import FakeBackend
from tests.faults.children import Child, paths_in
from tests.faults.conftest import Home
from tests.faults.machine import fill, needs, run, small_disk
from tests.faults.terminal import ROOT, Terminal, until
from tests.servers import Reply, ScriptedServer, delta, sse

TEXT = "an answer that is longer than what is free " * 20


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """No byte is free."""
    filler = fill(disk)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def without_inodes(disk: Path) -> Iterator[None]:
    """No file can be made."""
    made = []
    with suppress(OSError):
        for number in range(10_000):
            path = disk / f"inode{number}"
            path.touch()
            made.append(path)
    try:
        yield
    finally:
        for path in made:
            path.unlink()


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Nothing can be written."""
    run("mount", "-o", "remount,ro", disk)
    try:
        yield
    finally:
        run("mount", "-o", "remount,rw", disk)


@contextmanager
def without_files(disk: Path) -> Iterator[None]:
    """No file can be opened."""
    with ExitStack() as stack:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with suppress(OSError):
            while True:
                stack.callback(os.close, os.open(disk, os.O_RDONLY))
        yield


@contextmanager
def small_files(disk: Path) -> Iterator[None]:
    """No file can be larger than a little (`ulimit -f`)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


TROUBLES = {
    full: "the disk is full",
    without_inodes: "the disk is full",
    read_only: "the disk is read-only",
    without_files: "too many files are open",
    small_files: "the file would be too large",
}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    needs("mount", "umount")
    with small_disk(tmp_path / "disk", "size=256k,nr_inodes=64") as folder:
        yield folder


def contents(thread: Thread) -> list[str]:
    return [each.content for each in thread.messages.values()]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.__name__)
async def test_an_answer_that_comes_while_nothing_can_be_written_is_saved_afterwards(
    disk: Path, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[Path], object]
) -> None:
    monkeypatch.setattr(autosave, "DELAY", 0.005)
    monkeypatch.setattr(autosave, "LONGEST_DELAY", 0.02)
    paths, told, goes_on = paths_in(disk), list[str](), asyncio.Event()
    backend = FakeBackend([TextDelta("It "), goes_on, TextDelta(TEXT)])
    store = FileThreadStore(paths)
    session = ChatSession(Thread(), store, backend, default_model=ModelRef("w", "m"), on_storage=told.append)
    turn = asyncio.create_task(session.send("q"))
    await backend.waiting.wait()
    with trouble(disk):  # type: ignore[attr-defined]  # each is a context manager
        goes_on.set()
        await turn
        session.set_draft("more")
        await until(lambda: len(told) > 2)
        assert all(TROUBLES[trouble] in each for each in told)  # type: ignore[index]
        with pytest.raises(StorageError, match=TROUBLES[trouble]):  # type: ignore[index]
            await session.send("refused")
        assert contents(session.thread) == ["q", f"It {TEXT}"]
        assert session.thread.draft == "more"
    await until(lambda: told[-1] == "")
    again = await FileThreadStore(paths).load(session.thread.id)
    assert contents(again) == contents(session.thread)
    assert again.draft == "more"
    store.close()


async def test_another_place_takes_what_the_disk_refuses(disk: Path, tmp_path: Path) -> None:
    store = FileThreadStore(paths_in(disk))
    thread = Thread()
    thread.add(Role.USER, "one")
    await store.save(thread)
    with full(disk):
        thread.add(Role.ASSISTANT, TEXT)
        with pytest.raises(StorageError):
            await store.save(thread)
        store.save_elsewhere(tmp_path / "refuge")
        await store.save(thread)
        thread.draft = "noted" * 1000
        await store.note(thread)
        (kept,) = (tmp_path / "refuge").glob("*.json")
        assert b'"draft": "notednoted' in kept.read_bytes()
    await store.save(thread)
    again = await FileThreadStore(paths_in(disk)).load(thread.id)
    assert (contents(again), again.draft) == (contents(thread), thread.draft)


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_device(path: Path) -> None:
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 7))  # /dev/full


def make_directory(path: Path) -> None:
    (path / "inside").mkdir(parents=True)


def make_link(path: Path) -> None:
    path.symlink_to("/dev/full")


THINGS = (make_fifo, make_device, make_directory, make_link)
IN_THE_WAY = ("data/threads/t.json", "data/journal", "data/.lock", "data/undo.jsonl", "cache/threads.sqlite3")


@pytest.mark.parametrize("place", IN_THE_WAY)
@pytest.mark.parametrize("thing", THINGS)
async def test_what_stands_in_a_files_way_is_told_or_done_without(
    tmp_path: Path, place: str, thing: Callable[[Path], None]
) -> None:
    if thing is make_device:
        needs()
    paths = paths_in(tmp_path)
    path = tmp_path / place
    store, log = FileThreadStore(paths), FileUndoLog(paths.undo_file, paths.lock_file)
    other = Thread(id="other", draft="x")
    await store.save(other)
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    thing(path)
    thread = Thread(id="t")
    thread.add(Role.USER, "q")
    refused: list[str] = []
    for number in range(2):
        for write in (store.save, store.note):
            thread.draft = f"draft {number} {write.__name__}"
            try:
                await write(thread)
            except StorageError as error:
                refused.append(str(error))
    await log.add(Change("rename", "t", "T", {"title": ""}))
    await log.last()
    assert "other" in {each.id for each in await store.recent()}
    assert all(str(path) in each for each in refused)
    assert bool(refused) == (
        place == "data/threads/t.json" or (place == "data/journal" and thing is not make_directory)
    )
    if refused:
        path.unlink() if thing is not make_directory else path.rename(tmp_path / "away")
        await store.save(thread)
    again = await FileThreadStore(paths).load("t")
    assert (contents(again), again.draft) == (["q"], "draft 1 note")
    store.close()


@pytest.mark.parametrize("which", ["data", "data/threads", "data/journal"])
async def test_a_directory_may_be_a_link_to_another_disk(tmp_path: Path, which: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / which
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    store, thread = FileThreadStore(paths_in(tmp_path)), Thread(id="t", draft="x")
    await store.save(thread)
    thread.draft = "y"
    await store.note(thread)
    assert link.is_symlink()
    assert list(elsewhere.rglob("*.json"))
    assert (await FileThreadStore(paths_in(tmp_path)).load("t")).draft == "y"


@pytest.mark.parametrize("which", ["data", "data/threads", "data/journal"])
async def test_a_directory_that_goes_meanwhile_is_made_again(tmp_path: Path, which: str) -> None:
    store, thread = FileThreadStore(paths_in(tmp_path)), Thread(id="t", draft="x")
    thread.add(Role.USER, "q")
    await store.save(thread)
    thread.draft = "y"
    await store.note(thread)
    (tmp_path / which).rename(tmp_path / "gone")
    thread.draft = "z"
    await store.note(thread)
    await store.save(thread)
    again = await FileThreadStore(paths_in(tmp_path)).load("t")
    assert (contents(again), again.draft) == (["q"], "z")


def as_nobody(pipe: Connection, root: Path) -> None:
    """Reads and writes as a user who may not; says what came of it."""
    import concurrent.futures.thread  # noqa: F401
    import sqlite3  # noqa: F401 - nobody may not be able to read this Python

    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    store, thread = FileThreadStore(paths_in(root)), Thread(id="t", draft="x")
    for attempt in (store.save(thread), store.note(thread), store.load("t"), store.recent(), store.delete("t")):
        try:
            asyncio.run(attempt)
        except StorageError as error:
            pipe.send(str(error))
        else:
            pipe.send("")


@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_a_home_that_is_not_ones_own_is_told_in_words(tmp_path: Path, mode: int) -> None:
    for each in (tmp_path, *tmp_path.parents[:3]):
        each.chmod(each.stat().st_mode | 0o111)
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(mode)
    with Child(as_nobody, home) as child:
        said = [child.hear() for _ in range(5)]
        assert child.ends() == 0
    home.chmod(0o700)
    assert all("permission denied" in each for each in said[:2]), said
    assert said[2] != ""
    assert list(home.iterdir()) == []


async def test_the_app_says_that_the_disk_is_full_and_saves_once_it_is_not(home: Home) -> None:
    needs("mount", "umount")
    answer = Reply([sse(delta("It is far"), delta(finish="stop"))])
    with small_disk(home.root / "data", "size=256k") as disk:
        async with ScriptedServer(answer) as server:
            home.use_server(server.url)
            async with home.terminal() as terminal:
                await _fill_under_the_app(home, disk, terminal)
        assert home.thread()["messages"][1]["content"] == "It is far"


async def _fill_under_the_app(home: Home, disk: Path, terminal: Terminal) -> None:
    (await terminal.ready()).send("How far\r")
    await home.has_saved("It is far")
    await until(lambda: not list(disk.glob("journal/*.json")))  # the turn's end is saved: nothing will be freed
    with full(disk):
        terminal.send("half a thought")
        await terminal.shows("is full")
        terminal.send(" and more")
        await terminal.shows("half a thought and more")
        terminal.send("\r")
        await terminal.shows("half a thought and more")
    await home.has_saved("half a thought and more")
    await terminal.hides("is full")
    terminal.send("\x11")
    assert await terminal.exits() == 0


@pytest.mark.parametrize("where", ["data", "cache", "config"])
def test_the_command_line_has_no_traceback_for_a_file_where_a_directory_should_be(home: Home, where: str) -> None:
    home.write(where, "")
    command = [sys.executable, "-m", "chat_tui", "threads", "list"]
    done = subprocess.run(command, env=home.environ, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)
