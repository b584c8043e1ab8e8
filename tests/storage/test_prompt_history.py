"""The prompts that were sent last, on disk."""

from __future__ import annotations

import pytest

from chat_tui.domain.ports.stores import SentPrompt
from chat_tui.storage.paths import Paths
from chat_tui.storage.state import prompt_history
from chat_tui.storage.state.prompt_history import LONGEST, FilePromptHistory


def history(paths: Paths) -> FilePromptHistory:
    return FilePromptHistory(paths.prompts_file, paths.lock_file)


async def test_the_last_come_first_each_once_and_only_so_many(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_history, "LIMIT", 3)
    for text in ("one", "two", "two\nlines\u2028", "one", "three"):
        await history(paths).add(SentPrompt("t", text))
    await history(paths).add(SentPrompt("t", "x" * (LONGEST + 1)))
    assert [each.text for each in await history(paths).recent()] == ["three", "one", "two\nlines\u2028"]
    assert paths.prompts_file.stat().st_mode & 0o777 == 0o600
    await history(paths).remove("one")
    assert [each.text for each in await history(paths).recent()] == ["three", "two\nlines\u2028"]


async def test_lines_that_are_none_and_characters_that_act_are_left_out(paths: Paths) -> None:
    paths.cache.mkdir(parents=True, exist_ok=True)
    paths.prompts_file.write_bytes(b'not json\n{"thread": 1}\n{"thread": "t", "text": "a\\u001b[31m"}\n\xff\n')
    assert await history(paths).recent() == [SentPrompt("t", "a\u241b[31m")]
    paths.prompts_file.unlink()
    assert await history(paths).recent() == []
