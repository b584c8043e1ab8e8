"""Real processes: signals, pipes, and what starting costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Home, Script

COMMAND = [sys.executable, "-m", "chat_tui"]


@pytest.fixture
def environ(home: Home) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}  # buffers fail late
    return {**kept, **home.environ, "PYTHONPATH": os.getcwd()}  # noqa: PTH109 - the checkout


@pytest.fixture
def held(acme: Script) -> Iterator[Script]:
    """A server that sends its pieces and then nothing."""
    acme.hold = threading.Event()
    yield acme
    acme.hold.set()


def start(environ: dict[str, str], *argv: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*COMMAND, *argv], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environ)


def test_an_answer_through_a_pipe(acme: Script, environ: dict[str, str], home: Home) -> None:
    acme.pieces = ["é😀", "\nb"]
    done = subprocess.run(
        [*COMMAND, "ask", "Summarise"],
        input="text\n",
        capture_output=True,
        env={**environ, "LC_ALL": "C"},
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "é😀\nb", "")
    assert acme.bodies[-1]["messages"][-1]["content"] == "Summarise\n\ntext"
    assert home.thread()["messages"][1]["content"] == "é😀\nb"


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [(signal.SIGINT, 130, "stopped"), (signal.SIGTERM, 143, "interrupted"), (signal.SIGHUP, 129, "interrupted")],
)
def test_a_signal_keeps_what_came(
    held: Script, environ: dict[str, str], home: Home, number: signal.Signals, code: int, status: str
) -> None:
    process = start(environ, "ask", "Hi?")
    assert process.stdout is not None
    assert process.stdout.read(len("Hello there.")) == b"Hello there."
    process.send_signal(number)
    rest, err = process.communicate(timeout=20)
    assert (process.returncode, rest, err) == (code, b"", b"")
    message = home.thread()["messages"][1]
    assert (message["content"], message["status"]) == ("Hello there.", status)


def test_a_reader_that_has_enough_is_no_error(held: Script, environ: dict[str, str], home: Home) -> None:
    held.pieces = ["first\n"] + ["more\n"] * 20_000
    process = start(environ, "ask", "Hi?")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"first\n"
    process.stdout.close()
    assert process.wait(20) == 141
    assert process.stderr.read() == b""
    process.stderr.close()
    message = home.thread()["messages"][1]
    assert message["status"] == "stopped"
    assert message["content"].startswith("first\nmore\n")


def test_starting_imports_no_more_than_it_needs(environ: dict[str, str], home: Home) -> None:
    code = """
import sys
before = set(sys.modules)
from chat_tui.__main__ import main
main({argv})
heavy = {{"httpx", "textual", "rich", "sqlite3", "tomli_w", "platformdirs", "asyncio", "keyring"}}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    for argv, expected in ((["--version"], "[]"), (["config", "path"], "[]"), (["ask"], "['asyncio']")):
        done = subprocess.run(
            [sys.executable, "-c", code.format(argv=argv)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environ,
            text=True,
        )
        assert done.stderr.splitlines()[-1] == expected, argv
