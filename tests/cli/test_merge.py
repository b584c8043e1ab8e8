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
    assert "Merged: x" in result.err
    assert "Kept (changed after it was deleted elsewhere): gone" in result.err
    assert {each.content for each in decode(path.read_bytes()).messages.values()} == {"ours", "theirs"}
    assert decode(gone.read_bytes()).draft == "more"
    assert chat("threads", "merge").err == "Nothing to merge.\n"


def test_sync_commits_merges_and_pushes(chat: Chat, data: Path, tmp_path: Path) -> None:
    remote, other = tmp_path / "remote", tmp_path / "other"
    git_says(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    git_says(data, "remote", "add", "origin", str(remote))
    assert chat("threads", "sync").err == "2 files committed · pushed to origin\n"
    git_says(tmp_path, "clone", "-q", str(remote), str(other))
    for folder, text in ((data, "ours"), (other, "theirs")):
        _write(folder / "threads" / "x.json", text)
    (other / "trash").mkdir()
    (other / "threads" / "x.json").rename(other / "trash" / "x.json")
    assert chat("threads", "sync", "--no-push").err == "1 file committed\n"
    assert chat("threads", "sync", str(other)).err == "2 files committed · pushed to origin\n"
    kept = "Kept (changed after it was deleted elsewhere): x\n"
    assert chat("threads", "sync").err == kept + "2 files received · pushed to origin\n"
    assert chat("threads", "sync", str(other)).err == "2 files received\n"
    assert chat("threads", "sync").err == "Nothing to synchronise.\n"
    for folder in (data, other):
        assert not (folder / "trash" / "x.json").exists()
        said = decode((folder / "threads" / "x.json").read_bytes()).messages.values()
        assert {each.content for each in said} == {"ours", "theirs"}


def test_sync_leaves_to_git_what_it_can_not_merge(chat: Chat, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git_says(tmp_path, "clone", "-q", str(data), str(other))
    for folder in (data, other):
        (folder / "notes").write_text(folder.name)
        _write(folder / "threads" / "x.json", folder.name)
    assert chat("threads", "sync").err == "4 files committed\n"
    failed = chat("threads", "sync", "--no-push", str(other))
    assert (failed.code != 0, "Could not merge notes in " in failed.err) == (True, True)
    assert git_says(other, "diff", "--name-only", "--diff-filter=U") == "notes"
    git_says(other, "add", "notes")
    assert chat("threads", "sync", "--no-push", str(other)).err == "Nothing to synchronise.\n"
    assert len(decode((other / "threads" / "x.json").read_bytes()).messages) == 2
    (data / "threads" / "x.json").write_text("{}")
    _write(other / "threads" / "x.json", "more")
    assert chat("threads", "sync").code == 0
    git_says(other, "commit", "-qam", "more")
    failed = chat("threads", "sync", "--no-push", str(other))
    assert (failed.code, "Could not merge x: " in failed.err) == (1, True)
    assert (git_says(other, "status", "--porcelain"), git_says(other, "log", "-1", "--format=%s")) == ("", "more")
    assert chat("threads", "sync", str(tmp_path)).code != 0


def _write(path: Path, text: str) -> None:
    thread = decode(path.read_bytes())
    thread.add(Role.USER, text)
    path.write_bytes(encode(thread))
