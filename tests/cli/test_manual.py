"""The manual page: all that the parser knows, and nothing that roff would take for itself."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from chat_tui.cli import exit_codes
from chat_tui.cli.parser import build_parser
from chat_tui.cli.shell.manual import manual
from tests.cli.conftest import Chat


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from (each.prog, *options(each))
        elif action.help != argparse.SUPPRESS:
            yield from action.option_strings


def test_every_command_option_and_exit_code_is_in_it(chat: Chat) -> None:
    page = chat("man").out
    assert page == manual(build_parser())
    text = page.replace("\\-", "-")
    assert [each for each in options(build_parser()) if each not in text and each not in ("-h", "--help")] == []
    codes = [value for name, value in vars(exit_codes).items() if isinstance(value, int)]
    assert sorted(exit_codes.MEANINGS) == sorted(codes)
    assert all(f"\\fB{code}\\fR" in text for code in codes)


def test_words_are_no_macros() -> None:
    parser = argparse.ArgumentParser(prog="it", description=".so /etc/passwd\n'x \\fB")
    text = manual(parser)
    assert "\n.so" not in text
    assert "\n'x" not in text
    assert "\\efB" in text


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_it_is_good_roff() -> None:
    command = ["groff", "-man", "-Tascii", "-P-cbou", "-ww", "-rLL=72n"]
    done = subprocess.run(command, input=manual(build_parser()), capture_output=True, text=True)
    warnings = [each for each in done.stderr.splitlines() if "adjust" not in each and "break" not in each]
    assert warnings == []
    assert re.search(r"EXIT STATUS.*130\s+Interrupted", done.stdout, re.DOTALL)
