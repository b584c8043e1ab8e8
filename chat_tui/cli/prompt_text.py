"""The prompt of `ask`: its argument, standard input and files, put together."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from chat_tui.domain.clean import clean
from chat_tui.domain.draft import Draft, Piece
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.storage.attachments import read_attachment


def read_prompt(argument: str | None, files: Sequence[str]) -> Draft:
    """Puts the prompt together: the argument, a blank line, what is piped in, then the files.

    Raises:
        UsageError: there is nothing to ask, or a file can't be put in.
    """
    pieces: list[Piece] = ["\n\n".join(clean(each) for each in (argument or "", _piped()) if each.strip())]
    try:
        for each in files:
            pieces += ["\n", read_attachment(each)]
    except StorageError as error:
        raise UsageError(str(error)) from None
    draft = Draft(tuple(pieces))
    if draft.is_blank:
        raise UsageError('There is nothing to ask. Write `chat-tui ask "PROMPT"`, or pipe something in.')
    return draft


def _piped() -> str:
    stream = sys.stdin
    if stream is None or stream.closed or stream.isatty():
        return ""
    raw = getattr(stream, "buffer", None)
    text = stream.read() if raw is None else raw.read().decode("utf-8-sig", "replace")
    return str(text).rstrip("\n")
