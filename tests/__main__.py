"""Runs every check of the project, the fast ones first: `python -m tests`. Stops at the first that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("lint-imports", "--no-logo"),
    ("mypy",),
    ("pytest", "-n", "2"),
)


def main() -> int:
    """Runs the checks with the programs of this environment; returns the first failure's exit code."""
    programs = Path(sys.executable).parent
    for check in CHECKS:
        print("$", *check, flush=True)
        ended = subprocess.run([programs / check[0], *check[1:]], cwd=ROOT, check=False)
        if ended.returncode:
            return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
