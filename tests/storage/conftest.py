"""Directories of their own for every test."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config", tmp_path / "data", tmp_path / "cache")


@pytest.fixture
def store(paths: Paths) -> Iterator[FileThreadStore]:
    store = FileThreadStore(paths)
    yield store
    store.close()


def a_thread(*texts: str, **fields: Any) -> Thread:
    thread = Thread(**fields)
    for number, text in enumerate(texts):
        thread.add(Role.ASSISTANT if number % 2 else Role.USER, text)
    return thread


def on_disk(paths: Paths, thread: Thread) -> Any:
    return json.loads((paths.threads / f"{thread.id}.json").read_bytes())


def put_old(path: Path, data: bytes) -> None:
    """Writes a file that nobody has touched for a while: a broken one is not being written any more."""
    path.write_bytes(data)
    os.utime(path, ns=(0, 10**18))


class Writer:
    """Another program: it writes an answer below the thread's last message, piece by piece."""

    def __init__(self, paths: Paths, thread: Thread) -> None:
        self.store, self.thread = FileThreadStore(paths), thread
        self.answer: Message

    async def begins(self, text: str) -> None:
        self.answer = self.thread.add(Role.ASSISTANT, text)
        self.answer.status = Status.INTERRUPTED
        await self.notes()

    async def goes_on(self, text: str) -> None:
        self.answer.content += text
        await self.notes()

    async def notes(self) -> None:
        await self.store.note(self.thread, [self.answer])

    async def ends(self, text: str = "") -> None:
        self.answer.content += text
        self.answer.status, self.answer.finish_reason = Status.COMPLETE, "stop"
        await self.store.save(self.thread)

    def dies(self) -> None:
        """What the end of a process does: its lock goes, its files stay."""
        lock = self.store._files.journal._lock
        assert lock is not None
        lock()
