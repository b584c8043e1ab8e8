"""The README's picture is what the program draws."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from tests.snapshots.scene import MAIN, draw_main


def words(svg: str) -> list[str]:
    """The texts of a picture and their places, without what differs between versions of Rich."""
    return [
        f"{x} {y} {text}" for x, y, text in re.findall(r'<text[^>]* x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', svg)
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="the time zone can't be set there")
async def test_the_picture_of_the_main_screen_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert words(await draw_main(tmp_path)) == words(MAIN.read_text("utf-8")), (
        "python -m tests.snapshots, and look at it"
    )
