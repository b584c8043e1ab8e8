"""The prompt of `ask`: its argument, standard input and files, put together."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from chat_tui.cli.output import Output
from chat_tui.cli.standard_input import NAME, has_input, is_pipe, is_standard_input, read_input, read_pipe
from chat_tui.domain.conversation.draft import Attachment, Draft, InputPiece, Paste
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.ports.files import Attachments
from chat_tui.domain.settings import Settings
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.attachments.documents import document_kind
from chat_tui.storage.attachments.reader import attachment_of, image_kind, limit_of, text_of

TERMINAL = "CON" if sys.platform == "win32" else "/dev/tty"
_ADVICE = tr("If nothing is piped in, add --no-stdin or </dev/null.")


def read_prompt(
    argument: str | None,
    files: Sequence[str],
    out: Output,
    attachments: Attachments,
    *,
    stdin: bool = True,
    blank: bool = False,
) -> Draft:
    """Puts the prompt together: the argument, a blank line, what is piped in, then the files.

    Args:
        argument: the prompt as it was written.
        files: names of files and pipes; `-` is standard input, which then is no part of the text.
        out: hears what is being waited for.
        attachments: reads files and pages of the web.
        stdin: whether standard input is looked at.
        blank: whether there may be nothing to ask yet.

    Raises:
        UsageError: there is nothing to ask, or a file can't be put in.
    """
    pieces: list[InputPiece] = [clean(argument)] if argument and argument.strip() else []
    try:
        if stdin and has_input() and not any(map(is_standard_input, files)):
            pieces += _piped(out, pieces)
        for each in files:
            pieces += ["\n", _attachment(each, out, attachments)]
    except StorageError as error:
        raise UsageError(str(error)) from None
    draft = Draft(tuple(pieces))
    if draft.is_blank and not blank:
        raise UsageError(tr('No prompt. Write `chat-tui ask "PROMPT"`, or pipe text in.'))
    return draft


def edit_prompt(prompt: Draft, settings: Settings) -> Draft:
    """Lets the user edit the text of a prompt in $VISUAL or $EDITOR; what is attached stays behind it.

    Raises:
        UsageError: there is no terminal or no editor, it failed, or nothing was written.
    """
    from chat_tui.ui.terminal.external import EditorError, child_environment, edit  # late: seldom used

    files = prompt.attachments
    text = Draft(tuple(each for each in prompt.pieces if not isinstance(each, Attachment))).stored.strip("\n")
    try:
        with _on_terminal():
            text = edit(text, child_environment(settings))
    except EditorError as error:
        raise UsageError(str(error)) from None
    if not text.strip():
        raise UsageError(tr("The prompt is empty. Nothing was sent."))
    return Draft((text, *(piece for each in files for piece in ("\n", each))))


@contextmanager
def _on_terminal() -> Iterator[None]:
    """Makes the terminal standard input and output for the body, also where a pipe is."""
    try:
        terminal = os.open(TERMINAL, os.O_RDWR | getattr(os, "O_NOCTTY", 0))
    except OSError:
        raise UsageError(tr("--edit needs a terminal.")) from None
    saved = [os.dup(number) for number in (0, 1)]
    try:
        for number in (0, 1):
            os.dup2(terminal, number)
        yield
    finally:
        os.close(terminal)
        for number, before in enumerate(saved):
            os.dup2(before, number)
            os.close(before)


def _piped(out: Output, before: list[InputPiece]) -> list[InputPiece]:
    data = read_input(limit_of, out, _ADVICE)
    if image_kind(data) or document_kind(data):
        return ["\n", asyncio.run(attachment_of(data, "stdin"))]
    text = text_of(data, NAME.capitalize()).rstrip("\r\n")
    if not text.strip():
        return []
    return ["\n\n", Paste(text)] if before else [Paste(text)]


def _attachment(name: str, out: Output, attachments: Attachments) -> Attachment:
    if is_standard_input(name):
        return asyncio.run(attachment_of(read_input(limit_of, out), "stdin"))
    if is_pipe(name):
        number = name.rpartition("/")[2]
        shown = f"pipe-{number}" if number.isdecimal() else number  # /dev/fd/63
        return asyncio.run(attachment_of(read_pipe(name, limit_of, out), shown))
    return asyncio.run(attachments.read(name))
