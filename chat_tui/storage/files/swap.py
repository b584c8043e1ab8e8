"""Puts a new file in an old one's place and has the old one in hand: what was replaced can be looked at afterwards.

A look before the replacing leaves a moment in which somebody else's file may come to stand there and be lost; when the
machine is busy, that is not a short one.
"""

from __future__ import annotations

import errno
import os
import sys
from functools import cache
from typing import Any

_SWAP = 2
"""RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS."""
_UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def swap(directory: int, one: str, other: str) -> bool:
    """Lets two files of one directory change names, at once; false where the system, or the file system, has no way.

    Raises:
        FileNotFoundError: one of them is not there.
        OSError: it can't be done.
    """
    call = _call()
    if call is None:
        return False
    if call(directory, os.fsencode(one), directory, os.fsencode(other), _SWAP) == 0:
        return True
    import ctypes

    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), other)


@cache
def _call() -> Any:
    name = {"linux": "renameat2", "darwin": "renameatx_np"}.get(sys.platform)
    if name is None:
        return None
    import ctypes  # late: most starts write nothing

    return getattr(ctypes.CDLL(None, use_errno=True), name, None)
