"""Which model an id names, whatever the provider calls it: by rules, and a table of names that no rule can tell.

Ids of one model differ in the vendor and path before the name, in punctuation, and in the date behind it. Whatever else
differs is another model: size, `instruct` and `thinking`, `turbo`, the length of its context, how it is quantised.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class ModelName(NamedTuple):
    """What an id says."""

    base: str
    """The name in lower case without vendor, path and date, as it is to be shown: `llama-3.1-405b-instruct`."""
    date: str = ""
    """The digits of the date of this version: `0324`, `20240806`; empty where the id has none."""
    quantisation: str = ""
    """How the weights in a model's file were quantised: `q4_k_m`; in other ids that is a part of the name."""

    @property
    def label(self) -> str:
        """The name with date and quantisation, to be shown."""
        return "-".join(filter(None, self))


_VENDORS = {
    "01-ai": "yi",
    "ai21": "jamba",
    "ai21labs": "jamba",
    "alibaba": "qwen qwq qvq",
    "allenai": "olmo",
    "amazon": "nova titan",
    "anthropic": "claude",
    "baichuan-inc": "baichuan",
    "baidu": "ernie",
    "bytedance": "doubao seed ui-tars",
    "bytedance-seed": "doubao seed ui-tars",
    "cohere": "command c4ai aya",
    "coherelabs": "command c4ai aya",
    "deepseek": "deepseek",
    "deepseek-ai": "deepseek",
    "google": "gemini gemma",
    "huggingfacetb": "smollm",
    "ibm": "granite",
    "ibm-granite": "granite",
    "inclusionai": "ling ring",
    "internlm": "internlm",
    "meta": "llama",
    "meta-llama": "llama meta-llama codellama",
    "microsoft": "phi wizardlm mai",
    "minimax": "minimax",
    "minimaxai": "minimax",
    "mistral": "mistral mixtral ministral magistral codestral devstral pixtral",
    "mistralai": "mistral mixtral ministral magistral codestral devstral pixtral",
    "moonshotai": "kimi moonlight",
    "nousresearch": "hermes nous deephermes",
    "nvidia": "nemotron llama nvidia-nemotron",
    "openai": "gpt chatgpt o1 o3 o4",
    "openbmb": "minicpm",
    "perplexity": "sonar r1",
    "qwen": "qwen qwq qvq",
    "stepfun": "step",
    "stepfun-ai": "step",
    "teleai": "telechat",
    "tencent": "hunyuan hy",
    "thudm": "glm chatglm codegeex",
    "tiiuae": "falcon",
    "upstage": "solar",
    "x-ai": "grok",
    "xai": "grok",
    "xiaomi": "mimo",
    "xiaomimimo": "mimo",
    "z-ai": "glm",
    "zai": "glm",
    "zai-org": "glm",
    "zhipuai": "glm",
}
"""Vendors, and how the names of their models begin: what stands before such a name is no part of it."""
_PREFIX = re.compile(
    "^(?:"
    + "|".join(
        rf"{re.escape(vendor)}[-_.:](?=(?:{'|'.join(map(re.escape, names.split()))}))"
        for vendor, names in sorted(_VENDORS.items(), reverse=True)
    )
    + ")"
)
_BEDROCK = re.compile(
    r"^(?:(?:us|eu|apac|global|jp|au)\.)?(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen|google)\."
)
_SUFFIX = re.compile(r":(?:free|nitro|floor|online|extended|exacto|latest|\d)$|-v\d+:\d+$")
"""How a router is to serve a model, not which."""
_PACKAGE = re.compile(r"-(?:hf|maas|tee)$")
"""How it is stored or hosted: converted for a library, by a cloud's own service, in an enclave."""
_GGUF = re.compile(r"(?:[-._](?P<quantisation>i?q\d\w*|bf16|f16|f32))?(?:-\d{5}-of-\d{5})?\.gguf$")
_DATE = re.compile(r"[-@_:](20\d\d-?\d\d-?\d\d|2[3-9](?:0[1-9]|1[0-2])(?:[0-3]\d)?)(?![\w.])")
_LAST = re.compile(r"[-@_](?:latest|default|001|(\d{2}-\d{2}|\d{2}-20\d\d|[01]\d[0-3]\d|00\d))$")
"""At the end alone. The first revision (`001`) is what the bare name means."""
_VERSION = re.compile(r"v?\d+(?:\.\d+)*")
_CLAUDE = re.compile(r"^claude-(\d)(?:[.-](\d))?-(opus|sonnet|haiku)(?![a-z])")
"""The elder order of words."""
_ALIASES = {
    "deepseek-chat-v3": "deepseek-v3",
    "deepseek-chat-v3.1": "deepseek-v3.1",
    "kimi-k2-instruct": "kimi-k2",
    "llama-3.1-8b-instant": "llama-3.1-8b-instruct",
    "llama-3.3-70b-versatile": "llama-3.3-70b-instruct",
    "llama3-70b-8192": "llama-3-70b-instruct",
    "llama3-8b-8192": "llama-3-8b-instruct",
    "mixtral-8x7b-32768": "mixtral-8x7b-instruct-v0.1",
    "mixtral-8x7b-instruct": "mixtral-8x7b-instruct-v0.1",
    "mixtral-8x22b-instruct": "mixtral-8x22b-instruct-v0.1",
    "qwen3-coder": "qwen3-coder-480b-a35b-instruct",
}
"""Names of the same weights that no rule connects."""


