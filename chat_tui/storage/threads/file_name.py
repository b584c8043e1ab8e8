"""The names of thread files: ID.json."""

from __future__ import annotations

SUFFIX = ".json"
MAX_ID = 200
"""Characters of an id: with a temporary file's prefix and suffix it still is a file name (255 bytes)."""


def is_id(text: str) -> bool:
    """Whether it can be a thread's id: a file name, and nothing that leads out of the directory."""
    if not text or text.startswith(".") or len(text.encode(errors="replace")) > MAX_ID:
        return False
    return not any(char in "/\\:" or char < " " for char in text)
