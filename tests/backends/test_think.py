"""Reasoning inside the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.backends.decoder.reasoning_tags import ReasoningTagSplitter, TagPart

CASES: dict[str, tuple[str, str, str]] = {
    "usual": ("<think>\nhm\n</think>\n\nyes", "hm\n", "yes"),
    "blank space first": ("\n <think>hm</think>yes", "hm", "yes"),
    "thinking": ("<thinking>hm</thinking>yes", "hm", "yes"),
    "thought": ("<thought>hm</thought>yes", "hm", "yes"),
    "none": ("just text < and > and <b>", "", "just text < and > and <b>"),
    "empty": ("<think>\n\n</think>\n\nyes", "", "yes"),
    "unclosed": ("<think>hm, cut", "hm, cut", ""),
    "two in a row": ("<think>a</think>\n<think>b</think>\nyes", "ab", "yes"),
    "opening tag missing": ("hm\nso\n</think>\n\nyes", "hm\nso\n", "yes"),
    "orphan with nothing behind it": ("Hello</think>\n\n", "", "Hello</think>\n\n"),
    "an answer about the tag": ("Close it with </think> as here.", "", "Close it with </think> as here."),
    "an answer that quotes the tag": ("Write `</think>`\nat the end", "", "Write `</think>`\nat the end"),
    "an answer with the tag in code": ("```\nx\n</think>\n```\n", "", "```\nx\n</think>\n```\n"),
    "an answer with both tags inside": ("Use <think>a</think> so", "", "Use <think>a</think> so"),
    "a quoted tag in thoughts": ("<think>say `</think>` then</think>yes", "say `</think>` then", "yes"),
    "a tag that isn't": ("<thin air>", "", "<thin air>"),
    "only a beginning": ("<thi", "", "<thi"),
    "other case of closing": ("<think>a</thinking>b</think>c", "a</thinking>b", "c"),
}


def split(pieces: list[str]) -> tuple[str, str]:
    splitter = ReasoningTagSplitter()
    reasoning = text = ""
    parts = [part for piece in pieces for part in splitter.feed(piece)] + list(splitter.flush())
    for part, piece in parts:
        match part:
            case TagPart.TEXT:
                text += piece
            case TagPart.REASONING:
                reasoning += piece
            case TagPart.WAS_REASONING:
                reasoning, text = reasoning + text, ""
    return reasoning, text


@pytest.mark.parametrize("name", CASES)
def test_whole_and_character_by_character(name: str) -> None:
    stream, *expected = CASES[name]
    assert list(split([stream])) == expected
    assert list(split(list(stream))) == expected


@given(st.sampled_from(sorted(CASES)), st.lists(st.integers(0, 60), max_size=6))
def test_any_split(name: str, cuts: list[int]) -> None:
    stream, *expected = CASES[name]
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    assert list(split([stream[a:b] for a, b in zip(edges, edges[1:], strict=False)])) == expected


@given(st.lists(st.sampled_from(["<think>", "</think>", "</", "think>", "\n", "`", "```", "a ", "<"]), max_size=12))
def test_nothing_but_tags_and_blank_space_is_ever_lost(pieces: list[str]) -> None:
    stream = "".join(pieces)
    whole = split([stream])
    assert whole == split(list(stream))
    assert "".join(whole).count("a") == stream.count("a")


def test_a_lone_closing_tag_is_text_where_reasoning_has_its_own_field() -> None:
    splitter = ReasoningTagSplitter()
    splitter.reasoning_came()
    assert list(splitter.feed("yes\n</think>\n")) == [(TagPart.TEXT, "yes\n</think>\n")]


def test_text_flows_without_delay() -> None:
    splitter = ReasoningTagSplitter()
    assert list(splitter.feed("Hello")) == [(TagPart.TEXT, "Hello")]
    assert list(splitter.feed(" a < b")) == [(TagPart.TEXT, " a < b")]
