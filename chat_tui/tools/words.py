"""Outside text of tools and their servers as words that can be shown."""

from __future__ import annotations

from chat_tui.domain.text.clean import clean

LONGEST_LINE = 300


def one_line(text: str, limit: int = LONGEST_LINE) -> str:
    """A line of at most so many characters, clean."""
    text = clean(text[: 4 * limit], multiline=False).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def bounded(text: str, limit: int) -> str:
    """A text of at most so many characters, clean, with its lines."""
    text = clean(text[: 2 * limit]).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"
