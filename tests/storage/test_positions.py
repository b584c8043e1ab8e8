"""Where threads were read last: kept across programs, bounded, and never a reason to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.storage.state.positions import LIMIT, FilePositions


async def test_a_place_is_there_for_the_next_program(tmp_path: Path) -> None:
    await FilePositions(tmp_path / "positions.json").set("a", ("m1", 7))
    positions = FilePositions(tmp_path / "positions.json")
    assert await positions.get("a") == ("m1", 7)
    assert await positions.get("b") is None
    await positions.set("a", None)
    assert await FilePositions(tmp_path / "positions.json").get("a") is None


async def test_only_the_last_noted_are_kept(tmp_path: Path) -> None:
    positions = FilePositions(tmp_path / "positions.json")
    for number in range(LIMIT):
        await positions.set(str(number), ("m", number))
    await positions.set("0", ("m", 0))
    await positions.set("new", ("m", 1))
    assert await positions.get("0") == ("m", 0)
    assert await positions.get("1") is None
    assert await positions.get("new") == ("m", 1)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": ["m", -1]}', '{"a": ["m", "1"]}', '{"a": [1, 1]}'])
async def test_a_file_that_is_none_knows_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "positions.json").write_text(text)
    assert await FilePositions(tmp_path / "positions.json").get("a") is None


async def test_a_place_that_cannot_be_noted_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    positions = FilePositions(tmp_path / "file" / "positions.json")
    await positions.set("a", ("m", 1))
    assert await positions.get("a") is None
