"""A command of plain mode, and the lines that call one."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from chat_tui.cli.plain.chat import PlainChat

Run = Callable[[PlainChat, str], Coroutine[Any, Any, None]]
_CALLED = re.compile(r"/([A-Za-z][\w-]*)(?:[ \t]+(.*))?")
"""A line that calls a command; a path has a second slash."""
_SERVER_PROMPT = re.compile(r"/([\w.-]+):(\S+)")


@dataclass(frozen=True, slots=True)
class PlainCommand:
    """A command that is typed."""

    id: str
    run: Run
    help: str
    """What it does, a sentence."""
    usage: str = ""
    """What can be typed behind its name."""
    names: tuple[str, ...] = ()
    """Shorter names; the first one is shown."""

    @property
    def name(self) -> str:
        """The name by which it is listed."""
        return self.names[0] if self.names else self.id.replace("_", "-")


def called(line: str) -> tuple[str, str] | None:
    """The name and the argument of a command that a line calls; None for a prompt."""
    if (server := _SERVER_PROMPT.fullmatch(line.strip())) and not line[:1].isspace():
        return server[0][1:], ""
    found = _CALLED.fullmatch(line.rstrip()) if line[:1] == "/" else None
    return (found[1].lower(), (found[2] or "").strip()) if found else None
