"""Runs a child process that turns some bytes into others, within a time."""

from __future__ import annotations

import asyncio
import os


async def run_child(command: tuple[str, ...], data: bytes, seconds: float) -> bytes:
    """Runs a process without API keys in its environment; it is killed where it takes too long.

    Args:
        command: the program and its arguments.
        data: its standard input.
        seconds: after which it is killed.

    Returns:
        Its standard output.

    Raises:
        TimeoutError: it took too long.
        OSError: no process could be started.
    """
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")},
        )
    )
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:  # a process that is being started would be left running
        await _kill(await starting)
        raise
    try:
        async with asyncio.timeout(seconds):
            return (await process.communicate(data))[0]
    finally:
        if process.returncode is None:
            await _kill(process)


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kills a process and closes its pipes."""
    process.kill()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    await process.stdout.read()  # up to its end, or the pipe stays open
    await process.wait()
    for _ in range(3):  # the transport is closed by callbacks of the loop, which may be about to end
        await asyncio.sleep(0)
