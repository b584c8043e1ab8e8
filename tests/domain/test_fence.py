"""A fence that nothing within can close."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from chat_tui.domain.text.fence import fenced


@pytest.mark.parametrize("text", ["x = 1", "```\ninner\n```", "`````", "~~~", "", "a\n\n    ````"])
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    (token,) = MarkdownIt().parse(fenced(text, "py na`me.py"))
    assert token.type == "fence"
    assert token.content.rstrip("\n") == text
    assert token.info == "py name.py"
