"""`chat-tui completions` and `chat-tui man`."""

from __future__ import annotations

from argparse import Namespace

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.cli.parser import build_parser
from chat_tui.cli.shell.manual import manual
from chat_tui.cli.shell.scripts import script


def run(args: Namespace, container: Container, out: Output) -> int:
    """Prints a shell's completion script, or the manual page."""
    out.write(script(args.shell) if args.action == "completions" else manual(build_parser()))
    return 0
