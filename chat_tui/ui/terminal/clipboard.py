"""Copies text by a tool of the system, tmux, the terminal (OSC 52) or a file, and reports how far it came.

Only a tool that ends well confirms anything. A terminal takes what it is sent and says nothing; one at the other end
of an ssh connection is the only way to the clipboard of the person who sits there.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_tui.domain.errors import StorageError
from chat_tui.i18n import tr
from chat_tui.ui.terminal.served import is_served

LIMIT = 74_994
"""Bytes that terminals take by OSC 52: many stop at 100,000 characters of base64."""
PATIENCE = 2.0
"""Seconds that a tool is given."""
SCREEN_PIECE = 200
"""Characters that GNU screen passes on in one piece."""


@dataclass(frozen=True, slots=True)
class Copied:
    """The result of a copy."""

    message: str
    arrived: bool = True
    """Whether it was sent anywhere but into a file."""


async def deliver(
    text: str,
    environ: Mapping[str, str],
    write: Callable[[str], None],
    keep: Callable[[str], Awaitable[Path]],
    platform: str = sys.platform,
) -> Copied:
    """Sends a text to the clipboard by the first way that works.

    Args:
        text: clean.
        environ: says which ways there are; the tools get it, so it has no keys in it.
        write: writes to the terminal as it is.
        keep: keeps a text in a file; raises StorageError.
        platform: as in `sys.platform`.
    """
    for tool in clipboard_tools(environ, platform):
        data = text.encode("utf-16-le" if tool[0].endswith(".exe") else "utf-8")
        if await _run(tool, data, environ):
            return Copied(tr("Copied to the clipboard."))
    if environ.get("TMUX") and await _to_tmux(text, environ, write):
        return Copied(tr("Copied (tmux and terminal clipboard, unconfirmed)."))
    is_long = len(text.encode()) > LIMIT
    if not is_long and environ.get("TERM", "") not in ("linux", "dumb"):
        write(_through(environ, f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"))
        return Copied(tr("Copied (terminal clipboard, unconfirmed)."))
    why = tr("Too long for the terminal clipboard") if is_long else tr("No clipboard found")
    try:
        return Copied(tr("{why}; saved to {value}.", why=why, value=await keep(text)), arrived=False)
    except StorageError as error:
        return Copied(f"{why}. {error}", arrived=False)


def clipboard_tools(environ: Mapping[str, str], platform: str = sys.platform) -> list[list[str]]:
    """The commands that set the clipboard of the user's machine."""
    if is_served(environ) or environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return []
    tools: list[list[str]] = []
    if platform == "darwin":
        tools.append(["pbcopy"])
    if platform == "win32" or environ.get("WSL_DISTRO_NAME"):
        tools.append(["clip.exe"])
    if environ.get("WAYLAND_DISPLAY"):
        tools.append(["wl-copy"])
    if environ.get("DISPLAY"):
        tools += [["xclip", "-selection", "clipboard", "-in"], ["xsel", "--clipboard", "--input"]]
    path = environ.get("PATH", "")
    return [[command, *tool[1:]] for tool in tools if (command := shutil.which(tool[0], path=path))]


async def _to_tmux(text: str, environ: Mapping[str, str], write: Callable[[str], None]) -> bool:
    tmux = shutil.which("tmux", path=environ.get("PATH", ""))
    if tmux is None:
        return False
    if await _run([tmux, "load-buffer", "-w", "-"], text.encode(), environ):
        return True
    if not await _run([tmux, "load-buffer", "-"], text.encode(), environ):  # before 3.2
        return False
    if len(text.encode()) <= LIMIT:
        write(through_tmux(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"))
    return True


async def _run(command: list[str], data: bytes, environ: Mapping[str, str]) -> bool:
    def run() -> bool:
        try:
            # No pipe for what it says: some tools stay in the background for as long as their text is the clipboard.
            process = subprocess.run(
                command,
                input=data,
                env=dict(environ),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return process.returncode == 0

    return await asyncio.to_thread(run)


def _through(environ: Mapping[str, str], sequence: str) -> str:
    """A sequence wrapped for the multiplexer in front of the terminal."""
    if environ.get("TMUX"):
        return sequence + through_tmux(sequence)  # one of them, as tmux is set
    if environ.get("STY"):
        pieces = (sequence[at : at + SCREEN_PIECE] for at in range(0, len(sequence), SCREEN_PIECE))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return sequence


def through_tmux(sequence: str) -> str:
    """A sequence wrapped for tmux, which passes it on if `allow-passthrough` is on."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
