"""Files that are whole or not there: atomic, durable writes, and reads that no planted file hangs."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from chat_tui.domain.errors import StorageError
from chat_tui.i18n import sentences, tr
from chat_tui.storage.files.swap import swap

FRESH = 1.0
"""Seconds after its last change for which a file may still be growing under somebody's hands."""
READ_LIMIT = 256 * 1024 * 1024
"""Bytes that are read of one file at most."""
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_POSIX = os.name == "posix"
_REASONS = {
    errno.ENOSPC: (tr("the disk is full"), tr("Free some space and try again.")),
    getattr(errno, "EDQUOT", errno.ENOSPC): (tr("the disk quota is used up"), tr("Free some space and try again.")),
    errno.EROFS: (tr("the disk is read-only"), tr("Make it writable, or set CHAT_TUI_DATA_DIR to another place.")),
    errno.EACCES: (tr("permission denied"), tr("Check who owns it and its mode.")),
    errno.EPERM: (tr("permission denied"), tr("Check who owns it and its mode.")),
    errno.EIO: (tr("the disk reports an error"), tr("Copy what matters to another disk.")),
    errno.EMFILE: (tr("too many files are open"), tr("Close something and try again.")),
    errno.ENFILE: (tr("too many files are open"), tr("Close something and try again.")),
    errno.EFBIG: (tr("the file would be too large"), tr("Raise the file size limit (ulimit -f).")),
    errno.ENAMETOOLONG: (tr("the name is too long"), tr("Use a shorter one.")),
    errno.EEXIST: (tr("a file is where a directory should be"), tr("Move it away.")),
    errno.ENOTDIR: (tr("a file is where a directory should be"), tr("Move it away.")),
    errno.ELOOP: (tr("it is a symbolic link"), tr("Put the file itself there.")),
}

_FAILED = {
    "create": tr("Could not create the directory {path}: {why}."),
    "move": tr("Could not move {path}: {why}."),
    "read": tr("Could not read {path}: {why}."),
    "remove": tr("Could not remove {path}: {why}."),
    "write": tr("Could not write {path}: {why}."),
}
"""What could not be done, by the name of the action."""

Stamp = tuple[int, int, int]
"""Modification time in ns, size, inode: what tells that a file is still the one that is known."""
ANY: Stamp = (-1, -1, -1)
"""Of no file: in place of a stamp, whatever stands there."""


class ChangedError(StorageError):
    """The file is not the one that was to be replaced: somebody has written it meanwhile."""


class UnsyncedError(StorageError):
    """The new file is in its place, but a power cut may bring the old one back."""


def in_words(error: OSError, action: str, path: Path) -> StorageError:
    """Makes an error that a person can act on: what could not be done, why, what to do next."""
    why, advice = _REASONS.get(error.errno or 0, (error.strerror or type(error).__name__, ""))
    return StorageError(sentences(_FAILED[action].format(path=path, why=why), advice))


