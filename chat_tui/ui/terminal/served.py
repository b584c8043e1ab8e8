"""What differs where the terminal is a page in a browser: links and files are opened by that browser."""

from __future__ import annotations

import socket
from collections.abc import Mapping

SOCKET = "CHAT_TUI_SERVE_SOCKET"
"""The variable with the socket of the server; set in the apps of `chat-tui serve` alone."""


def is_served(environment: Mapping[str, str]) -> bool:
    """Whether the terminal is a page in a browser."""
    return bool(environment.get(SOCKET))


def tell_background(colour: str, environment: Mapping[str, str]) -> None:
    """Gives the page around the terminal a background, `#rrggbb`; an empty one is the terminal's own."""
    show(f"background:{colour}", environment)


def show(url: str, environment: Mapping[str, str]) -> bool:
    """Opens a web address, or offers a file (`file:`) as a download; whether the server took it."""
    path = environment.get(SOCKET)
    if not path or not hasattr(socket, "AF_UNIX"):
        return False
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(5)
            server.connect(path)
            server.sendall(url.encode() + b"\n")
    except OSError:
        return False
    return True
