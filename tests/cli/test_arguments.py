"""The arguments, where no parser is loaded for them."""

from __future__ import annotations

from chat_tui.cli.main import NO_ARGUMENTS
from chat_tui.cli.parser import parse


def test_without_arguments_all_is_as_the_parser_says() -> None:
    assert vars(parse([])) == NO_ARGUMENTS
