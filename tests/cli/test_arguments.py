"""The arguments, where no parser is loaded for them."""

from __future__ import annotations

from chat_tui.cli.main import NO_ARGUMENTS
from chat_tui.cli.parser import parse
from tests.cli.conftest import Chat


def test_without_arguments_all_is_as_the_parser_says() -> None:
    assert vars(parse([])) == NO_ARGUMENTS


def test_quiet_leaves_results_and_errors(chat: Chat) -> None:
    assert chat("threads", "list").err == "No threads yet.\n"
    assert chat("threads", "list", "-q").err == chat("threads", "-q", "list").err == ""
    assert chat("threads", "-q", "show", "nothing").err.startswith("chat-tui: No thread")
