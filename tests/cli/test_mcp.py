"""`chat-tui mcp`: what is set up, whether it works, what another program's file would add."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

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
    assert "program not found: no-such-program" in gone.err
    for name, message in (("gon", "did you mean gone?"), ("off", "is switched off")):
        wrong = chat("mcp", "test", name)
        assert wrong.code == 2
        assert message in wrong.err
    assert "web_fetch" in chat("mcp", "test", "chat-tui").out


def test_servers_of_another_program_are_shown_and_added_without_their_keys(home: Home, chat: Chat) -> None:
    home.configure('[mcp.here]\ncommand = "x"\n')
    file = home.root / "other.json"
    env = {"GITHUB_TOKEN": "ghp_secret", "LEVEL": "1", "API_KEY": "${MY_KEY}"}
    args = [
        "-y",
        "git",
        "--api-key",
        "hunter2",
        "--token=hunter2",
        "--header",
        "Authorization: Bearer hunter2",
        "--key",
    ]
    servers: dict[str, dict[str, Any]] = {
        "git": {"command": "npx", "args": args, "env": env},
        "docs": {"url": "https://me:hunter2@example.org/mcp?api_key=hunter2&page=1"},
        "9": {
            "url": "https://example.org",
            "headers": {"Authorization": "hunter2"},
            "env": {"GITHUB_TOKEN": "hunter2"},
        },
        "here": {"command": "y"},
    }
    file.write_text(json.dumps({"mcpServers": servers}))
    shown = chat("mcp", "import", str(file))
    assert shown.code == 0
    args = [
        "-y",
        "git",
        "--api-key",
        "${GIT_KEY}",
        "--token=${GIT_KEY}",
        "--header",
        "Authorization: ${GIT_KEY}",
        "--key",
    ]
    git = {"command": "npx", "args": args, "env": env | {"GITHUB_TOKEN": "${GITHUB_TOKEN}"}}
    tables: dict[str, Any] = {
        "git": git,
        "docs": {"url": "https://${DOCS_KEY}@example.org/mcp?api_key=${DOCS_KEY}&page=1"},
    }
    tables["9"] = {
        "url": "https://example.org",
        "headers": {"Authorization": "${_9_AUTHORIZATION}"},
        "env": {"GITHUB_TOKEN": "${_9_GITHUB_TOKEN}"},  # another than git's
    }
    assert tomllib.loads(shown.out) == {"mcp": tables}
    assert "ghp_secret" not in shown.out + shown.err
    assert "hunter2" not in shown.out + shown.err
    assert "the key in args is not copied. Set GIT_KEY" in shown.err
    assert "here is in the settings already" in shown.err
    assert not (home.config / "settings.toml").exists()
    chat("mcp", "import", str(file), "--write")
    assert tomllib.loads((home.config / "settings.toml").read_text()) == {"mcp": tables}
    home.configure(f'[mcp.here]\ncommand = "x"\nargs = {json.dumps(servers["git"]["args"])}\n')
    listed = chat("mcp", "list", "--json").json
    assert [each["name"] for each in listed] == ["git", "docs", "9", "here", "chat-tui"]
    assert listed[3]["address"] == "x -y git --api-key *** --token=*** --header Authorization: *** --key"


def test_files_that_can_not_be_imported(home: Home, chat: Chat, tmp_path: Path) -> None:
    for text in (None, "{", "[]", '{"mcpServers": 1}'):
        file = tmp_path / "file.json"
        if text is not None:
            file.write_text(text)
        assert chat("mcp", "import", str(file)).code == 2
