"""When two ids name one model."""

from __future__ import annotations

import pytest

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.models.families import is_same_model

SAME = [
    ("gpt-4o", "gpt-4o-2024-08-06"),
    ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
    ("gpt-4.1", "openai/gpt-4.1-2025-04-14"),
    ("openai/gpt-5", "openai:gpt-5-2025-08-07"),
    ("models/gemini-2.5-flash", "gemini-2.5-flash"),
    ("gemini-2.0-flash", "gemini-2.0-flash-001"),
    ("mistral-small-latest", "mistral-small-2506"),
    ("claude-3.5-sonnet", "us.anthropic.claude-3-5-sonnet-20240620-v1:0"),
    ("claude-sonnet-4", "claude-sonnet-4@20250514"),
    ("anthropic/claude-4.5-haiku", "anthropic/claude-4.5-haiku-20251001"),
    ("meta-llama/Llama-3.3-70B-Instruct", "llama-3.3-70b-instruct"),
    ("z-ai/glm-4.5-air:free", "z-ai/glm-4.5-air"),
    ("kimi-k2", "kimi-k2-0905"),
    ("qwen3:8b", "qwen3:8b"),
    ("Qwen3-8B", "/models/Qwen3-8B.gguf"),
    ("llama3:latest", "llama3"),
    ("SmolLM2-135M-Instruct", "/data/models/SmolLM2-135M-Instruct.Q4_1.gguf"),
    ("Qwen3-8B", "C:\\models\\Qwen3-8B-Q4_K_M-00001-of-00002.gguf"),
]
OTHER = [
    ("deepseek-chat", "deepseek-v4-flash"),
    ("openrouter/auto", "openai/gpt-5-nano"),
    ("google/gemini-2.0-flash-exp:free", "deepseek/deepseek-chat:free"),
    ("gpt-4o", "gpt-4o-mini"),
    ("gpt-4.1", "gpt-4"),
    ("llama3:8b", "llama3:70b"),
    ("claude-sonnet-4", "claude-sonnet-4-5"),
    ("grok-4", "grok-4-fast"),
    ("qwen3-8b", "qwen3-32b"),
    ("my-deployment", "gpt-4o-2024-08-06"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spelling_and_date_make_no_other_model(one: str, other: str) -> None:
    assert is_same_model(one, other)
    assert is_same_model(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_name_is_another_model(one: str, other: str) -> None:
    assert not is_same_model(one, other)


def test_a_substitute_is_named_only_where_it_is_one() -> None:
    answer = Message("x", None, Role.ASSISTANT, model="work/vendor/m", answered_by="m-2025-01-31")
    assert answer.substitute() == ""
    answer.answered_by = "n"
    assert answer.substitute() == "n"
    answer.answered_by = "/home/me/models/Other-Q4_K_M.gguf"
    assert answer.substitute() == "Other-Q4_K_M.gguf"
    answer.answered_by = ""
    assert answer.substitute() == ""
