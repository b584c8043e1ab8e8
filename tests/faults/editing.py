"""Processes that edit one thread at the same time, each in its own way."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import nullcontext
from multiprocessing.connection import Connection
from pathlib import Path

from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.errors import StorageError
from chat_tui.storage.files import atomic
from chat_tui.storage.files.lock import locked
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.storage.threads import sync, thread_file
from chat_tui.storage.threads.merge import Base, Snapshot, merge
from tests.faults.children import paths_in

ID = "the-thread"


def break_turns(pipe: Connection, rule: str) -> None:
    """Takes away what keeps two programs from writing over each other, in this process.

    Without a lock, and without a last look before the replacing, each save is held between its reading and its writing
    until it is told to go on: it is up to the scheduler otherwise whether two of them ever meet there.
    """
    if rule == "no merge":

        def alone(ours: Snapshot, base: Base, disk: Snapshot | None) -> tuple[Snapshot, Base]:
            return ours, Base(None, ours.hashes(), ours.hashes(), header=ours.header)

        vars(thread_file)["merge"] = vars(sync)["merge"] = alone
    elif rule == "no lock":

        def held(ours: Snapshot, base: Base, disk: Snapshot | None) -> tuple[Snapshot, Base]:
            pipe.send("read")
            pipe.recv()
            return merge(ours, base, disk)

        def over_anything(path: Path, data: bytes, *, over: object) -> os.stat_result:
            return write_atomic(path, data)

        write_atomic = atomic.write_atomic
        vars(thread_file)["locked"] = lambda *_: nullcontext(enter_result=True)
        vars(thread_file)["merge"] = held
        vars(atomic)["write_atomic"] = over_anything
    else:
        assert not rule, rule


def edit(pipe: Connection, root: Path, name: str, count: int, rule: str = "") -> None:
    """Edits the thread `count` times as an open app does: a message each time, its title, draft or a deletion."""
    break_turns(pipe, rule)
    asyncio.run(_edit(pipe, FileThreadStore(paths_in(root)), name, count))


async def _edit(pipe: Connection, store: FileThreadStore, name: str, count: int) -> None:
    thread = await store.load(ID)
    pipe.send("ready")
    pipe.recv()
    for number in range(count):
        added = thread.add(Role.USER, f"{name} {number}")
        if number % 4 == 1:
            thread.title = f"title of {name}"
        elif number % 4 == 2:
            thread.draft = f"draft of {name} {number}"
        elif number % 4 == 3:
            head = thread.head
            thread.delete(added.id)
            thread.head = head if head != added.id else thread.head
        await store.save(thread)
        if number % 8 == 0:
            await store.sync_from_disk(thread)


def rewrite(pipe: Connection, root: Path, name: str, count: int) -> None:
    """Adds messages as an editor does that knows nothing of locks: reads, changes, lays out anew, replaces.

    What was written between its reading and its replacing is lost through it, as with any editor; so it takes the
    file's place only where nothing was.
    """
    path = paths_in(root).threads / f"{ID}.json"
    pipe.send("ready")
    pipe.recv()
    for number in range(count):
        while True:
            before = path.stat()
            thread = json.loads(path.read_bytes())
            thread["messages"].append(
                {"id": f"{name}{number}", "parent": None, "role": "user", "content": f"{name} {number}"}
            )
            temporary = path.with_suffix(f".{name}")
            temporary.write_text(json.dumps(thread, indent=2), "utf-8")
            with locked(paths_in(root).lock_file):
                if path.stat().st_ino == before.st_ino and path.stat().st_mtime_ns == before.st_mtime_ns:
                    temporary.replace(path)
                    break


def read_on(pipe: Connection, root: Path) -> None:
    """Reads and lists the thread until it is told to stop; says what it could not read."""
    store = FileThreadStore(paths_in(root))
    wrong: list[str] = []
    while not pipe.poll(0.05):
        try:
            asyncio.run(store.load(ID))
        except StorageError as error:
            wrong.append(str(error))
    store.close()
    pipe.send([*wrong, *store.broken()])


def write_until_killed(pipe: Connection, root: Path, thread_id: str) -> None:
    """Begins an answer, says how far it has come, and writes no more."""
    store = FileThreadStore(paths_in(root))
    asyncio.run(_begin_answer(store, thread_id))
    pipe.send("One")
    pipe.recv()


async def _begin_answer(store: FileThreadStore, thread_id: str) -> None:
    thread = await store.load(thread_id)
    answer = thread.add(Role.ASSISTANT, "One")
    answer.status = Status.INTERRUPTED
    await store.note(thread, [answer])
