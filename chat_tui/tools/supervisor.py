"""Runs one tool server, and ends it with all that it started once the program that asked for it is gone.

Started as a script, without this package: `python -I -S supervisor.py LIFELINE LOG COMMAND [ARGUMENT...]`. LIFELINE is
the descriptor of a pipe that only that program can write to: its end, however it comes, is the order to stop. What the
server writes on standard error goes to the file LOG, which does not grow without bounds. POSIX only.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

GRACE = 0.7
"""Seconds from the end of its standard input until a server is asked to end, and as long again until it is made to."""
LOG_LIMIT = 256 * 1024
LOG_KEPT = 64 * 1024
"""Bytes of the log that stay when it has reached its limit: the last ones."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_SWEEP_SECONDS = 2.0


def main() -> int:
    """Runs until the server, and whatever it started, has ended. Returns the exit code, that of a shell."""
    lifeline, log, command = int(sys.argv[1]), _Log(sys.argv[2]), sys.argv[3:]
    os.set_inheritable(lifeline, False)
    prctl = _prctl()
    prctl(_PR_SET_CHILD_SUBREAPER, 1)  # what a server leaves behind becomes a child of this process, and is found
    errors, sink = os.pipe()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(errors, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    parent = os.getpid()
    server = os.fork()
    if server == 0:
        _become(command, sink, prctl, parent)
    os.close(sink)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # else the pipes would not end with the server
        os.dup2(null, number)
    status = _watch(server, lifeline, woken, errors, log)
    _sweep(server)
    log.read(errors)
    return os.waitstatus_to_exitcode(status) & 0xFF if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def _become(command: list[str], sink: int, prctl: Callable[[int, int], None], parent: int) -> None:
    """Turns the forked child into the server."""
    try:
        os.setsid()
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
        os.dup2(sink, 2)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _watch(server: int, lifeline: int, woken: int, errors: int, log: _Log) -> int:
    """Waits for the server's end; once the lifeline has ended, sees to it. Returns the status."""
    orders = [signal.SIGTERM, signal.SIGKILL]
    watched = [lifeline, woken, errors]
    next_order: float | None = None
    while True:
        wait = None if next_order is None else max(0.0, next_order - time.monotonic())
        ready, _, _ = select.select(watched, (), (), wait)
        if woken in ready:
            os.read(woken, 4096)
        if errors in ready and not log.read(errors):
            watched.remove(errors)
        if lifeline in ready:
            watched.remove(lifeline)
            next_order = time.monotonic() + GRACE
        if (status := _reap(server)) is not None:
            return status
        if next_order is not None and time.monotonic() >= next_order:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(server, orders[0])
            next_order = time.monotonic() + GRACE
            del orders[: len(orders) - 1]  # the last is given again and again


def _reap(server: int) -> int | None:
    """Takes leave of the children that have ended; the server's status, if it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == server:
            return status
        if pid == 0:
            return None


def _sweep(server: int) -> None:
    """Kills what the server has left behind: its group and, on Linux, what left that as well."""
    deadline = time.monotonic() + _SWEEP_SECONDS
    while time.monotonic() < deadline:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(server, signal.SIGKILL)
        for child in _children():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)


def _children() -> list[int]:
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not loaded
            return [int(each) for each in file.read().split()]
    except OSError:
        return []


def _prctl() -> Callable[[int, int], None]:
    """Linux' `prctl`; elsewhere something that does nothing."""
    if not sys.platform.startswith("linux"):
        return lambda option, value: None
    import ctypes

    function = getattr(ctypes.CDLL(None), "prctl", None)
    return lambda option, value: function(option, value, 0, 0, 0) if function else None


class _Log:
    """A file that holds the last that was written to it."""

    def __init__(self, path: str) -> None:
        self._last = b""
        self._size = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, 0o600)
        except OSError:
            self._file = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)

    def read(self, source: int) -> bool:
        """Takes what there is to read, without waiting; False at its end."""
        for _ in range(64):
            try:
                data = os.read(source, 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            self._write(data)
        return True

    def _write(self, data: bytes) -> None:
        self._last = (self._last + data)[-LOG_KEPT:]
        with suppress(OSError):  # a full disk is no reason to end the server
            if self._size + len(data) > LOG_LIMIT:
                os.ftruncate(self._file, 0)
                os.lseek(self._file, 0, os.SEEK_SET)
                data = b"[earlier lines left out]\n" + self._last
                self._size = 0
            self._size += os.write(self._file, data)


if __name__ == "__main__":
    sys.exit(main())
