"""The prompt of `ask`: its argument, standard input and files, put together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from chat_tui.domain.clean import clean
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.fence import fenced
from chat_tui.storage.atomic import safe_read

FILE_LIMIT = 4 * 1024 * 1024
"""Bytes of one file: more than any model's window takes."""


def prompt_text(argument: str | None, files: Sequence[str]) -> str:
    """Puts the prompt together: the argument, a blank line, what is piped in, then the files.

    Raises:
        UsageError: there is nothing to ask, or a file can't be put in.
    """
    parts = [argument or "", _piped(), *(fenced_file(each) for each in files)]
    text = "\n\n".join(clean(each) for each in parts if each.strip())
    if not text:
        raise UsageError('There is nothing to ask. Write `chat-tui ask "PROMPT"`, or pipe something in.')
    return text


def _piped() -> str:
    stream = sys.stdin
    if stream is None or stream.closed or stream.isatty():
        return ""
    raw = getattr(stream, "buffer", None)
    text = stream.read() if raw is None else raw.read().decode("utf-8-sig", "replace")
    return str(text).rstrip("\n")


def fenced_file(name: str) -> str:
    """A text file as a fenced block that bears its name, behind its language; the fence is longer than any within.

    Raises:
        UsageError: it is not there, not text, or too large.
    """
    path = Path(name).expanduser()
    shown = clean(path.name, multiline=False)
    try:
        data, _ = safe_read(path, FILE_LIMIT, follow=True)
    except FileNotFoundError:
        raise UsageError(f"There is no file {name}.") from None
    except StorageError as error:
        raise UsageError(str(error)) from None
    if b"\0" in data:
        raise UsageError(f"{name} is not a text file, and only text can be put in here.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8 text. Convert it first.") from None
    return fenced(text, f"{path.suffix.removeprefix('.') or 'text'} {shown}")
