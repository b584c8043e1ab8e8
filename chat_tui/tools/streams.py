"""Opens the way to a server as its settings say: a process that is started, or an address."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from chat_tui.domain.models.provider import is_loopback
from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.settings import ToolServerSettings
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import make_directory
from chat_tui.tools.http import HttpTrouble, http_streams
from chat_tui.tools.stdio import Launch, Streams, stdio_streams
from chat_tui.tools.variables import MissingVariableError, expand, server_environment
from chat_tui.tools.words import one_line


@asynccontextmanager
async def open_streams(
    settings: ToolServerSettings,
    environ: Mapping[str, str],
    log: Path,
    on_end: Callable[[int | None], Awaitable[None]],
    trouble: HttpTrouble,
) -> AsyncGenerator[Streams]:
    """The SDK's streams to a server.

    Args:
        settings: how it is started or reached.
        environ: fills in the variables of the settings.
        log: gets what a process writes on standard error.
        on_end: see `stdio_streams`.
        trouble: see `http_streams`.

    Raises:
        ToolError: the settings, or the environment, do not allow it.
        StorageError: the log's directory can't be made.
        OSError: the process can't be started.
    """
    try:
        if settings.url:
            url, headers = _address(settings, environ)
        else:
            launch = await asyncio.to_thread(_launch, settings, environ, log)
    except MissingVariableError as error:
        raise ToolError(
            tr("{name} needs the variable {variable}, which is not set.", name=settings.name, variable=error)
        ) from None
    streams = http_streams(url, headers, trouble) if settings.url else stdio_streams(launch, on_end)
    async with streams as pair:
        yield pair


def _launch(settings: ToolServerSettings, environ: Mapping[str, str], log: Path) -> Launch:
    env = server_environment(environ, settings.env)
    program = shutil.which(Path(expand(settings.command, environ)).expanduser(), path=env.get("PATH"))
    if program is None:
        raise ToolError(
            tr(
                "Could not start {name}: program not found: {program}.",
                name=settings.name,
                program=one_line(settings.command),
            )
        )
    cwd = str(Path(expand(settings.cwd, environ)).expanduser()) if settings.cwd else None
    if cwd is not None and not Path(cwd).is_dir():
        raise ToolError(
            tr(
                "Could not start {name}: its cwd {folder} is not a directory.",
                name=settings.name,
                folder=one_line(settings.cwd),
            )
        )
    make_directory(log.parent)
    return Launch((program, *(expand(each, environ) for each in settings.args)), env, cwd, log)


def _address(settings: ToolServerSettings, environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The address and the headers: such that nobody on the way can read them."""
    url = expand(settings.url, environ)
    headers = {name: expand(value, environ) for name, value in settings.headers.items()}
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ToolError(tr("{name} has no http(s) address.", name=settings.name))
    if parts.scheme == "http" and not is_loopback(host):
        raise ToolError(tr("{name} has an http address that is not on this machine. Use https.", name=settings.name))
    if parts.username is not None:
        raise ToolError(tr("{name} has a user name in its address. Use headers.", name=settings.name))
    for name, value in headers.items():
        if not f"{name}{value}".isascii() or not f"{name}{value}".isprintable():
            raise ToolError(
                tr(
                    "The header {header} of {name} has characters that none may have.",
                    header=one_line(name),
                    name=settings.name,
                )
            )
    return url, headers
