"""Marks in an answer that point to its sources."""

from __future__ import annotations

import pytest

from chat_tui.domain.conversation.citations import Source, linked

SOURCES = [Source("https://a.example/x(1)", "A"), Source("https://b.example")]
ONE, TWO = r"[\[1\]](<https://a.example/x(1)>)", r"[\[2\]](<https://b.example>)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So [1].", f"So {ONE}."),
        ("So [1][2].", f"So {ONE}{TWO}."),
        ("So [^2], [doc1], [ref_2].", f"So {TWO}, {ONE}, {TWO}."),
        ("So [REF]0,1[/REF].", f"So {ONE}{TWO}."),
        ("So [3] and [0].", "So [3] and [0]."),
        ("`a[1]` and [1]", f"`a[1]` and {ONE}"),
        ("``a`[1]`` and [1]", f"``a`[1]`` and {ONE}"),
        ("```\na[1]\n```\n[1]", f"```\na[1]\n```\n{ONE}"),
        ("~~~\na[1]", "~~~\na[1]"),
        ("    a[1]", "    a[1]"),
        ("[1](https://own.example) [1]: x", "[1](https://own.example) [1]: x"),
    ],
)
def test_marks_become_links(text: str, expected: str) -> None:
    assert linked(text, SOURCES) == expected


def test_without_sources_and_with_unsafe_ones_the_text_stays() -> None:
    assert linked("[1]", []) == "[1]"
    assert linked("[1]", [Source("javascript:alert(1)")]) == "[1]"
