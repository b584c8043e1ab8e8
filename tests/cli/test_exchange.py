"""`threads export` and `threads import`: what goes to which stream, what is refused, the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Chat, Home, Script
from tests.storage.exchange.samples import chatgpt_export, claude_export


@pytest.fixture
def name(chat: Chat, acme: Script, home: Home) -> str:
    """A thread's id."""
    chat("ask", "First question")
    identity = home.thread()["id"]
    assert isinstance(identity, str)
    return identity


def test_a_chatgpt_and_a_claude_export_are_imported_and_shown(chat: Chat, home: Home) -> None:
    files = [home.root / "chatgpt.json", home.root / "claude.json"]
    for file, export in zip(files, (chatgpt_export(), claude_export()), strict=True):
        file.write_text(json.dumps([export]))
    result = chat("threads", "import", *map(str, files))
    assert result.code == 0
    names = [line.split("  ", 1) for line in result.out.splitlines()]
    assert [title for _, title in names] == ["Trip to 東京", "Calendar tips"]
    assert f"{files[0]}: 1 imported, 0 already present" in result.err
    assert "images and files were not copied; the messages name them" in result.err
    shown = chat("threads", "show", names[0][0]).out
    assert "## openai/gpt-5-thinking\n\n東京タワー です。" in shown
    assert "[tool call: web_search(" in chat("threads", "show", names[1][0]).out
    assert {each["id"] for each in chat("threads", "list", "--json").json} == {identity for identity, _ in names}
    again = chat("threads", "import", *map(str, files))
    assert (again.code, again.out) == (0, "")
    assert "0 imported, 1 already present" in again.err


def test_export_then_import_is_the_same_file(chat: Chat, home: Home, name: str) -> None:
    (path,) = (home.root / "data" / "threads").glob("*.json")
    before = path.read_bytes()
    exported = chat("threads", "export", name, "--to", "json").out
    assert exported.encode() == before
    copy = home.root / "copy.json"
    copy.write_text(exported)
    path.unlink()
    assert chat("threads", "import", str(copy)).out == f"{name}  First question\n"
    assert path.read_bytes() == before


@pytest.mark.parametrize(("to", "words"), [("md", "## 2. small · acme\n"), ("html", "<h1"), ("json", '"messages": [')])
def test_export_to_a_file(chat: Chat, home: Home, name: str, to: str, words: str) -> None:
    target = home.root / f"thread.{to}"
    result = chat("threads", "export", name[-4:], "--to", to, "-o", str(target))
    assert (result.code, result.out) == (0, "")
    assert words in target.read_text()
    assert chat("threads", "export", name, "--to", to).out == target.read_text()


def test_a_directory_gets_a_file_of_the_title(chat: Chat, home: Home, name: str) -> None:
    chat("threads", "rename", name, 'A/B: "c" \\ <d>|?*')
    assert chat("threads", "export", name, "--to", "md", "-o", str(home.root)).code == 0
    assert (home.root / "A B c d.md").is_file()


def test_nothing_is_overwritten(chat: Chat, home: Home, name: str) -> None:
    target = home.root / "mine.md"
    target.write_text("mine")
    result = chat("threads", "export", name, "--to", "md", "-o", str(target))
    assert (result.code, "already exists" in result.err) == (2, True)
    assert target.read_text() == "mine"
    assert chat("threads", "export", name, "--to", "md", "-o", str(home.root / "no" / "x.md")).code == 2
    assert not (home.root / "no").exists()


def test_what_a_terminal_is_shown_of_an_export_is_clean(chat: Chat, evil: str) -> None:
    for to in ("md", "html", "json"):
        shown = chat("threads", "export", "evil", "--to", to, terminal=True).out
        assert "52;c;eA==" in shown
        assert not set(shown) & {"\x1b", "\x07", "\u202e"}
    assert evil in json.loads(chat("threads", "export", "evil", "--to", "json").out)["title"]


def test_what_cannot_be_imported(chat: Chat, home: Home, tmp_path: Path) -> None:
    (tmp_path / "junk.json").write_text("{}")
    result = chat("threads", "import", str(tmp_path / "junk.json"))
    assert (result.code, result.out) == (1, "")
    assert "an empty object can't be read yet" in result.err
    missing = chat("threads", "import", str(tmp_path / "nope.json"))
    assert (missing.code, "No such file" in missing.err) == (2, True)
    assert chat("threads", "import").code == 2
    assert chat("threads", "export", "x").code == 2


def test_an_empty_id_exports_nothing(chat: Chat, name: str) -> None:
    result = chat("threads", "export", " ", "--to", "md")
    assert (result.code, result.out) == (2, "")


def test_all_threads_go_to_a_folder_or_as_lines_to_standard_output(chat: Chat, home: Home, name: str) -> None:
    folder = home.root / "all"
    assert "1 written, 0 unchanged" in chat("threads", "export", "--all", "--to", "html", "-o", str(folder)).err
    assert "0 written, 1 unchanged" in chat("threads", "export", "--all", "--to", "html", "-o", str(folder)).err
    lines = chat("threads", "export", "--all", "--to", "openai", "-o", "-").out.splitlines()
    assert [each["content"] for each in json.loads(lines[0])["messages"]][0] == "First question"
    for wrong in (("--all", "--to", "md"), ("--to", "md"), (name, "--all", "--to", "md", "-o", str(folder))):
        assert chat("threads", "export", *wrong).code == 2


def test_a_dry_run_says_what_would_come(chat: Chat, home: Home) -> None:
    file = home.root / "chatgpt.json"
    file.write_text(json.dumps([chatgpt_export()]))
    result = chat("threads", "import", "--dry-run", str(file))
    assert "would be: 1 imported, 0 already present · 7 new messages · ChatGPT 1" in result.err
    assert chat("threads", "list", "--json").json == []
