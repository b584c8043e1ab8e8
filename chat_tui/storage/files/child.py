"""Runs a child process that turns some bytes into others, within a time."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading


async def run_child(command: tuple[str, ...], data: bytes, seconds: float) -> bytes:
    """Runs a process without API keys in its environment; it is killed where it takes too long or is cancelled.

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
    child = _Child(command)
    try:
        return await asyncio.to_thread(child.communicate, data, seconds)
    except asyncio.CancelledError:
        child.kill()
        raise


class _Child:
    """A process that a thread waits for, and that any other thread may kill.

    A thread, as asyncio's processes must be awaited to be closed, and a task that is cancelled
    twice (by the screen that ends, then by the loop that ends) can no longer await anything.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_killed = False

    def communicate(self, data: bytes, seconds: float) -> bytes:
        """Starts the process, writes its input, returns its output; raises TimeoutError or OSError."""
        with self._lock:
            if self._is_killed:
                return b""
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")},
            )
        with self._process:
            try:
                return self._process.communicate(data, timeout=seconds)[0]
            except subprocess.TimeoutExpired:
                raise TimeoutError(f"{self._command[0]} took longer than {seconds:g} s") from None
            finally:
                self._process.kill()  # does nothing to one that has ended

    def kill(self) -> None:
        """Kills the process, or keeps it from being started."""
        with self._lock:
            self._is_killed = True
            if self._process is not None:
                self._process.kill()
