"""What a child does once, while each of its system calls is watched: the ways of writing a thread."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from tests.faults.children import break_rule, paths_in

OLD, NEW, NEXT = "the old draft", "the new draft", "the next draft"
ID = "the-thread"


def first_save(store: FileThreadStore, thread: Thread) -> Callable[[], None]:
    """The thread has no file yet, nor is there a directory for it."""
    return lambda: store.save_blocking(thread)


def save(store: FileThreadStore, thread: Thread) -> Callable[[], None]:
    """The thread's file is replaced."""
    store.save_blocking(thread)
    return lambda: store.save_blocking(thread)


def save_after_a_note(store: FileThreadStore, thread: Thread) -> Callable[[], None]:
    """The thread's file is replaced, and its page of the journal goes."""
    store.save_blocking(thread)
    asyncio.run(store.note(thread, [thread.add(Role.ASSISTANT, "half")]))
    return lambda: store.save_blocking(thread)


def note(store: FileThreadStore, thread: Thread) -> Callable[[], None]:
    """What changed goes into the journal."""
    store.save_blocking(thread)

    def write() -> None:
        job = store._files.journal_job(thread, ())
        assert job is not None
        store._files.write_journal(job)

    return write


DEEDS = (first_save, save, save_after_a_note, note)


def do(pipe: Connection, root: Path, number: int, rule: str) -> None:
    """Writes between two calls of `getppid`, which the trace knows again; says what came of it, then writes again."""
    break_rule(rule)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(0x59616D61, -1, 0, 0, 0)  # anybody may trace it
    store, thread = FileThreadStore(paths_in(root)), Thread(id=ID, draft=OLD)
    thread.add(Role.USER, "q")
    write = DEEDS[number](store, thread)
    thread.draft = NEW
    pipe.send("ready")
    pipe.recv()
    os.getppid()
    words = _attempt(write)
    os.getppid()
    pipe.send((words, found_on_disk(paths_in(root))))
    thread.draft = NEXT
    pipe.send((_attempt(lambda: store.save_blocking(thread)), found_on_disk(paths_in(root))))


def _attempt(write: Callable[[], None]) -> str:
    try:
        write()
    except StorageError as error:
        return str(error)
    return ""


def found_on_disk(paths: Paths) -> str | None:
    """The draft in the thread's file, the journal's page over it; None where there is no file.

    Raises:
        StorageError: it is damaged.
    """
    files = FileThreadStore(paths)._files  # has no lock of its own: whose page it is does not count
    if not files.path(ID).exists():
        return None
    pages = [page for page, _, _ in files.journal.pages(ID)]
    assert None not in pages, "a damaged page"
    draft = files._read(ID, files.path(ID))[0].draft
    return NEW if any(NEW in page.lines.header.get("draft", "") for page in pages if page) else draft
