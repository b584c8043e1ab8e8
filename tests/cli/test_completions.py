"""Completions, asked for as the shells' scripts do and by the shells themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Chat, Home, typed

TITLE = "What's up: $(touch hurt) 北京"
HEAVY = {"httpx", "textual", "rich", "keyring", "mcp", "jsonschema"}
ASK = f"""
import json, os, sys
from chat_tui.__main__ import main
answers = []
for line in json.loads(sys.argv[1]):
    os.environ |= {{"COMP_LINE": line, "COMP_POINT": str(len(line))}}
    assert main([]) == 0
    with open(os.environ["_ARGCOMPLETE_STDOUT_FILENAME"]) as file:
        answers.append(file.read())
print(json.dumps(answers), sorted({HEAVY} & set(sys.modules)), sep="\\n")
"""
RC = {"bash": [], "zsh": ["autoload -U compinit", "compinit -u -D"]}


@pytest.fixture
def stocked(home: Home) -> Home:
    """A home with two models, two threads, a prompt and a tool server; the working directory has a file."""
    home.configure(
        '[providers.acme]\nbase_url = "http://127.0.0.1:9/v1"\nauth = "none"\n'
        'models = ["small:free", "org/large", "ev\\u001bil"]\n'
        '[mcp.git]\ncommand = "no-such-program"\n'
    )
    (home.config / "prompts").mkdir()
    (home.config / "prompts" / "code review.toml").write_text('prompt = "Review"\n')
    folder = home.root / "data" / "threads"
    folder.mkdir(parents=True)
    for name, title in (("20261126-aa11", TITLE), ("evil", "a\x1b]52;c;eA==\x07\u202eb")):
        message = {"id": "1", "role": "user", "content": "So it is."}
        thread = {"format": "chat-tui.thread", "version": 1, "title": title, "head": "1", "messages": [message]}
        (folder / f"{name}.json").write_text(json.dumps(thread))
    (home.root / "here").mkdir()
    (home.root / "here" / "notes.md").write_text("")
    (home.root / "here" / "sk-file").write_text("")
    (home.root / "here" / "folder").mkdir()
    return home


def completed(home: Home, *lines: str) -> list[dict[str, str]]:
    """What is offered for each line, with descriptions; asked in one process, which loads nothing heavy."""
    environ = {**os.environ, **home.environ, "PYTHONPATH": str(Path.cwd()), "_ARGCOMPLETE": "1"}
    environ |= {"_ARGCOMPLETE_SHELL": "fish", "_ARGCOMPLETE_IFS": "\n", "_ARGCOMPLETE_DFS": "\t"}
    environ |= {"_ARGCOMPLETE_STDOUT_FILENAME": str(home.root / "answer"), "_ARGCOMPLETE_SUPPRESS_SPACE": "1"}
    command = [sys.executable, "-c", ASK, json.dumps(lines)]
    done = subprocess.run(command, env=environ, cwd=home.root / "here", capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    answers, heavy = done.stdout.splitlines()
    assert heavy == "[]"
    return [dict(each.partition("\t")[::2] for each in answer.splitlines()) for answer in json.loads(answers)]


def test_names_are_completed(stocked: Home) -> None:
    commands, models, threads, *rest = completed(
        stocked,
        "chat-tui ",
        "chat-tui ask -m ",
        "chat-tui threads show ",
        "chat-tui ask -p c",
        "chat-tui ask --tool ",
        "chat-tui ask -f ",
        "chat-tui models m",
        "chat-tui models measure --sort=c",
        "chat-tui keys set openai sk-",
    )
    assert commands["ask"] == "ask once and print the answer"
    assert "models measure" not in commands
    assert {each for each in models if each.startswith("acme/")} == {"acme/small:free", "acme/org/large"}
    assert threads["20261126-aa11"] == TITLE
    assert threads["evil"] == "a␛]52;c;eA==␇b"
    prompts, tools, files, providers, orders, keys = rest
    assert prompts == {"code review": ""}
    assert tools.keys() == {"chat-tui", "git"}
    assert files.keys() == {"folder/", "notes.md", "sk-file"}
    assert providers["measure"] == "measure the speed of models"
    assert orders == {"--sort=cost": ""}
    assert keys == {}  # a key is no argument


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_and_runs_it(shell: str, stocked: Home, chat: Chat) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = stocked.root / "script"
    script.write_text(chat("completions", shell).out)
    lines = [*RC[shell], f". {script}", "chat-tui threads show 2026\t", "echo the; echo end"]
    command = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
    seen = typed(command, shell_environ(stocked), "\r".join(lines) + "\r", "the\r\nend", stocked.root / "here")
    assert "So it is." in seen
    assert not (stocked.root / "here" / "hurt").exists()


def test_fish_completes(stocked: Home, chat: Chat) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    script = stocked.root / "script"
    script.write_text(chat("completions", "fish").out)
    command = f"source {script}; complete -C 'chat-tui threads show 2026'; complete -C 'chat-tui ask -m acme/s'"
    done = subprocess.run(["fish", "-N", "-c", command], env=shell_environ(stocked), capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"20261126-aa11\t{TITLE}", "acme/small:free"]


def shell_environ(home: Home) -> dict[str, str]:
    """The environment of a shell that finds this checkout's program first."""
    programs = home.root / "bin"
    programs.mkdir()
    program = programs / "chat-tui"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m chat_tui "$@"\n')
    program.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    kept = {"LANG": "C.UTF-8", "TERM": "xterm", "HOME": str(home.root), "HISTFILE": "/dev/null"}
    return {**home.environ, **kept, "PATH": path, "PYTHONPATH": str(Path.cwd())}
