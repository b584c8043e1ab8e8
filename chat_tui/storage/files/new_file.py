"""Files that the user names: never over one that is there. And the one that keeps what could not be copied."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chat_tui.domain.errors import UsageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import in_words, write_atomic

MOST_READ = 500_000
"""Bytes of a file that is compared with a text."""


class FileTexts:
    """Implements `TextFiles`."""

    def __init__(self, kept: Path) -> None:
        """Makes it; writes nothing.

        Args:
            kept: the file that `keep` writes.
        """
        self._kept = kept

    async def save(self, name: str, text: str, proposed: str) -> Path:
        """See `TextFiles.save`."""
        return await asyncio.to_thread(write_new, path_of(name), proposed, text.encode())

    async def find(self, name: str) -> Path:
        """See `TextFiles.find`."""
        return await asyncio.to_thread(_found, name)

    async def read(self, name: str) -> tuple[Path, str]:
        """See `TextFiles.read`."""
        return await asyncio.to_thread(_read, name)

    async def keep(self, text: str) -> Path:
        """See `TextFiles.keep`."""
        await asyncio.to_thread(write_atomic, self._kept, text.encode())
        return self._kept


def path_of(name: str) -> Path:
    """The path that a user wrote.

    Raises:
        UsageError: it names a home that there is not.
    """
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise UsageError(tr("{name} names a user who is not known here.", name=clean(name, multiline=False))) from None


def _found(name: str) -> Path:
    path = path_of(name)
    try:
        found = path.resolve() if path.is_file() else None
    except (OSError, ValueError):
        found = None
    if found is None:
        raise UsageError(tr("No such file: {name}", name=clean(name, multiline=False)))
    return found


def _read(name: str) -> tuple[Path, str]:
    path = _found(name)
    shown = clean(str(path), multiline=False)
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_READ + 1)
    except OSError as error:
        raise in_words(error, "read", path) from error
    if len(data) > MOST_READ:
        raise UsageError(tr("{name} is larger than {n} kB.", name=shown, n=MOST_READ // 1000))
    try:
        return path, data.decode()
    except UnicodeDecodeError:
        raise UsageError(tr("{name} is not a UTF-8 text.", name=shown)) from None


def write_new(path: Path, name: str, data: bytes) -> Path:
    """Writes a new file; in a directory it is called `name`.

    Returns:
        The file.

    Raises:
        UsageError: there is such a file, which is left as it is, or its directory is missing.
        StorageError: it can't be written.
    """
    if path.is_dir():
        path = path / name
    shown = clean(str(path), multiline=False)
    if not path.parent.is_dir():
        raise UsageError(tr("No such directory: {path}.", path=clean(str(path.parent), multiline=False)))
    try:
        stream = path.open("xb")
    except FileExistsError:
        raise UsageError(tr("{name} already exists and was not changed. Choose another name.", name=shown)) from None
    except OSError as error:
        raise in_words(error, "write", path) from error
    try:
        with stream:
            stream.write(data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise in_words(error, "write", path) from error
    return path
