"""The files beside exported conversations, in the same archive or folder: found by name or id, read bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_ID = re.compile(r"file[-_][A-Za-z0-9]{8,64}")
"""How the names of ChatGPT's files begin."""
_LARGEST = 10 * 1024 * 1024
"""Bytes of one file."""
_ALL = 512 * 1024 * 1024
"""Bytes of all that are read in one import: a cheap archive must not fill the disk."""
_MOST = 200_000


class Assets:
    """Files by name. The names are a stranger's: they are compared and handed back to where they came from, no more."""

    def __init__(self, names: Iterable[str] = (), read: Callable[[str, int], bytes | None] | None = None) -> None:
        """Reads nothing yet.

        Args:
            names: of the files, with folders.
            read: reads a file of that name, at most so many bytes; None where it can't be read.
        """
        self._read = read
        self._left = _ALL
        self._found: dict[str, str] = {}
        for number, name in enumerate(names):
            if number >= _MOST:
                break
            base = name.rpartition("/")[2]
            keys = [base, base.rpartition(".")[0], *name.split("/")[-2:-1]]  # Grok's files are in folders of their ids
            if found := _ID.match(base):
                keys.append(found[0])
            for key in keys:
                if key:
                    self._found.setdefault(key, name)

    def read(self, keys: Iterable[str]) -> bytes | None:
        """The content of the first file that one of the keys names; None where there is none, or it is too large."""
        if self._read is None:
            return None
        for key in keys:
            if (name := self._found.get(key)) is not None:
                data = self._read(name, _LARGEST + 1)
                if data is None or len(data) > _LARGEST or len(data) > self._left:
                    return None
                self._left -= len(data)
                return data
        return None
