"""The SDK's streams to a server that is a child process: bounded lines, and a supervisor that leaves no process behind.

The SDK's own transport holds a line of any length, and its children outlive a program that is killed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from chat_tui.tools.lines import EndlessLineError, LineSplitter, TooLarge, answered_request

MESSAGES_A_SECOND = 200
"""What a server sends beyond that waits in its pipe: a flood must not hold up the program."""
END_SECONDS = 4.0
"""For the supervisor to end a server; it needs half of it for the worst one."""
TOO_LARGE, UNREADABLE = -32099, -32098
"""Codes of the errors that take the place of an answer that is not read, or can't be."""
SUPERVISOR = Path(__file__).with_name("supervisor.py")

_In = MemoryObjectSendStream[SessionMessage | Exception]
_Out = MemoryObjectReceiveStream[SessionMessage]
Streams = tuple[Any, Any]
"""What the SDK reads messages from, and what it writes them to."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What is started."""

    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str | None
    log: Path


@asynccontextmanager
async def stdio_streams(launch: Launch, on_end: Callable[[int | None], Awaitable[None]]) -> AsyncGenerator[Streams]:
    """Starts a server and connects to it; at the end it is stopped.

    Args:
        launch: what is started.
        on_end: called with the exit code when it ends, or closes its output, by itself; None where none is known. The
            session learns of it afterwards.

    Raises:
        OSError: it can't be started.
    """
    process, lifeline = await _start(launch)
    incoming, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    try:
        async with anyio.create_task_group() as tasks:

            async def receive() -> None:
                with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError, EndlessLineError, OSError):
                    await _receive(process, incoming)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(1):
                            await process.wait()
                await on_end(process.returncode)
                await incoming.aclose()

            tasks.start_soon(receive)
            tasks.start_soon(_send, process, outgoing)
            yield read, write
            tasks.cancel_scope.cancel()
    finally:
        for stream in (incoming, read, write, outgoing):
            stream.close()
        await _stop(process, lifeline)


async def _start(launch: Launch) -> tuple[Process, int | None]:
    """The process, and the descriptor that keeps its supervisor waiting: whoever holds it must close it."""
    if sys.platform == "win32":
        process = await asyncio.create_subprocess_exec(
            *launch.command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=dict(launch.env), cwd=launch.cwd
        )
        return process, None
    ours, lifeline = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(SUPERVISOR), str(ours), str(launch.log), *launch.command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=dict(launch.env),
            cwd=launch.cwd,
            pass_fds=(ours,),
            start_new_session=True,  # ctrl+c is for this program
        )
    except BaseException:
        os.close(lifeline)
        raise
    finally:
        os.close(ours)
    return process, lifeline


async def _stop(process: Process, lifeline: int | None) -> None:
    """Ends the server: it gets the time that the supervisor gives it."""
    if lifeline is not None:
        os.close(lifeline)
    elif process.returncode is None:
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    with anyio.CancelScope(shield=True), suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            drain = asyncio.create_task(_discard(process))
            await process.wait()
            await drain


async def _discard(process: Process) -> None:
    """Reads what nobody wants any more, so that the end of the pipe is seen."""
    assert process.stdout is not None
    while await process.stdout.read(65536):
        pass


async def _receive(process: Process, incoming: _In) -> None:
    assert process.stdout is not None
    splitter = LineSplitter()
    clock = asyncio.get_running_loop().time
    since, count = clock(), 0
    while data := await process.stdout.read(65536):
        for line in splitter.feed(data):
            message = _message(line)
            if message is not None:
                await incoming.send(message)
            count += 1
            if count >= MESSAGES_A_SECOND:
                await asyncio.sleep(max(0.0, since + 1 - clock()))
                since, count = clock(), 0


def _message(line: bytes | TooLarge) -> SessionMessage | Exception | None:
    """What a line says; None of one that says nothing, as the greeting that some servers print."""
    if isinstance(line, TooLarge):
        code, request_id = TOO_LARGE, line.request_id
    else:
        try:
            return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
        except (ValueError, RecursionError):
            code, request_id = UNREADABLE, answered_request(line[:4096], line[-4096:])
    if request_id is None:
        return None
    error = types.ErrorData(code=code, message="")
    return SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=request_id, error=error))


async def _send(process: Process, outgoing: _Out) -> None:
    assert process.stdin is not None
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
        async for each in outgoing:
            text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
            process.stdin.write(text.encode() + b"\n")
            await process.stdin.drain()
