"""The program's version, the package's and the changelog's are one."""

from __future__ import annotations

import re
from pathlib import Path

from chat_tui import __version__

ROOT = Path(__file__).parent.parent.parent


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## (.+)$", (ROOT / "chat_tui" / "docs" / "changelog.md").read_text("utf-8"), re.MULTILINE)
    assert versions[versions[0] == "Unreleased"] == __version__
