"""The environment of the processes that the local model starts."""

from __future__ import annotations

import os
from pathlib import Path

import chat_tui


def child_environment() -> dict[str, str]:
    """The environment for a child, without the keys in it, able to import this package."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith(("_KEY", "_TOKEN", "_SECRET", "_PASSWORD"))
    }
    package = str(Path(chat_tui.__file__).parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (package, environment.get("PYTHONPATH", ""))))
    return environment
