"""A data directory of the last release is opened by this one, and by the release again: nothing is lost on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests import torture
from tests.cli.conftest import Home, Script, acme, home, server  # noqa: F401 - fixtures

ROOT = Path(__file__).parent.parent
RELEASE = "8c83071"
"""The commit of 0.2.0 that was published."""
KEY = "sk-0123456789abcdefghijklmnop"

pytestmark = pytest.mark.skipif(not torture.is_long, reason="runs two versions: only with --torture")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The package as it was released."""
    folder = tmp_path / "release"
    git = ["git", "archive", "--format=tar", f"--output={folder}.tar", RELEASE, "chat_tui", "themes"]
    if subprocess.run(git, cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip(f"commit {RELEASE} is not in this checkout")
    with tarfile.open(f"{folder}.tar") as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_there_and_back(release: Path, home: Home, acme: Script, tmp_path: Path) -> None:  # noqa: F811
    def command(source: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
        return [sys.executable, "-P", "-m", "chat_tui", *arguments], {
            **os.environ,
            **home.environ,
            "PYTHONPATH": str(source),
            "TERM": "xterm",
        }

    def run(source: Path, *arguments: str, stdin: str = "") -> str:
        argv, environ = command(source, *arguments)
        done = subprocess.run(argv, env=environ, input=stdin, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def files() -> dict[str, dict[str, Any]]:
        folder = home.root / "data" / "threads"
        return {each.stem: json.loads(each.read_bytes()) for each in sorted(folder.glob("*.json"))}

    def messages(thread: dict[str, Any]) -> dict[str, Any]:
        return {each["id"]: each for each in thread["messages"]}

    def holds(thread: dict[str, Any], earlier: dict[str, Any]) -> bool:
        """Whether a thread has every message of its earlier state, with all fields."""
        return messages(earlier).items() <= messages(thread).items()

    first = json.loads(run(release, "ask", "First question", "--param", "temperature=0.2", "--json"))["thread"]
    deleted = json.loads(run(release, "ask", "Deleted question", "--json"))["thread"]
    run(release, "threads", "rename", first, "A name of its own")
    run(release, "threads", "delete", deleted)
    run(release, "keys", "set", "openai", stdin=KEY)
    acme.hold = threading.Event()
    argv, environ = command(release, "ask", "Interrupted question")
    with subprocess.Popen(argv, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not home.is_on_disk("Hello there.") or not any((home.root / "data" / "journal").glob("*.json")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    acme.hold.set()
    acme.hold = None
    old = files()

    # There
    assert len(json.loads(run(ROOT, "threads", "list", "--json"))) == 2
    assert "Hello there." in run(ROOT, "threads", "show", "--raw", (old.keys() - {first}).pop())
    run(ROOT, "threads", "restore", deleted)
    found = json.loads(run(ROOT, "threads", "search", "question", "--json"))
    assert {each["id"] for each in found} == {*old, deleted}
    assert next(each for each in json.loads(run(ROOT, "providers", "--json")) if each["id"] == "openai")["ready"]
    (tmp_path / "notes.txt").write_text("What the notes say.")
    acme.calls = [{"chat-tui__read_file": {"path": str(tmp_path / "notes.txt")}}]
    options = ["--tool", "chat-tui", "--approve", "all", "--folder", str(tmp_path)]
    run(ROOT, "ask", "Next question", "--thread", first, *options)
    new = files()
    assert holds(new[first], old[first])
    (result,) = (each for each in new[first]["messages"] if each["role"] == "tool")
    assert "What the notes say." in json.dumps(result)
    assert new[first]["title"] == "A name of its own"

    # And back
    shown = run(release, "threads", "show", first)
    assert "Next question" in shown
    assert {each["id"] for each in json.loads(run(release, "threads", "list", "--json"))} == set(new)
    run(release, "ask", "Old question", "--thread", first)
    run(release, "threads", "rename", deleted, "Renamed by the release")
    back = files()
    assert all(holds(back[name], thread) for name, thread in new.items())
    assert {**new[first], "messages": 0, "head": 0, "updated": 0} == {
        **back[first], "messages": 0, "head": 0, "updated": 0
    }  # fmt: skip
    run(ROOT, "ask", "Last question", "--thread", first)
    assert holds(files()[first], back[first])
    run(ROOT, "doctor", "--no-online")
