"""What a run of the program left on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Saved:
    """The threads below a home's `root`, as their files have them."""

    root: Path

    def threads(self) -> list[dict[str, Any]]:
        folder = self.root / "data" / "threads"
        return [json.loads(each.read_bytes()) for each in sorted(folder.glob("*.json"))]

    def thread(self) -> dict[str, Any]:
        (only,) = self.threads()
        return only
