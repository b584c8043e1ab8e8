"""The matcher of all filters: what people type is found, what they did not mean is not, and nothing takes long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.domain.search.fuzzy import Closeness, match, search

MODELS = [
    *("openai/gpt-5", "openai/gpt-5-mini", "openai/gpt-4.1", "siliconflow/deepseek-ai/DeepSeek-V3", "qwen/Qwen3-8B"),
    *("modelmax/deepseek-v3.2", "meta-llama/Llama-3.3-70B-Instruct", "google/gemma-3-27b-it", "moonshotai/Kimi-K2"),
]


def found(query: str) -> list[str]:
    return [item for item, _ in search(query, MODELS, lambda item: (item,))]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("gpt5", ["openai/gpt-5", "openai/gpt-5-mini"]),
        ("GPT5mini", ["openai/gpt-5-mini"]),
        ("ds v3", ["siliconflow/deepseek-ai/DeepSeek-V3"]),
        ("dsv3", ["siliconflow/deepseek-ai/DeepSeek-V3"]),
        ("v3.2", ["modelmax/deepseek-v3.2"]),
        ("deepseek v3", ["siliconflow/deepseek-ai/DeepSeek-V3", "modelmax/deepseek-v3.2"]),
        ("llama 70b", ["meta-llama/Llama-3.3-70B-Instruct"]),
        ("l70b", ["meta-llama/Llama-3.3-70B-Instruct"]),
        ("qwn", ["qwen/Qwen3-8B"]),
        ("k2", ["moonshotai/Kimi-K2"]),
        ("gemma kimi", []),
        ("5tpg", []),
        ("", MODELS),
    ],
)
def test_what_is_typed_is_found(query: str, first: list[str]) -> None:
    assert found(query) == first


def letters(query: str, text: str) -> str:
    one = match(query, text)
    assert one is not None
    return "".join(char if at in one.positions else "." for at, char in enumerate(text))


@pytest.mark.parametrize(
    ("query", "text", "lit"),
    [
        ("gpt5", "openai/gpt-5", ".......gpt.5"),
        ("ds v3", "DeepSeek-V3", "D...S....V3"),
        ("theme", "Change theme", ".......theme"),
        ("max mini", "minimax", "minimax"),
        ("雪高", "雪山有多高", "雪...高"),
        ("üb", "Übersicht", "Üb......."),
        ("s", "İstanbul", ".s......"),
    ],
)
def test_the_letters_that_match_are_known(query: str, text: str, lit: str) -> None:
    assert letters(query, text) == lit


def test_words_may_match_in_another_text_which_is_not_lit() -> None:
    assert match("dark theme", "Change theme", "dark light") == (Closeness.PREFIX, frozenset(range(7, 12)), 1)
    assert match("dark theme", "Change theme") is None


def test_better_matches_come_first_and_scattered_letters_only_alone() -> None:
    items = ["xx gateway", "target", "get", "glowing embers turn", "g e t"]
    assert [item for item, _ in search("get", items, lambda item: (item,))] == [
        *("get", "target", "glowing embers turn", "g e t")
    ]
    assert [item for item, _ in search("gwy", items, lambda item: (item,))] == ["xx gateway"]


@given(st.text(max_size=30), st.text(max_size=60))
def test_anything_can_be_asked_of_any_text(query: str, text: str) -> None:
    one = match(query, text)
    assert one is None or all(0 <= at < len(text) for at in one.positions)


def test_a_hostile_text_costs_no_more_than_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0
    import chat_tui.domain.search.fuzzy as module

    begins = module._begins_word

    def counting(text: str, at: int) -> bool:
        nonlocal looked_at
        looked_at += 1
        return begins(text, at)

    monkeypatch.setattr(module, "_begins_word", counting)
    assert match("a" * 20 + "b", "a-" * 140 + "c" + "b") is not None
    assert looked_at < 2_000


def test_in_a_long_text_only_words_are_found() -> None:
    text = "quite a zealous tale, " * 20
    assert match("zeal", text) is not None
    assert match("qzt", text) is None
    assert match("qzt", text[:40]) is not None
