"""Runs a shell command on a text, bounded in time and output; without API keys in its environment."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

SECONDS = 60.0
"""Seconds after which a command is stopped."""
MOST_OUTPUT = 200_000
"""Bytes of output after which a command is stopped."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command printed, cleaned, and how it ended."""

    output: str
    ending: str
    """Why it was stopped, or that it failed; empty where it ended well."""


async def pipe(command: str, text: str, environment: Mapping[str, str], *, seconds: float = SECONDS) -> CommandResult:
    """Runs a command in the user's shell, with the text as its input; it has no terminal. Cancelling stops it.

    Args:
        command: as the user wrote it.
        text: its input.
        environment: of the command.
        seconds: after which it is stopped.

    Raises:
        OSError: no shell could be started.
    """
    loop = asyncio.get_running_loop()
    transport, reader = await loop.subprocess_shell(
        _OutputReader, command, stdout=PIPE, stderr=STDOUT, env=dict(environment), start_new_session=True
    )
    try:
        if isinstance(entry := transport.get_pipe_transport(0), asyncio.WriteTransport):
            entry.write(text.encode("utf-8", "replace"))
            entry.close()  # once all is written
        async with asyncio.timeout(seconds):
            await asyncio.wait((reader.is_full, reader.has_ended), return_when=asyncio.FIRST_COMPLETED)
        code = transport.get_returncode()
        ending = (
            tr("stopped after {most_output} kB of output", most_output=MOST_OUTPUT // 1000)
            if reader.is_full.done()
            else ""
        )
        ending = ending or (tr("exit code {code}", code=code) if code else "")
    except TimeoutError:
        ending = tr("stopped after {seconds:g} s", seconds=seconds)
    finally:
        await _end(transport, reader)
    return CommandResult(clean(reader.output.decode("utf-8", "replace")), ending)


class _OutputReader(asyncio.SubprocessProtocol):
    """Takes the output of a command, as far as there is room."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.output = bytearray()
        self.is_full: asyncio.Future[None] = loop.create_future()
        """Done once there was more output than there is room for."""
        self.has_ended: asyncio.Future[None] = loop.create_future()
        """Done once the command has ended and closed its output."""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Takes a piece of the output."""
        room = MOST_OUTPUT - len(self.output)
        self.output += data[:room]
        if len(data) > room and not self.is_full.done():
            self.is_full.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Notes the end."""
        if not self.has_ended.done():
            self.has_ended.set_result(None)


async def _end(transport: asyncio.SubprocessTransport, reader: _OutputReader) -> None:
    """Ends the command and what it has started, and closes its pipes."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        else:
            transport.kill()
    entry = transport.get_pipe_transport(0)
    if isinstance(entry, asyncio.WriteTransport) and entry.get_write_buffer_size():  # else it is closed
        entry.abort()
    transport.close()
    await asyncio.wait((reader.has_ended,), timeout=1)
