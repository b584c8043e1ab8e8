"""The terminal is given to the shell or an editor and taken back, whatever those do; nothing typed is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import Home
from tests.faults.terminal import READY
from tests.faults.tmux import Tmux

EDITOR, SUSPEND = "\x07", "\x1a"


def a_program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("false", "false exited with code 1. Nothing was changed."),
        ("/nowhere/editor", "Could not start /nowhere/editor: No such file or directory."),
        ('"unbalanced', "VISUAL or EDITOR is not a valid command"),
    ],
)
async def test_after_an_editor_that_fails_the_screen_and_the_draft_are_there(
    home: Home, editor: str, words: str
) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.terminal(EDITOR=editor) as terminal:
        await terminal.ready()
        terminal.send(f"half a thought{EDITOR}, and on")
        await terminal.shows(words, "half a thought, and on")
        terminal.send("\x11")
        assert await terminal.exits() == 0
        terminal.assert_restored(starts=2)


async def test_where_no_editor_is_named_an_installed_one_is_found(home: Home, tmp_path: Path) -> None:
    home.use_server("http://127.0.0.1:9")
    folder = tmp_path / "bin"
    folder.mkdir()
    a_program(folder, "nano", 'printf " written" >> "$1"')
    async with home.terminal(PATH=str(folder)) as terminal:
        await terminal.ready()
        terminal.send(f"text{EDITOR}!")
        await terminal.shows("text written!")


async def test_without_any_editor_one_line_says_so(home: Home, tmp_path: Path) -> None:
    home.use_server("http://127.0.0.1:9")
    folder = tmp_path / "bin"
    folder.mkdir()
    async with home.terminal(PATH=str(folder)) as terminal:
        await terminal.ready()
        terminal.send(f"text{EDITOR}")
        await terminal.shows("No editor found. Set VISUAL or EDITOR", "text")


async def test_after_a_stop_that_it_never_saw_everything_is_drawn_again(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.terminal() as terminal:
        await terminal.ready()
        terminal.signal(signal.SIGSTOP)
        await asyncio.to_thread(os.waitpid, terminal.process.pid, os.WUNTRACED)
        terminal.screen.feed(b"\x1b[2J")  # what a shell and other programs leave
        terminal.signal(signal.SIGCONT)
        await terminal.shows(READY, "chat-tui", "enter send")
        terminal.send("keys")
        await terminal.shows("keys")
        terminal.send("\x11")
        assert await terminal.exits() == 0
        terminal.assert_restored(starts=2)


async def test_without_a_shell_it_does_not_stop(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.terminal() as terminal:
        await terminal.ready()
        terminal.send(f"{SUSPEND}typed")
        await terminal.shows("No shell to return to.", "typed")


@pytest.mark.skipif(shutil.which("tmux") is None or shutil.which("bash") is None, reason="it needs tmux and bash")
async def test_suspended_and_continued_by_a_shell(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    tmux = Tmux(home)
    tmux.start("bash", "--norc", "--noprofile", "-i")
    try:
        await tmux.shows("bash-")
        tmux.keys(f"{sys.executable} -m chat_tui", "Enter")
        await tmux.shows(READY)
        tmux.keys("draft", "C-z")
        await tmux.shows("Stopped")
        assert READY not in tmux.screen
        tmux.keys("fg", "Enter")
        await tmux.shows("draft")
        await tmux.shows("enter send")
        tmux.keys("S-Enter", "second line")
        await tmux.shows("second line")
    finally:
        tmux.run("kill-server")