def model_name(identity: str) -> ModelName:
    """Reads a model's id, as any provider writes it."""
    *path, name = identity.strip().lower().replace("\\", "/").split("/")
    if path and path[-1] and _VERSION.fullmatch(name):  # `model_name/model_version`
        name = f"{path[-1]}-{name}"
    quantisation = ""
    if found := _GGUF.search(name):
        name, quantisation = name[: found.start()], found["quantisation"] or ""
    name = _SUFFIX.sub("", name)
    head, colon, rest = name.partition(":")
    if colon and rest[:1].isalpha() and not re.search(r"\d", head):  # `openai:gpt-5`
        name = rest
    name, before = _BEDROCK.sub("", name), ""
    while name != before:
        name, before = _PREFIX.sub("", name), name
    name, date = _PACKAGE.sub("", name), ""
    if found := _DATE.search(name):
        name = re.sub(r"-v\d+$", "", name[: found.start()] + name[found.end() :])
        date = found[1]
    elif found := _LAST.search(name):
        name, date = name[: found.start()], found[1] or ""
    name = _CLAUDE.sub(lambda each: f"claude-{each[3]}-{each[1]}" + (f".{each[2]}" if each[2] else ""), name)
    return ModelName(_ALIASES.get(name, name), date.replace("-", ""), quantisation)


@lru_cache(maxsize=8192)
def model_family(identity: str) -> str:
    """A key that ids of one model have in common, and no others; dated and quantised versions are models of their own.

    `deepseek-ai/DeepSeek-V3`, `Pro/deepseek-ai/DeepSeek-V3`, `deepseek-ai-DeepSeek-V3` and `deepseek-v3` have one.
    """
    name = model_name(identity)
    return "@".join((_squeezed(name.base), name.date, name.quantisation)).rstrip("@")


def undated_family(identity: str) -> str:
    """The same for all dates and files of a model: `gpt-4.1` and `openai/gpt-4.1-2025-04-14` have one."""
    return _squeezed(model_name(identity).base)


def is_same_model(one: str, other: str) -> bool:
    """Whether two ids name the same model but for spelling and date."""
    return one == other or undated_family(one) == undated_family(other)


def _squeezed(name: str) -> str:
    """A name without punctuation but between digits: `3-5` is 3.5, and 3.1 8b is not 3 18b."""
    name = re.sub(r"(?<=\d)[^\w+]+(?=\d)|(?<=\d)_+(?=\d)", ".", name.replace("+", "plus"))
    return re.sub(r"[^\w.]|_|(?<!\d)\.|\.(?!\d)", "", name)
