"""Copying, and the truth about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App


def copy(app: App[Any], text: str, what: str) -> None:
    """Sends a text to the terminal's clipboard (OSC 52) and says so: nobody confirms that it arrived.

    Args:
        app: copies.
        text: any; it is cleaned.
        what: in words, `Message`.
    """
    app.copy_to_clipboard(text)
    app.notify("Sent to the terminal's clipboard, not confirmed.", title=what)
