"""Directories of their own for every test."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.message import Role
from chat_tui.domain.thread import Thread
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads import FileThreadStore


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
