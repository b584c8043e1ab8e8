"""`ask --render` draws Markdown, `ask --edit` writes the prompt in an editor."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from chat_tui.ui.transcript.printed import MarkdownPrinter
from tests.cli.conftest import Chat, Home, Script

ANSWER = (
    "# Title\n\nSome *text* with `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nx = 1\n```\n\n- one\n- two\n"
)
DRAWN = [
    "Title",
    "Some text with code.",
    "",
    "a   b",
    "──┼──",
    "1   2",
    "",
    "┃ python",
    "┃ x = 1",
    "",
    "• one",
    "• two",
]


def plain(text: str) -> list[str]:
    return re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()


def test_markdown_is_drawn_where_it_is_wanted(chat: Chat, acme: Script, home: Home) -> None:
    acme.pieces = [ANSWER[at : at + 3] for at in range(0, len(ANSWER), 3)]
    drawn = chat("ask", "Hi?", "--render", terminal=True).out
    assert "\x1b[" in drawn
    assert plain(drawn)[:2] == DRAWN[:2]
    assert "\x1b[" not in chat("ask", "Hi?", "--render", "--no-stream").out
    assert chat("ask", "Hi?", terminal=True).out == ANSWER + "\n"
    settings = home.config / "config.toml"
    settings.write_text("render = true\n" + settings.read_text())
    assert chat("ask", "Hi?", terminal=True).out == drawn
    assert chat("ask", "Hi?").out == chat("ask", "Hi?", "--no-render", terminal=True).out.removesuffix("\n") == ANSWER
    assert home.threads()[0]["messages"][1]["content"] == ANSWER
    assert chat("ask", "Hi?", "--render", "--json").code == 2


def test_blocks_are_written_once_and_as_soon_as_they_are_whole() -> None:
    printer = MarkdownPrinter(40, colours=False, styles=False)
    written = [
        printer.feed("A *first*"),
        printer.feed(" one.\n\nA\nsec"),
        printer.feed("ond\x1b[31m one."),
        printer.flush(),
    ]
    assert written == ["", "A first one.", "", "\n\nA\nsecond␛[31m one."]
    printer = MarkdownPrinter(40, colours=False, styles=False)
    assert max(map(len, (printer.feed("word " * 50) + printer.flush()).splitlines())) <= 40


def test_without_colours_there_is_bold() -> None:
    written = MarkdownPrinter(40, colours=False).feed("# Title\n\n**bold** [a](https://example.org)\n\nx")
    assert {int(each) for each in re.findall(r"\x1b\[(\d+)m", written)} <= {0, 1, 2, 4}
    assert "\x1b[1m" in written


def test_an_editor_writes_the_prompt(chat: Chat, acme: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    master, slave = os.openpty()
    monkeypatch.setattr("chat_tui.cli.commands.ask.prompt_text.TERMINAL", os.ttyname(slave))
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\ntest -t 0 && test -t 1 && echo ' edited' >> \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    assert chat("ask", "Hi", "--edit", stdin="piped", stdout=sys.stdout).code == 0
    assert acme.bodies[-1]["messages"][-1]["content"] == "Hi\n\npiped edited"
    editor.write_text('#!/bin/sh\necho > "$1"\n')
    assert "empty" in chat("ask", "Hi", "--edit").err
    assert len(acme.bodies) == 1
    os.close(master)
    os.close(slave)
