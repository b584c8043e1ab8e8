"""`chat-tui threads merge`: the driver, its set-up, and what git left in conflict."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.threads.codec import decode, encode
from tests.cli.conftest import Chat, Home
from tests.storage.sharing.machines import ENVIRONMENT, git_says, run_git


@pytest.fixture(autouse=True)
def own_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def data(home: Home) -> Path:
    """A repository with a thread."""
    folder = home.root / "data"
    (folder / "threads").mkdir(parents=True)
    git_says(folder, "init", "-q", "-b", "main")
    (folder / ".gitignore").write_text("mine\n")
    (folder / "threads" / "x.json").write_bytes(encode(Thread(id="x", title="t")))
    git_says(folder, "add", "-A")
    git_says(folder, "commit", "-qm", "start")
    return folder


def test_set_up_and_taken_away(chat: Chat, data: Path) -> None:
    assert chat("threads", "merge", "--install").code == 0
    assert "journal" in (data / ".stignore").read_text()
    for name in ("journal/page", "threads/.bak/x.json", "cache.sqlite3-wal", "undo.jsonl"):
        assert git_says(data, "check-ignore", name) == name
    assert run_git(data, "check-ignore", "threads/x.json").returncode == 1
    assert git_says(data, "check-attr", "merge", "threads/x.json").endswith(": chat-tui")
    was = [each.read_text() for each in sorted(data.glob(".[gs]*ignore"))]
    assert chat("threads", "merge", "--install").code == 0  # again
    assert [each.read_text() for each in sorted(data.glob(".[gs]*ignore"))] == was
    assert chat("threads", "merge", "--uninstall", str(data)).code == 0
    assert (data / ".gitignore").read_text() == "mine\n"
    assert [each.name for each in data.glob(".*")] == [".git", ".gitignore"] or not (data / ".stignore").exists()
    assert run_git(data, "config", "--get-regexp", "merge").returncode == 1


def test_a_folder_without_git_gets_its_lists_and_advice(chat: Chat, home: Home) -> None:
    folder = home.root / "synced"
    folder.mkdir()
    result = chat("threads", "merge", "--install", str(folder))
    assert (result.code, "git init" in result.err, (folder / ".stignore").exists()) == (0, True, True)
    assert chat("threads", "merge", "--install", str(folder / "none")).code == 2
    assert chat("threads", "merge", "one", "two").code == 2


def test_what_is_no_thread_is_a_conflict_and_stays(chat: Chat, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("base", "ours", "theirs")]
    for path in paths:
        path.write_text("{}")
    result = chat("threads", "merge", *map(str, paths))
    assert (result.code, "not a thread" in result.err, paths[1].read_text()) == (1, True, "{}")


def test_conflicts_that_git_left_are_merged(chat: Chat, data: Path) -> None:
    """Without a driver, and of a thread that one side changed and the other one deleted."""
    path, gone = data / "threads" / "x.json", data / "threads" / "gone.json"
    gone.write_bytes(encode(Thread(id="gone", title="t")))
    git_says(data, "add", "-A")
    git_says(data, "commit", "-qm", "two")
    for branch, text in (("other", "theirs"), ("main", "ours")):
        git_says(data, "checkout", "-q", *(["-b"] if branch == "other" else []), branch)
        thread = decode(path.read_bytes())
        thread.add(Role.USER, text)
        path.write_bytes(encode(thread))
        if branch == "other":
            gone.write_bytes(encode(Thread(id="gone", title="t", draft="more")))
        else:
            gone.unlink()
        git_says(data, "commit", "-qam", branch)
    assert run_git(data, "merge", "other").returncode == 1
    result = chat("threads", "merge")
    assert (result.code, git_says(data, "ls-files", "--unmerged")) == (0, "")
    assert "Merged: threads/x.json" in result.err
    assert "Kept (changed after it was deleted elsewhere): threads/gone.json" in result.err
    assert {each.content for each in decode(path.read_bytes()).messages.values()} == {"ours", "theirs"}
    assert decode(gone.read_bytes()).draft == "more"
    assert chat("threads", "merge").err == "Nothing to merge.\n"
