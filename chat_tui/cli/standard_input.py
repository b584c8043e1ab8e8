"""Standard input and other pipes as the command line reads them: bounded, and never waited for without a word."""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from chat_tui.cli.output import Output
from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from io import BufferedReader

NAME = tr("standard input")
PATIENCE = 1.0
"""Seconds of silence before the user hears what is being waited for."""
_PIECE = 64 * 1024
_NAMES = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")


def is_standard_input(name: str) -> bool:
    """Whether a file's name means standard input."""
    return name in _NAMES


def is_pipe(name: str) -> bool:
    """Whether a file is a pipe or a character device, which has no size and is read to its end: `<(git diff)`."""
    try:
        mode = Path(name).stat().st_mode
    except (OSError, ValueError):  # it is not there: reading it says so
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def has_input() -> bool:
    """Whether something is piped in, or may be."""
    return sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty()


def read_input(limit: Callable[[bytes], int], out: Output, advice: str = "") -> bytes:
    """Reads standard input to its end.

    Args:
        limit: how many bytes may come of what begins like this.
        out: gets a note after a second about what is being waited for.
        advice: what to do if that is not meant.

    Raises:
        UsageError: it is closed, or more comes than may; the rest is not read.
        StorageError: it can't be read.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError(tr("Standard input is closed."))
    message = f"{tr('Reading standard input, which has not ended yet.')} {advice}".rstrip()
    with _errors_in_words(NAME), announced(message, out):
        return _read(cast("BufferedReader", sys.stdin.buffer), NAME, limit)


def read_pipe(name: str, limit: Callable[[bytes], int], out: Output) -> bytes:
    """Reads a pipe or a character device to its end; `name` is its path, the rest as `read_input`.

    Raises:
        UsageError: more comes than may.
        StorageError: it can't be read.
    """
    message = tr("Reading {name}, which has not ended yet.", name=name)
    with _errors_in_words(name), announced(message, out), Path(name).open("rb") as stream:
        return _read(stream, name, limit)


def read_line(limit: int, out: Output, what: str) -> bytes:
    """Reads the first line of standard input.

    Args:
        limit: bytes.
        out: gets a note after a second about what is being waited for.
        what: the line is: `the key`.

    Raises:
        UsageError: standard input is closed, or the line is longer.
        StorageError: it can't be read.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError(tr("Standard input is closed. Pipe {what} in, or run it in a terminal.", what=what))
    with _errors_in_words(NAME), announced(tr("Waiting for {what} on standard input.", what=what), out):
        line = sys.stdin.buffer.readline(limit + 1)
    if len(line) > limit:
        raise UsageError(
            tr(
                "The first line of standard input is longer than {n:,} bytes, so it is not {what}.",
                n=limit,
                what=what,
            )
        )
    return line


@contextmanager
def announced(message: str, out: Output) -> Iterator[None]:
    """Says what is being waited for once that takes longer than a moment."""
    timer = threading.Timer(PATIENCE, out.note, (message,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _errors_in_words(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            tr("Could not read {name}: {error}.", name=name, error=os.strerror(error.errno or 0).lower())
        ) from error


def _read(stream: BufferedReader, name: str, limit: Callable[[bytes], int]) -> bytes:
    data = bytearray()
    while piece := stream.read1(_PIECE):
        data += piece
        most = limit(bytes(data[:_PIECE]))
        if len(data) > most:
            shown = name[0].upper() + name[1:]
            raise UsageError(
                tr(
                    "{name} is too large: more than {most:.0f} MB. The rest was not read.",
                    name=shown,
                    most=most / 2**20,
                )
            )
    return bytes(data)
