"""The local model: what is missing is said, one child is started, none is left."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.client import HttpBackend
from chat_tui.backends.local.environment import child_environment
from chat_tui.backends.local.files import STARTER, STARTER_SHA256, starter_file
from chat_tui.backends.local.server import LocalModel
from chat_tui.domain.conversation.chunk import Chunk
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.response_format import short_schema, strict_format
from chat_tui.session.requests.answer_check import check_answer
from chat_tui.tools.validation import ChildSchemas
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
    results = await asyncio.gather(*(one.start("tiny", PROVIDER, lambda p: heard.append(p.message)) for _ in range(3)))
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
from chat_tui.backends.local.server import LocalModel
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
    with pytest.raises(ProviderError, match="No local model named huge") as caught:
        await model(tmp_path).start("huge", PROVIDER)
    assert str(tmp_path / "models") in failing(caught).advice


async def test_a_file_of_the_configuration(tmp_path: Path) -> None:
    named = tmp_path / "elsewhere.gguf"
    named.write_bytes(b"GGUF")
    one = model(tmp_path)
    await one.start("elsewhere", replace(PROVIDER, models=(str(named),)))
    await one.aclose()


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
    async with aclosing(backend.stream(request, lambda progress: heard.append(progress.message))) as stream:
        async for chunk in stream:
            chunks.append(chunk)
    message = reduced(chunks)
    assert message.content.strip()
    assert message.finish_reason in ("stop", "length")
    assert message.usage is not None
    assert heard == ["Starting the local model"]
    assert backend.model(request.model).context_window == 8192  # its own word: /props
    process = backend._local._process if backend._local else None
    await backend.aclose()
    assert process is not None
    assert process.poll() is not None


async def test_smollm2_keeps_to_a_schema(real: Path) -> None:
    backend = HttpBackend(lambda: {"local": PROVIDER}, Keys(None), real / "cache", real / "data")
    schema = short_schema("name, age int")
    forms: list[JsonObject] = [strict_format(schema), {"type": "json_object", "schema": schema}]
    for form in forms:
        parameters: JsonObject = {"max_tokens": 60, "temperature": 0, "response_format": form}
        request = turn("local", STARTER, parameters=parameters)
        async with aclosing(backend.stream(request)) as stream:
            message = reduced([chunk async for chunk in stream])
        assert (await check_answer(message.content, schema, ChildSchemas())).problems == []
    await backend.aclose()


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
