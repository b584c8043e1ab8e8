"""Which ids name one model, over what four providers publish, and what is kept apart."""

from __future__ import annotations

import pytest

from chat_tui.domain.models.families import model_family, model_name
from tests.domain.model_ids import LANRUI, MODELMAX, MODELSLAB, SILICONFLOW

PUBLISHED = {
    f"{provider}/{each}"
    for provider, ids in (
        ("modelslab", MODELSLAB),
        ("siliconflow", SILICONFLOW),
        ("lanrui", LANRUI),
        ("modelmax", MODELMAX),
    )
    for each in ids
}
SHARED = {
    "llama-3-8b-instruct": (
        "modelslab/meta-llama-3-8B-instruct",
        "siliconflow/meta-llama/Meta-Llama-3-8B-Instruct",
        "siliconflow/Pro/meta-llama/Meta-Llama-3-8B-Instruct",
    ),
    "llama-3.1-8b-instruct": (
        "siliconflow/meta-llama/Meta-Llama-3.1-8B-Instruct",
        "siliconflow/Pro/meta-llama/Meta-Llama-3.1-8B-Instruct",
    ),
    "qwen2-72b-instruct": ("siliconflow/Qwen/Qwen2-72B-Instruct", "siliconflow/Vendor-A/Qwen/Qwen2-72B-Instruct"),
    "qwen2.5-72b-instruct": ("siliconflow/Qwen/Qwen2.5-72B-Instruct", "siliconflow/Vendor-A/Qwen/Qwen2.5-72B-Instruct"),
    **{
        name.lower(): (f"siliconflow/{vendor}/{name}", f"siliconflow/Pro/{vendor}/{name}")
        for vendor, name in (
            ("01-ai", "Yi-1.5-6B-Chat"),
            ("01-ai", "Yi-1.5-9B-Chat-16K"),
            ("google", "gemma-2-9b-it"),
            ("internlm", "internlm2_5-7b-chat"),
            ("Qwen", "Qwen2-1.5B-Instruct"),
            ("Qwen", "Qwen2-7B-Instruct"),
            ("Qwen", "Qwen2.5-7B-Instruct"),
            ("THUDM", "chatglm3-6b"),
            ("THUDM", "glm-4-9b-chat"),
        )
    },
}
"""Families that have several doors there."""
ALONE = [
    "deepseek-coder-v2-instruct",
    "deepseek-r1-distill-llama-70b",
    "deepseek-v2-chat",
    "deepseek-v2.5",
    "deepseek-v3",
    "deepseek-v3.2",
    "gemini-2.0-flash",
    "gemini-2.5-pro",
    "gemini-3-flash-preview",
    "gemma-2-27b-it",
    "internlm2_5-20b-chat",
    "llama-2-7b-chat",
    "llama-3-70b-instruct",
    "llama-3.1-405b-instruct",
    "llama-3.1-405b-instruct-turbo",
    "llama-3.1-70b-instruct",
    "llama-3.3-70b-instruct-turbo",
    "mistral-small-24b-instruct-2501",
    "mixtral-8x7b-instruct-v0.1",
    "qwen2-57b-a14b-instruct",
    "qwen2.5-14b-instruct",
    "qwen2.5-32b-instruct",
    "qwen2.5-72b-instruct-128k",
    "qwen2.5-72b-instruct-turbo",
    "qwen2.5-coder-32b-instruct",
    "qwen2.5-coder-7b-instruct",
    "qwen2.5-math-72b-instruct",
    "telechat2",
    "yi-1.5-34b-chat-16k",
]
"""Models that a single id names: no other of the four has the same."""


def test_the_families_of_all_that_four_providers_publish() -> None:
    families: dict[str, set[str]] = {}
    for each in PUBLISHED:
        families.setdefault(model_family(each.partition("/")[2]), set()).add(each)
    named = {model_name(min(members).partition("/")[2]).label: members for members in families.values()}
    assert {name: members for name, members in named.items() if len(members) > 1} == {
        name: set(members) for name, members in SHARED.items()
    }
    assert sorted(name for name, members in named.items() if len(members) == 1) == sorted(ALONE)


@pytest.mark.parametrize(
    "ids",
    [
        "deepseek-ai/DeepSeek-V3 deepseek-ai-DeepSeek-V3 deepseek-v3 Pro/deepseek-ai/DeepSeek-V3 deepseek/deepseek-v3",
        "deepseek-ai/DeepSeek-V3-0324 deepseek/deepseek-chat-v3-0324 deepseek-v3-0324",
        "meta-llama/Meta-Llama-3.1-8B-Instruct llama-3.1-8b-instant us.meta.llama3-1-8b-instruct-v1:0",
        "anthropic/claude-4.5-haiku claude-haiku-4-5 claude-haiku-4.5",
        "claude-3-5-sonnet-20240620 us.anthropic.claude-3-5-sonnet-20240620-v1:0 claude-3.5-sonnet@20240620",
        "qwen/qwen-2.5-7b-instruct Qwen/Qwen2.5-7B-Instruct qwen2-5-7b-instruct",
        "meta-llama/Llama-2-7b-chat-hf llama-2-7b-chat",
        "moonshotai/Kimi-K2-Instruct-0905 kimi-k2-0905",
        "openai/gpt-oss-120b gpt-oss:120b hf:openai/gpt-oss-120b openai/gpt-oss-120b:free openai/gpt-oss-120b-TEE",
        "gpt-4o-2024-08-06 openai/gpt-4o-20240806",
        "cohere/command-r-plus command-r+",
        "gemini-2.0-flash-001 google/gemini-2.0-flash models/gemini-2.0-flash",
        "qwen3/v2 Qwen3-v2",
    ],
)
def test_one_model_under_many_ids(ids: str) -> None:
    assert len({model_family(each) for each in ids.split()}) == 1


@pytest.mark.parametrize(
    "ids",
    [
        "deepseek-v3 deepseek-v3-0324 deepseek-v3.1 deepseek-v3-base deepseek-v3-fp8 deepseek-v3-turbo deepseek-v3.2",
        "Qwen3-235B-A22B-Instruct-2507 Qwen3-235B-A22B-Thinking-2507 Qwen3-235B-A22B Qwen3-235B-A22B-Instruct-2507-FP8",
        "llama-3.1-8b llama-3-18b llama-3.1-8b-instruct llama-3.1-8b-instruct-turbo llama-3.1-8b-instruct-awq",
        "Qwen3-8B-Q4_K_M.gguf Qwen3-8B-Q8_0.gguf Qwen3-8B",
        "gpt-4o gpt-4o-2024-08-06 gpt-4o-2024-11-20 gpt-4o-mini",
        "gemini-2.0-flash-001 gemini-2.0-flash-002 gemini-2.0-flash-lite",
        "command-r command-r+",
        "model-a/v1 model-b/v1 model-a/v2",
        "claude-sonnet-4 claude-sonnet-4-5 claude-opus-4 claude-sonnet-4-5-thinking",
    ],
)
def test_variants_are_kept_apart(ids: str) -> None:
    assert len({model_family(each) for each in ids.split()}) == len(ids.split())
