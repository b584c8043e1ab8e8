"""The program's version, the package's and the changelog's are one."""

from __future__ import annotations

import re
from pathlib import Path

from chat_tui import __version__

ROOT = Path(__file__).parent.parent.parent


def test_the_changelog_begins_with_this_version() -> None:
    changes = (ROOT / "README.md").read_text("utf-8").partition("## Changes")[2]
    first = re.search(r"\*\*(\d+\.\d+\.\d+)\*\*", changes)
    assert first is not None
    assert first[1] == __version__
