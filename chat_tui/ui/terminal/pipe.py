"""Runs a shell command on a text, bounded in time and output; without API keys in its environment."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from chat_tui.domain.text.clean import clean

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
    process = await asyncio.create_subprocess_shell(
        command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=dict(environment), start_new_session=True
    )
    output = bytearray()
    ending = ""
    writing = asyncio.create_task(_write(process, text.encode("utf-8", "replace")))
    try:
        async with asyncio.timeout(seconds):
            if await _read(process, output):
                code = await process.wait()
                ending = f"exit code {code}" if code else ""
            else:
                ending = f"stopped after {MOST_OUTPUT // 1000} kB of output"
    except TimeoutError:
        ending = f"stopped after {seconds:.0f} s"
    finally:
        writing.cancel()
        await _kill(process)
    return CommandResult(clean(output[:MOST_OUTPUT].decode("utf-8", "replace")), ending)


async def _write(process: Process, data: bytes) -> None:
    assert process.stdin is not None
    with suppress(ConnectionError):  # it may end without having read all of it
        process.stdin.write(data)
        await process.stdin.drain()
        process.stdin.close()


async def _read(process: Process, output: bytearray) -> bool:
    """Reads the output; whether that ended before there was too much."""
    assert process.stdout is not None
    while piece := await process.stdout.read(16_384):
        output += piece
        if len(output) > MOST_OUTPUT:
            return False
    return True


async def _kill(process: Process) -> None:
    """Ends the command and whatever it has started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await process.wait()
