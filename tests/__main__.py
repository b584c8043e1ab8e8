"""Runs every check of the project: `python -m tests`; with `--torture`, only the tests, in their long form.

Format, lint, layers and types are checked while the tests run. Returns the first failure's exit code once all have
ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("lint-imports", "--no-logo"),
    ("mypy",),
)
PYTEST = ("pytest", "-n", "3", "--dist", "worksteal")
"""A worker more than the two cores that it is meant for: many tests wait for other processes."""
TORTURE = "--torture"


def main(arguments: list[str]) -> int:
    """Runs the checks with the programs of this environment."""
    programs = Path(sys.executable).parent
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each worker and each child compiles all that it imports
    with subprocess.Popen([programs / PYTEST[0], *PYTEST[1:], *arguments], cwd=ROOT, stdout=subprocess.PIPE) as tests:
        failures = [] if TORTURE in arguments else [_code(programs, check) for check in CHECKS]
        print("$", *PYTEST, *arguments, flush=True)
        assert tests.stdout is not None
        for line in tests.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
    return next((code for code in [*failures, tests.returncode] if code), 0)


def _code(programs: Path, check: tuple[str, ...]) -> int:
    print("$", *check, flush=True)
    return subprocess.run([programs / check[0], *check[1:]], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
