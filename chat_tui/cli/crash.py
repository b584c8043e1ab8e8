"""A crash report: the traceback without local variables and without keys, in a file of its own."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from chat_tui import __version__
from chat_tui.domain.conversation.message import now
from chat_tui.domain.errors import StorageError
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.secrets import Secret, redact
from chat_tui.storage.files.atomic import write_atomic


def write_report(error: BaseException, folder: Path, keys: Iterable[Secret]) -> str:
    """Writes a report and returns its path; an empty string where it can't be written.

    Of an exception's message it has only the first 200 characters: some quote what they were given.
    """
    lines = [f"chat-tui {__version__}, Python {platform.python_version()}, {sys.platform}, {now()}", ""]
    at: BaseException | None = error
    seen: set[int] = set()
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        lines += [each.rstrip("\n") for each in traceback.format_tb(at.__traceback__)]
        lines += [f"{type(at).__name__}: {str(at)[:200]}", ""]
        at = at.__cause__ or at.__context__
    text = clean(redact("\n".join(lines), *keys))
    stamp = now().replace(":", "").replace("-", "")
    try:
        path = folder / f"crash-{stamp}-{os.getpid()}.txt"
        write_atomic(path, text.encode())
    except StorageError:
        return ""
    return str(path)
