"""Long results of tools: whole in a file of their thread, in none where nothing is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.domain.tools import MOST_RESULT, Tool
from chat_tui.tools.results import Pieces, result_of


def sizes(folder: Path) -> list[int]:
    return [each.stat().st_size for each in folder.rglob("*") if each.is_file()]


@pytest.mark.parametrize("thread_id", ["20261125-210000-abcd", ""])
async def test_a_long_result_is_in_a_file_of_its_thread_or_in_none(tmp_path: Path, thread_id: str) -> None:
    pieces = Pieces()
    pieces.texts.append("x" * (MOST_RESULT + 1))
    result = await result_of(pieces, Tool("git", "log"), thread_id, tmp_path)
    assert len(result.text) <= MOST_RESULT
    assert sizes(tmp_path) == ([MOST_RESULT + 1] if thread_id else [])
    assert bool(result.file) == bool(thread_id)