def stamp_in(status: os.stat_result) -> Stamp:
    """The stamp of a file with this status."""
    return status.st_mtime_ns, status.st_size, status.st_ino


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of the file at `path`; None where there is none."""
    try:
        return stamp_in(path.lstat())
    except OSError:
        return None


def make_directory(path: Path) -> None:
    """Creates a directory and its missing parents, each with mode 0700 whatever the umask, and each on disk.

    Raises:
        StorageError: it can't be created.
    """
    missing: list[Path] = []
    at = path
    try:
        while not at.is_dir():
            missing.append(at)
            if at.parent == at:
                break
            at = at.parent
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
            _sync_directory(each.parent)
    except OSError as error:
        raise in_words(error, "create", path) from error


def make_private(folder: Path) -> None:
    """Takes from others what they may do with a directory and its files, where those are this user's.

    Programs of this user may have made them so: an editor, a copy, a checkout.
    """
    if not _POSIX:
        return
    with suppress(OSError):  # there is no such directory, or the file system has no modes
        _make_private(folder, folder.stat(), 0o700)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    _make_private(Path(entry.path), entry.stat(follow_symlinks=False), 0o600)


def _make_private(path: Path, status: os.stat_result, mode: int) -> None:
    if status.st_uid == os.geteuid() and status.st_mode & 0o077:
        path.chmod(mode)


def write_atomic(path: Path, data: bytes, *, follow: bool = False, over: Stamp | None = ANY) -> os.stat_result:
    """Replaces a file by `data`, mode 0600: on disk, and whole, when this returns.

    Args:
        path: the file; its directory is created where it is missing.
        data: the whole content.
        follow: write the target of a symbolic link, for settings that a dotfile manager links; a thread's link is
            replaced, so that no planted link can aim the write elsewhere.
        over: the stamp of the file that may be replaced, compared at the last moment; None for none.

    Returns:
        The new file's status.

    Raises:
        ChangedError: another file than `over` stands there; it is left as it is.
        UnsyncedError: the directory could not be synced.
        StorageError: the old file is still there as it was.
    """
    if follow:
        path = Path(os.path.realpath(path))
    make_directory(path.parent)
    try:
        return _write(path, data, over)
    except OSError as error:
        raise in_words(error, "write", path) from error


def _write(path: Path, data: bytes, over: Stamp | None) -> os.stat_result:
    temporary = f".{path.name}.{os.urandom(8).hex()}.tmp"
    directory = os.open(path.parent, os.O_RDONLY | _DIRECTORY | _CLOEXEC) if _POSIX else None
    # Windows has no directory descriptors: full names there.
    source = temporary if _POSIX else str(path.with_name(temporary))
    target = path.name if _POSIX else str(path)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _CLOEXEC | _BINARY
        file = os.open(source, flags, 0o600, dir_fd=directory)
        try:
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(file, rest) :]
                _sync_file(file)
                status = os.fstat(file)
            finally:
                os.close(file)
            if over is not ANY and stamp_of(path) != over:
                raise _changed(path)
            if directory is not None and over not in (ANY, None) and _swapped(directory, source, path):
                _keep_only(over, path, source, directory)
            else:
                os.replace(source, target, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            with suppress(OSError):  # what went wrong first is what counts
                os.unlink(source, dir_fd=directory)  # noqa: PTH108 - relative to the open directory
            raise
        if directory is not None:
            try:
                _sync(directory)
            except OSError as error:
                raise UnsyncedError(str(in_words(error, "write", path))) from error
        return status
    finally:
        if directory is not None:
            os.close(directory)


def _swapped(directory: int, source: str, path: Path) -> bool:
    try:
        return swap(directory, source, path.name)
    except FileNotFoundError:
        raise _changed(path) from None


def _keep_only(over: Stamp | None, path: Path, swapped: str, directory: int) -> None:
    """Removes what a new file has changed places with, if that is `over`; else it gets its place back.

    Raises:
        ChangedError: it is another file, which stands at `path` again.
    """
    replaced = path.with_name(swapped)
    if stamp_of(replaced) != over:
        swap(directory, swapped, path.name)
        raise _changed(path)
    with suppress(OSError):  # the new file is in its place; what is left of the old one is swept away later
        os.unlink(swapped, dir_fd=directory)  # noqa: PTH108 - relative to the open directory


def _changed(path: Path) -> ChangedError:
    return ChangedError(tr("{path} was written by another program meanwhile. Try again.", path=path))


def _sync_file(file: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)  # fsync alone leaves it in the drive's cache
        except OSError:  # not every file system has it
            os.fsync(file)
    else:
        os.fsync(file)


def _sync(directory: int) -> None:
    try:
        os.fsync(directory)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system without directory sync
            raise


def _sync_directory(path: Path) -> None:
    if _POSIX:
        directory = os.open(path, os.O_RDONLY | _DIRECTORY | _CLOEXEC)
        try:
            _sync(directory)
        finally:
            os.close(directory)


def move(source: Path, target: Path) -> None:
    """Renames a file, on disk when this returns; never over another one.

    Raises:
        FileNotFoundError: there is no source.
        FileExistsError: there is a target.
        StorageError: it can't be moved.
    """
    make_directory(target.parent)
    try:
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "exists", str(target))
        source.rename(target)
        _sync_directory(target.parent)
        _sync_directory(source.parent)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as error:
        raise in_words(error, "move", source) from error


def keep_copy(path: Path, copy: Path) -> None:
    """Lets `copy` be the file as it is now, whatever replaces `path` later. Costs no reading; nothing is synced.

    Where the file system has no hard links, or no room, there is no copy.
    """
    temporary = copy.with_name(f".{copy.name}.{os.urandom(8).hex()}.tmp")
    with suppress(OSError, StorageError):
        make_directory(copy.parent)
        os.link(path, temporary, follow_symlinks=False)
        try:
            with suppress(OSError):
                if _POSIX and stat.S_ISREG((status := temporary.lstat()).st_mode):
                    _make_private(temporary, status, 0o600)
            temporary.replace(copy)
        finally:
            temporary.unlink(missing_ok=True)  # two names of one file: replacing does nothing then


def remove(path: Path, *, sync: bool = True) -> None:
    """Removes a file, or does nothing where there is none.

    Args:
        path: the file.
        sync: whether a power cut must not bring it back.

    Raises:
        StorageError: it can't be removed.
    """
    try:
        path.unlink(missing_ok=True)
        if sync and path.parent.is_dir():
            _sync_directory(path.parent)
    except OSError as error:
        raise in_words(error, "remove", path) from error


def safe_read(path: Path, limit: int = READ_LIMIT, *, follow: bool = False) -> tuple[bytes, os.stat_result]:
    """Reads a regular file. A FIFO, a device or (unless `follow`) a symbolic link is refused, not waited for.

    Args:
        path: the file.
        limit: bytes; a larger file is refused.
        follow: read the target of a symbolic link.

    Returns:
        The content, and the status of what was read.

    Raises:
        FileNotFoundError: there is none.
        StorageError: anything else, in words.
    """
    with open_regular(path, follow=follow) as stream:
        status = os.fstat(stream.fileno())
        data = b""
        if status.st_size <= limit:
            data = stream.read(status.st_size + 1)  # memory for all that is asked for is taken at once
            if len(data) > status.st_size:  # it has grown meanwhile, or its size is unknown
                data += stream.read(limit + 1 - len(data))
    if status.st_size > limit or len(data) > limit:
        raise StorageError(
            tr(
                "Could not read {path}: it is larger than {n} MiB. Move it away.",
                path=path,
                n=limit // 1024 // 1024,
            )
        )
    return data, status


def is_fresh(status: os.stat_result) -> bool:
    """Whether a file changed within the last moment: found broken, it may be half of what is being written in place."""
    return 0 <= time.time() - status.st_mtime < FRESH


def is_still(path: Path, read: os.stat_result) -> bool:
    """Whether a file is the very one that was read, and as it was."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stamp_in(status) == stamp_in(read)


@contextmanager
def open_regular(path: Path, *, follow: bool = False) -> Iterator[BinaryIO]:
    """Opens a regular file for reading, as `safe_read` does, for what is too large to be read whole.

    Raises:
        FileNotFoundError: there is none.
        StorageError: anything else, in words; also for what fails while it is open.
    """
    if follow:
        path = Path(os.path.realpath(path))
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # before opening: opening a device can do something
            raise StorageError(tr("Could not read {path}: it is not a regular file. Move it away.", path=path))
        file = os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _CLOEXEC | _BINARY)
        with os.fdopen(file, "rb") as stream:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise StorageError(tr("Could not read {path}: it is not a regular file. Move it away.", path=path))
            yield stream
    except FileNotFoundError:
        raise
    except OSError as error:
        raise in_words(error, "read", path) from error
