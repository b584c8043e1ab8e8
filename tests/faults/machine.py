"""What only root can do to a machine: file systems of their own, full, read-only, without power."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SHUT_DOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN."""
_WITHOUT_LOG = struct.pack("I", 2)
"""What is in memory is lost, the file system's own journal included, as with the power."""


def needs(*programs: str, root: bool = True) -> None:
    """Skips a test that this machine can't run, with the reason; CI's root can, so there it fails instead."""
    missing = [each for each in programs if shutil.which(each) is None]
    reason = "it needs root" if root and (os.name != "posix" or os.geteuid() != 0) else ""
    reason = reason or (f"it needs {', '.join(missing)}" if missing else "")
    if reason and os.environ.get("CI") == "true" and os.name == "posix" and os.geteuid() == 0:
        pytest.fail(f"not skipped in CI: {reason}")
    if reason:
        pytest.skip(reason)


def run(*command: str | Path) -> None:
    """Runs a program of the system's; its failure is the test's."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """Mounts a file system in memory, `size=64k` or the like."""
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"mode=700,{options}", "tmpfs", folder)
    try:
        yield folder
    finally:
        run("umount", "--lazy", folder)


def fill(folder: Path) -> Path:
    """Leaves no byte free on a disk; removing the file that it returns frees what it took."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as stream:
        for size in (4096, 1):
            try:
                while stream.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return path


class Disk:
    """An ext4 file system in a file, whose power can be cut."""

    def __init__(self, folder: Path) -> None:
        self._image = folder / "image"
        self.root = folder / "disk"
        self.root.mkdir()
        with self._image.open("wb") as stream:
            stream.truncate(32 * 1024 * 1024)
        run("mkfs.ext4", "-qF", self._image)

    def __enter__(self) -> Disk:
        self.mount()
        return self

    def __exit__(self, *_: object) -> None:
        self.unmount()

    def mount(self) -> None:
        run("mount", "-o", "loop", self._image, self.root)

    def unmount(self) -> None:
        run("umount", self.root)

    def cut_power(self) -> None:
        """From now on nothing reaches the disk, and what has not yet is lost; `mount` is the next start."""
        file = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(file, _SHUT_DOWN, _WITHOUT_LOG)
        finally:
            os.close(file)
