"""What a run of the program left on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chat_tui.storage.paths import Paths
from chat_tui.storage.threads.damage import Damage
from chat_tui.storage.threads.thread_file import ThreadFiles


class Saved:
    """The threads below a home's `root`, as their files have them."""

    root: Path

    def threads(self) -> list[dict[str, Any]]:
        """The files, after what dead programs left in the journal has gone into them, as the next start does it."""
        paths = Paths(self.root / "config", self.root / "data", self.root / "cache")
        ThreadFiles(paths, Damage(paths)).fold()
        return [json.loads(each.read_bytes()) for each in sorted(paths.threads.glob("*.json"))]

    def is_on_disk(self, text: str) -> bool:
        """Whether a text is in a thread's file or in the journal."""
        data = self.root / "data"
        files = [*data.glob("threads/*.json"), *data.glob("journal/*.json")]
        return any(text in json.dumps(json.loads(each.read_bytes()), ensure_ascii=False) for each in files)

    def thread(self) -> dict[str, Any]:
        (only,) = self.threads()
        return only
