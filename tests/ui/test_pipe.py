"""Pipes excerpts of messages through shell commands, and compares them with files."""

from __future__ import annotations

import asyncio
import os
import select
from contextlib import suppress
from pathlib import Path

import pytest

from chat_tui.ui.chat.actions.excerpts.verbs import MOST_LINES, unified_diff
from chat_tui.ui.terminal.pipe import MOST_OUTPUT, pipe
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_jump import name, shown

PATH = {"PATH": os.environ["PATH"]}
EVIL = "printf 'a\\033]0;PWNED\\007b\\033[2J\\n[@click=app.quit]x[/]'"


async def test_output_is_cleaned_and_the_ending_is_named() -> None:
    result = await pipe(f"cat; {EVIL}; echo no >&2; exit 3", "雪\n", PATH)
    assert result.output.startswith("雪\na")
    assert "\x1b" not in result.output
    assert result.output.endswith("no\n")
    assert result.ending == "exit code 3"


async def test_what_never_ends_is_stopped_with_all_it_has_started() -> None:
    result = await pipe("sleep 1000 & echo $!; sleep 1000", "x" * 1_000_000, PATH, seconds=0.2)
    assert result.ending == "stopped after 0.2 s"
    await asyncio.to_thread(wait_for_end, int(result.output))


async def test_what_prints_without_end_is_stopped() -> None:
    result = await pipe("yes", "", PATH, seconds=10)
    assert result.ending.startswith("stopped after 200 kB")
    assert len(result.output) == MOST_OUTPUT


def wait_for_end(process: int) -> None:
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(process)
        try:
            assert select.select([handle], [], [], 5)[0], "it still runs"
        finally:
            os.close(handle)


async def test_a_block_is_piped_without_keys_and_the_output_copied(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    async with shown(home, "```\nb\na\n```") as (app, pilot):
        await pilot.press("alt+j", "a", "|")
        await pilot.press(*"sort; echo [$OPENAI_API_KEY]", "enter")
        await until(pilot, lambda: "[]" in screen_text(app))
        assert name(app) == "CommandOutput"
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "a\nb\n[]")


async def test_escape_stops_a_command(home: Home, tmp_path: Path) -> None:
    async with shown(home, "```\nb\n```") as (app, pilot):
        await pilot.press("alt+j", "a", "|", *f"echo $$ > {tmp_path}/pid; exec sleep 1000", "enter")
        await until(pilot, lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
        await pilot.press("down", "y", "escape")
        assert name(app) == "ChatScreen"
        await asyncio.to_thread(wait_for_end, int((tmp_path / "pid").read_text()))


async def test_a_block_is_compared_with_the_file_it_names(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text("one\ntwo\n")
    async with shown(home, "Change `app.py`:\n\n```python\none\n2\x1b[31m\n```\n\n```\nx\n```") as (app, pilot):
        await pilot.press("alt+j", "s", "d")
        await until(pilot, lambda: name(app) == "FileDiff" and "-two" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: "-two\n+2" in app.clipboard)
        await pilot.press("alt+j", "a", "d", *"none.py", "enter")
        await until(pilot, lambda: "No such file" in screen_text(app))
        await pilot.press("escape")
        assert name(app) == "ChatScreen"


def test_too_many_lines_are_not_compared() -> None:
    assert unified_diff("a\n", "a\n", "x") == ""
    assert unified_diff("a\n" * MOST_LINES, "a\n", "x") is None
