"""Directories of their own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
