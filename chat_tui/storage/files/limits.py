"""Limits what a child process may take."""

from __future__ import annotations

from contextlib import suppress


def limit_process(memory: int, seconds: int) -> None:
    """Limits this process, where the system can.

    Args:
        memory: bytes of its address space.
        seconds: of the processor; then it is killed.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, resource.getrlimit(what)[1]))
