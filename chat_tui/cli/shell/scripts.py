"""The scripts that tell shells to ask this program for completions."""

from __future__ import annotations

PROGRAM = "chat-tui"


def script(shell: str) -> str:
    """The script for `bash`, `zsh` or `fish`."""
    from argcomplete.shell_integration import shellcode  # late: the parser is built without it

    return shellcode([PROGRAM], shell=shell).strip("\n") + "\n"
