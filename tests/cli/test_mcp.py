"""`chat-tui mcp`: what is set up, whether it works, what another program's file would add."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

from tests.cli.conftest import Chat, Home
from tests.tools.test_hostile_server import SERVER


def test_servers_are_listed_and_tested(home: Home, chat: Chat) -> None:
    assert chat("mcp").out.startswith("chat-tui")
    home.configure(
        f'[mcp.bad]\ncommand = "{sys.executable}"\nargs = ["-I", "-S", "{SERVER}"]\ntools = ["echo"]\n'
        '[mcp.gone]\ncommand = "no-such-program"\n[mcp.off]\nurl = "https://off.example/?key=1"\nenabled = false\n'
    )
    rows = chat("mcp", "list", "--json").json
    assert [(each["name"], each["enabled"]) for each in rows] == [
        ("bad", True),
        ("gone", True),
        ("off", False),
        ("chat-tui", True),
    ]
    assert rows[2]["address"] == "https://off.example/"
    tested = chat("mcp", "test", "bad", "--json")
    assert [each["name"] for each in tested.json["tools"]] == ["echo"]
    assert tested.json["prompts"] == ["greet"]
    assert tested.code == 1  # a tool of it is listed twice, another can't be shown
    assert "\x1b" not in tested.out + tested.err
    gone = chat("mcp", "test", "gone")
    assert (gone.code, gone.out) == (1, "")
    assert "there is no program no-such-program" in gone.err
    for name, message in (("gon", "did you mean gone?"), ("off", "is switched off")):
        wrong = chat("mcp", "test", name)
        assert wrong.code == 2
        assert message in wrong.err
    assert "web_fetch" in chat("mcp", "test", "chat-tui").out


def test_servers_of_another_program_are_shown_and_added_without_their_keys(home: Home, chat: Chat) -> None:
    home.configure('[mcp.here]\ncommand = "x"\n')
    file = home.root / "other.json"
    env = {"GITHUB_TOKEN": "ghp_secret", "LEVEL": "1", "API_KEY": "${MY_KEY}"}
    servers = {"git": {"command": "npx", "args": ["-y", "git"], "env": env}, "here": {"command": "y"}}
    file.write_text(json.dumps({"mcpServers": servers}))
    shown = chat("mcp", "import", str(file))
    assert shown.code == 0
    table = {"command": "npx", "args": ["-y", "git"], "env": env | {"GITHUB_TOKEN": "${GITHUB_TOKEN}"}}
    assert tomllib.loads(shown.out) == {"mcp": {"git": table}}
    assert "ghp_secret" not in shown.out + shown.err
    assert "here is in the settings already" in shown.err
    assert not (home.config / "settings.toml").exists()
    chat("mcp", "import", str(file), "--write")
    assert tomllib.loads((home.config / "settings.toml").read_text()) == {"mcp": {"git": table}}
    assert [each["name"] for each in chat("mcp", "list", "--json").json] == ["git", "here", "chat-tui"]


def test_files_that_can_not_be_imported(home: Home, chat: Chat, tmp_path: Path) -> None:
    for text in (None, "{", "[]", '{"mcpServers": 1}'):
        file = tmp_path / "file.json"
        if text is not None:
            file.write_text(text)
        assert chat("mcp", "import", str(file)).code == 2
