"""Runs git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from chat_tui.domain.errors import StorageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

_PATIENCE = 60.0
"""Seconds that git may take."""


def is_repository(folder: Path) -> bool:
    """Whether a folder belongs to the work tree of a git repository."""
    return run_git(folder, "rev-parse", "--is-inside-work-tree", may_fail=True).strip() == b"true"


def run_git(
    folder: Path, *arguments: str, may_fail: bool = False, sent: bytes | None = None, patience: float = _PATIENCE
) -> bytes:
    """Runs git in a folder, without the API keys of the environment; returns what it prints.

    Args:
        folder: where.
        arguments: of git.
        may_fail: return nothing where it fails.
        sent: what it reads.
        patience: seconds that it may take.

    Raises:
        StorageError: it fails, and may not, or takes too long.
    """
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            env={name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
            input=sent or b"",
            capture_output=True,
            timeout=patience,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        if may_fail and isinstance(error, FileNotFoundError):  # there is no git
            return b""
        raise StorageError(tr("Could not run git in {folder}: {error}.", folder=folder, error=error)) from error
    if done.returncode == 0:
        return done.stdout
    if may_fail:
        return b""
    name = next((each for each in arguments if not each.startswith("-") and "=" not in each), "")
    said = clean((done.stderr or done.stdout).decode(errors="replace"), multiline=False).strip()
    raise StorageError(tr("git {command} failed in {folder}: {output}", command=name, folder=folder, output=said[:300]))
