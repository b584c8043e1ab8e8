"""`chat-tui doctor`: what it finds, what it repairs, and that it ends."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from chat_tui.cli.doctor.findings import Finding, Grade, in_time
from chat_tui.storage.files.lock import take
from chat_tui.ui.terminal.report import SAMPLES, TerminalReport, ask_terminal
from tests.cli.conftest import Chat, Home, Result, Script, Terminal

KEY = "sk-abcdefghijklmnopqrstuvwx0123"


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal of whoever runs the tests is not asked."""
    monkeypatch.setattr("chat_tui.cli.doctor.terminal.TERMINAL", "/dev/no-terminal")
    monkeypatch.delenv("TMUX", raising=False)


def named(result: Result) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in result.json["findings"]}


def statuses(result: Result, *names: str) -> list[str]:
    found = named(result)
    return [found[name]["status"] if name in found else "" for name in names]


def test_what_is_wrong_with_files_is_found_and_repaired(chat: Chat, home: Home) -> None:
    threads, journal = home.root / "data" / "threads", home.root / "data" / "journal"
    for folder in (threads, journal, home.cache, home.config):
        folder.mkdir(parents=True)
    threads.chmod(0o755)
    credentials = home.config / "credentials.toml"
    credentials.write_text(f'[keys]\nopenai = "{KEY}"\n')
    credentials.chmod(0o644)
    message = {"id": "1", "role": "user", "content": "Private words"}
    thread = {"format": "chat-tui.thread", "version": 1, "title": "Private", "head": "1", "messages": [message]}
    (threads / "20261126-aa11.json").write_text(json.dumps(thread))
    (journal / "20261126-aa11~dead.json").write_text(
        json.dumps(thread | {"draft": "A lost draft", "was": {"draft": None}})
    )
    (journal / "dead.lock").touch(0o600)
    os.utime(journal / "dead.lock", (1, 1))
    with sqlite3.connect(home.cache / "search.sqlite3") as db:
        db.execute("CREATE TABLE it (words)")
        db.execute("INSERT INTO it VALUES (?)", ["x" * 50_000])
    db.close()
    index = home.cache / "search.sqlite3"
    index.write_bytes(index.read_bytes()[:6_000] + b"\xff" * 20_000)
    file = take(journal / "alive.lock")
    assert file is not None

    broken = ("data", "credentials.toml", "journal", "search.sqlite3")
    result = chat("doctor", "--json")
    assert result.code == 1
    assert statuses(result, *broken) == ["problem", "problem", "note", "problem"]
    assert "1 pages and 1 locks" in named(result)["journal"]["text"]
    if sys.platform == "linux":
        assert f"process {os.getpid()} " in named(result)["lock"]["text"]
    assert "Private" not in result.out
    assert KEY not in result.out

    fixed = chat("doctor", "--json", "--fix")
    assert [named(fixed)[name]["fixed"] for name in broken] == [True] * 4
    assert statuses(chat("doctor", "--json"), *broken) == ["ok", "ok", "ok", ""]
    assert json.loads((threads / "20261126-aa11.json").read_text())["draft"] == "A lost draft"
    assert (journal / "alive.lock").exists()
    os.close(file)


def test_nothing_private_is_in_the_report(chat: Chat, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("https_proxy", f"http://user:{KEY}@proxy.example:8080")
    monkeypatch.setenv("HOME", str(home.root))
    result = chat("doctor")
    assert "OpenAI" in result.out
    assert "proxy.example:8080 (from https_proxy)" in result.out
    assert KEY not in result.out + result.err
    assert str(home.root) not in result.out
    assert "~/data" in result.out


def test_servers_are_asked_only_after_a_yes(chat: Chat, acme: Script, home: Home) -> None:
    assert "acme" not in named(chat("doctor", "--json"))
    settings = (home.config / "config.toml").read_text()
    (home.config / "config.toml").write_text(settings.replace('models = ["small", "org/large"]', ""))
    assert "models" not in chat("doctor", stdin=Terminal("n\n"), terminal=True).out
    asked = chat("doctor", stdin=Terminal("y\n"), terminal=True)
    assert "Ask acme" in asked.err
    assert "2 models" in asked.out
    acme.status = 500
    assert statuses(chat("doctor", "--online", "--json"), "acme") == ["problem"]


def test_a_question_is_one_token(chat: Chat, acme: Script, home: Home) -> None:
    assert statuses(chat("doctor", "--question", "--json"), "question") == ["ok"]
    assert acme.bodies[-1]["max_tokens"] == 1
    assert home.threads() == []
    acme.status = 401
    failed = chat("doctor", "--question", "--json")
    assert (failed.code, statuses(failed, "question")) == (1, ["problem"])


async def test_a_check_that_hangs_or_fails_costs_only_itself() -> None:
    forever = threading.Event()

    def hang() -> list[Finding]:
        forever.wait(20)
        return []

    def fail() -> list[Finding]:
        raise ValueError("no such thing")

    (late,) = await in_time("Files", "disk", hang, seconds=0.05)
    assert (late.grade, late.text) == (Grade.PROBLEM, "No answer within 0.05 s.")
    (failed,) = await in_time("Files", "disk", fail)
    assert failed.text == "The check failed: ValueError: no such thing"
    forever.set()


def asked(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[TerminalReport, bytes]:
    """What is made of a terminal's answer, which it gives once it was asked all; and what it was asked."""
    master, slave = pty.openpty()
    seen: list[bytes] = []

    def be_a_terminal() -> None:
        data = b""
        while not data.endswith(b"\x1b[c"):
            data += os.read(master, 4096)
        seen.append(data)
        os.write(master, answer)

    thread = threading.Thread(target=be_a_terminal)
    thread.start()
    try:
        return ask_terminal(slave, {"TERM": "xterm-kitty"}), seen[0]
    finally:
        thread.join()
        os.close(master)
        os.close(slave)


def test_a_terminal_says_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [3 if name == "ellipsis" else 2 if name in ("combining accent", "box") else 3 for name in SAMPLES]
    answer = "\x1b[?1u\x1b_Gi=31;OK\x1b\\\x1b]11;rgb:0000/0000/0000\x07\x1b[?2026;2$y"
    answer += "".join(f"\x1b[7;{column}R" for column in columns) + "\x1b[?62;4;22c"
    report, question = asked(answer.encode(), monkeypatch)
    assert report.answered
    assert report.said | {"attributes": ""} == {
        "keys": "1", "kitty": "OK", "background": "rgb:0000/0000/0000", "sync": "2", "attributes": ""
    }  # fmt: skip
    assert report.differing == ["ellipsis"]
    assert question.count(b"\x1b[6n") == len(SAMPLES)
    assert b"\r\x1b[K" in question


def test_a_terminal_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_tui.ui.terminal.report.WAIT", 0.05)
    report, _ = asked(b"", monkeypatch)
    assert not report.answered
    assert ask_terminal(-1, {"TERM": "dumb"}) == TerminalReport()


def test_it_needs_no_widgets(home: Home) -> None:
    code = "import sys; from chat_tui.__main__ import main; main(['doctor', '--no-online']); "
    code += "print(sorted({'textual', 'httpx', 'keyring'} & set(sys.modules)), file=sys.stderr)"
    environ = {**os.environ, **home.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.stderr.splitlines()[-1] == "[]"
