"""The console script: `chat-tui`, or `python -m chat_tui`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code.

    Args:
        argv: the arguments without the program's name; those of the process, if none are given.
    """
    import gc
    import os

    # Imports make thousands of objects and no garbage: looking for some costs a tenth of the start.
    gc.disable()
    from chat_tui.cli.language import use_configured_language

    use_configured_language(os.environ)
    from chat_tui.cli.main import run

    return run(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
