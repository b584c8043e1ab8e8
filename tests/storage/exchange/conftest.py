"""An exchange over a store of its own, and a way to hand it a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.ports.files import ImportReport
from chat_tui.storage.exchange import FileExchange
from chat_tui.storage.thread_store import FileThreadStore


@dataclass
class Conversations:
    """Writes a file, imports it, and says what came of it."""

    store: FileThreadStore
    folder: Path

    @property
    def exchange(self) -> FileExchange:
        return FileExchange(self.store, self.folder / "cache" / "message.html")

    def file(self, value: Any, name: str = "conversations.json") -> Path:
        path = self.folder / name
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode())
        return path

    async def take(self, value: Any) -> ImportReport:
        """Imports a file, or one with this JSON."""
        return await self.exchange.import_file(str(value if isinstance(value, Path) else self.file(value)))

    async def one(self, value: Any) -> Thread:
        """Imports what holds one thread, and loads that."""
        report = await self.take(value)
        (kept,) = report.imported
        return await self.store.load(kept.id)


@pytest.fixture
def desk(store: FileThreadStore, tmp_path: Path) -> Conversations:
    return Conversations(store, tmp_path)


def texts(thread: Thread) -> list[tuple[str, str]]:
    """The shown branch: roles and contents."""
    return [(str(each.role), each.content) for each in thread.branch()]
