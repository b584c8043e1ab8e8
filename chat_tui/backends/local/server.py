"""Runs the local model: a child process with llama.cpp, started when first used, stopped with the program.

    file there, or downloaded (download) -> child started (child) -> address and key -> the usual HTTP requests

One child runs at a time; another model takes its place. It ends when this process does, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from chat_tui.backends.local.environment import child_environment
from chat_tui.backends.local.files import STARTER, check_starter, find_model, models_dir, starter_file
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.models.provider import Auth, Provider
from chat_tui.domain.ports.backend import Progress, ProgressCallback
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.secrets import Secret
from chat_tui.i18n import tr

CONTEXT = 8192
"""Tokens of prompt and answer together; llama.cpp lowers it for a model that was trained with fewer."""
LOAD_SECONDS = 600.0
"""For a model to be loaded from a slow disk."""
_STOP_SECONDS = 2.0
_STARTER_SAMPLING = {"temp": 0.2, "top_p": 0.9, "dry_multiplier": 0.8}
"""What its authors advise, and a penalty on repeated phrases, which a model this small falls into. One on repeated
words would fall on the words of the question too. A request's own parameters go first."""
CHILD = (sys.executable, "-P", "-m", "chat_tui.backends.local.child")

Fetch = Callable[[Path, ProgressCallback], Awaitable[None]]
"""Puts the starter model's file at the path."""


class LocalModel:
    """Starts and stops the child. Safe to be asked by several turns at once: they share one."""

    def __init__(
        self, data_dir: Path, cache_dir: Path, *, fetch: Fetch | None = None, child: tuple[str, ...] = CHILD
    ) -> None:
        """Makes it; nothing is started.

        Args:
            data_dir: below it, `models/` holds the files.
            cache_dir: gets the child's log.
            fetch: gets the starter model, if not from its package.
            child: the command line of the child.
        """
        self._data_dir = data_dir
        self._cache_dir = cache_dir
        self._fetch = fetch
        self._command = child
        self._lock = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._running: tuple[Path, str, Secret] | None = None
        """The file that is served, the address, the key."""

    async def start(
        self, model_id: str, provider: Provider, progress: ProgressCallback | None = None
    ) -> tuple[Provider, Secret]:
        """Has the model served and returns the profile and the key to reach it by.

        Raises:
            ProviderError: LOCAL_MODEL, with what is missing or wrong and what to do.
        """
        report = progress or _ignore
        async with self._lock:
            path = await self._file(model_id, provider, report)
            if (
                self._running is None
                or self._running[0] != path
                or self._process is None
                or self._process.poll() is not None
            ):
                await self._stop()
                report(Progress(tr("Starting the local model")))
                await self._start(path, model_id)
            assert self._running is not None  # _start set it
            _, address, key = self._running
        return replace(provider, base_url=address + "/v1", auth=Auth()), key

    async def aclose(self) -> None:
        """Stops the child, if there is one."""
        await self._stop()

    async def _file(self, model_id: str, provider: Provider, progress: ProgressCallback) -> Path:
        if importlib.util.find_spec("xllamacpp") is None and self._command == CHILD:
            raise _error(tr("Local models need an optional package."), tr('Run: pip install "chat-tui[local]"'))
        path = find_model(model_id, self._data_dir, provider)
        if model_id == STARTER and path is None:
            path = starter_file(self._data_dir)
            if self._fetch is None:
                from chat_tui.backends.local.download import fetch_starter

                self._fetch = fetch_starter
            await self._fetch(path, progress)
        if path is None or not path.is_file():
            name = clean(model_id, multiline=False)
            where = tr(
                "Put {name}.gguf into {folder}, or choose another model.",
                name=name,
                folder=models_dir(self._data_dir),
            )
            raise _error(tr("No local model named {name}.", name=name), where)
        is_running = self._running is not None and self._running[0] == path
        if path == starter_file(self._data_dir) and not is_running:
            await asyncio.to_thread(check_starter, path)
        return path

    async def _start(self, path: Path, model_id: str) -> None:
        key = secrets.token_urlsafe(24)
        settings = {
            "path": str(path),
            "alias": model_id,
            "key": key,
            "context": CONTEXT,
            "parent": os.getpid(),
            "sampling": _STARTER_SAMPLING if model_id == STARTER else {},
        }
        log = self._cache_dir / "local-model.log"
        process = self._spawn(log)
        self._process = process
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                line = await asyncio.to_thread(_converse, process, json.dumps(settings).encode() + b"\n")
        except BaseException as error:
            process.kill()  # also ends the thread that waits for its answer
            await self._stop()
            if isinstance(error, TimeoutError):
                raise _error(tr("The local model took too long to start."), tr("Try a smaller model.")) from None
            raise
        answer = _read_answer(line)
        address = answer.get("address")
        if not isinstance(address, str):
            await self._stop()
            problem = answer.get("error")
            detail = clean("\n".join(filter(None, (problem if isinstance(problem, str) else "", _end_of(log)))))[-2048:]
            raise _error(
                tr("The local model {name} did not start.", name=clean(path.name, multiline=False)),
                tr("The file may be damaged, of an unsupported format, or too large for this computer's memory."),
                detail,
            )
        self._running = (path, address.rstrip("/"), Secret(key))

    def _spawn(self, log: Path) -> subprocess.Popen[bytes]:
        """Starts the child from the thread of the loop: on Linux it dies with the very thread that started it."""
        sink: IO[Any] | int
        try:
            log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            sink = log.open("wb")
        except OSError:
            sink = subprocess.DEVNULL
        options: dict[str, Any] = {"start_new_session": True}  # ctrl+c is for this program, not for the child
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        try:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                env=child_environment(),
                **options,
            )
        except OSError as error:
            raise _error(tr("Could not start the local model."), tr("Try again."), clean(str(error))) from error
        finally:
            if not isinstance(sink, int):
                sink.close()

    async def _stop(self) -> None:
        process, self._process, self._running = self._process, None, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not (pipe is process.stdout and process.poll() is None):
                with contextlib.suppress(OSError):
                    pipe.close()
        await asyncio.shield(asyncio.to_thread(_reap, process))


def _converse(process: subprocess.Popen[bytes], line: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError):  # it ended already: the read shows that
        process.stdin.write(line)
        process.stdin.flush()
    return process.stdout.readline(65536)


def _read_answer(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        with contextlib.suppress(OSError):
            process.stdout.close()


def _end_of(log: Path) -> str:
    try:
        return log.read_bytes()[-1500:].decode("utf-8", "replace")
    except OSError:
        return ""


def _ignore(progress: Progress) -> None:
    pass


def _error(message: str, advice: str, detail: str = "") -> ProviderError:
    return ProviderError(ErrorKind.LOCAL_MODEL, message, advice, detail)
