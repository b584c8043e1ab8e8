"""Parses one entry of a model list: whether it can chat, and its facts, in the fields of each server.

OpenRouter, Featherless    context_length, top_provider, pricing, architecture, expiration_date
Copilot                    capabilities: type, limits, supports
Mistral                    capabilities.completion_chat and vision, max_context_length, deprecation
Anthropic                  max_input_tokens, max_tokens, display_name, capabilities.image_input
Gemini's own list          inputTokenLimit, outputTokenLimit, displayName, supportedGenerationMethods
Venice                     type, model_spec
Hugging Face               providers[] with context_length and pricing
DeepInfra                  metadata with context_length and pricing
xAI's language-models      prompt_text_token_price
Groq, vLLM, llama.cpp      context_window, max_model_len, meta.n_ctx
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chat_tui.domain.models.money import currency_code
from chat_tui.domain.text.clean import clean

_CHAT_TYPES = frozenset(
    ("chat", "text", "language", "llm", "vlm", "text-generation", "conversational", "image-text-to-text", "responses")
)
_NO_CHAT_TYPES = frozenset(
    (
        *(
            "embedding",
            "embeddings",
            "image",
            "audio",
            "video",
            "rerank",
            "reranker",
            "moderation",
            "transcribe",
            "tts",
        ),
        *(
            "stt",
            "asr",
            "upscale",
            "inpaint",
            "speech",
            "music",
            "image_generation",
            "audio_transcription",
            "audio_speech",
        ),
        *("text-to-image", "text-to-speech", "text-to-video", "speech-to-text", "feature-extraction", "text-embedding"),
        *("automatic-speech-recognition", "sentence-similarity", "text-classification", "image-to-image", "ocr"),
    )
)
_TYPE_FIELDS = ("type", "mode", "task", "pipeline_tag", "model_type", "modality", "category")
_CHAT_METHODS = frozenset(("generateContent", "chat", "generateMessage"))
_NO_CHAT_IDS = re.compile(
    r"embed|\bbge\b|\bgte\b|\be5\b|rerank|whisper|\btts\b|\basr\b|\bstt\b|transcri|dall-?e|\bimage-(?:gen|edit)"
    r"|\b(?:gpt|chatgpt)-image|\bimagen\b|\bsora\b|\bveo\b|\blyria\b|\bkling\b|\bflux\b|stable-?diffusion|\bsdxl?\b"
    r"|moderation|\brealtime\b|\bnative-audio\b|\baqa\b|\bspeech\b|\bvoice\b|\bcosyvoice|\bplayai\b"
    r"|(?:^|/)(?:text-)?(?:davinci|babbage|curie|ada)\b|^(?:text|code)-(?:search|similarity|davinci|babbage|curie|ada)"
    r"|^code-(?:cushman|davinci)|turbo-instruct",
    re.I,
)
"""Families of ids that speak, draw, embed or complete."""
_RESPONSES_ALONE = re.compile(
    r"^(?:o\d|gpt-5(?:\.\d+)?)-pro\b|-codex\b|^codex\b|\bdeep-research\b|\bcomputer-use\b", re.I
)
"""OpenAI's that answer at `/responses` and not at `/chat/completions`; elsewhere they may well chat."""
_OPENAI_FIELDS = frozenset(("id", "object", "created", "owned_by", "permission", "root", "parent"))
_OPENAI_OWNERS = frozenset(("system", "openai", "openai-internal", "openai-dev"))
_WINDOWS = (
    *("context_length", "max_model_len", "max_context_length", "context_window", "max_context_window_tokens"),
    *("availableContextTokens", "max_input_tokens", "inputTokenLimit", "input_token_limit", "n_ctx", "n_ctx_train"),
)
_OUTPUTS = (
    *("max_completion_tokens", "max_output_tokens", "maxCompletionTokens", "outputTokenLimit", "output_token_limit"),
    "max_output_length",
)
_ENDS = (
    *("deprecation", "deprecation_date", "deprecated_at", "expiration_date", "retirement_date", "sunset_date"),
    *("shutdown_date", "end_of_life", "deprecated"),
)
_REPLACEMENTS = ("deprecation_replacement_model", "replacement_model", "replacement", "alternative_model")
_IN = ("prompt", "input", "input_tokens", "prompt_tokens")
_OUT = ("completion", "output", "output_tokens", "completion_tokens")
_CACHED = (
    *("input_cache_read", "cached", "cache_read", "cache_input", "cached_input", "input_cached", "cache_read_tokens"),
    "cached_prompt",
)
_XAI = (("prompt_text_token_price", "input"), ("completion_text_token_price", "output"))
_LONGEST = 300


def can_chat(entry: dict[str, Any], identity: str) -> bool:
    """Whether a model can chat: as its entry states, else by families of ids that can't."""
    stated = _stated(entry)
    if stated is not None:
        return stated and not _speaks_or_embeds(identity)
    is_openai = entry.get("owned_by") in _OPENAI_OWNERS and entry.keys() <= _OPENAI_FIELDS
    return not (_NO_CHAT_IDS.search(identity) or (is_openai and _RESPONSES_ALONE.search(identity)))


def _speaks_or_embeds(identity: str) -> bool:
    """Whether an id is one of speech or embeddings though its list calls it generating (Gemini's `-tts`)."""
    return re.search(r"embed|\btts\b|\bnative-audio\b|\blive\b", identity, re.I) is not None


def _stated(entry: dict[str, Any]) -> bool | None:
    """Whether the entry itself states that it can chat; None if it does not."""
    paths = entry.get("supported_endpoints")
    if isinstance(paths, list) and paths and not any("chat/completions" in str(path) for path in paths):
        return False
    capabilities = entry.get("capabilities")
    if isinstance(capabilities, dict):
        if isinstance(capabilities.get("completion_chat"), bool):
            return capabilities["completion_chat"] is True
        kind = capabilities.get("type")
        if isinstance(kind, str):
            return kind.lower() == "chat"
    if isinstance(capabilities, list):
        names = {str(capability).lower() for capability in capabilities}
        if names & {"completion", "chat", "vision", "tools"}:
            return True
        if names & {"embedding", "embeddings", "rerank", "image"}:
            return False
    methods = entry.get("supportedGenerationMethods", entry.get("supported_generation_methods"))
    if not isinstance(methods, list):
        methods = entry.get("endpoints") if _are_words(entry.get("endpoints")) else None
    if isinstance(methods, list):
        return bool(_CHAT_METHODS & {str(method) for method in methods})
    architecture = dict_of(entry.get("architecture"))
    for side in ("output_modalities", "input_modalities"):
        modalities = architecture.get(side, entry.get(side))
        if (
            isinstance(modalities, list)
            and modalities
            and "text" not in [str(modality).lower() for modality in modalities]
        ):
            return False
    for name in _TYPE_FIELDS:
        kind = entry.get(name)
        kind = kind.get("name") if isinstance(kind, dict) else kind
        word = kind.lower().replace(" ", "-") if isinstance(kind, str) else ""
        if word in _NO_CHAT_TYPES or word.replace("-", "_") in _NO_CHAT_TYPES:
            return False
        if word in _CHAT_TYPES:
            return True
    return True if isinstance(architecture.get("output_modalities"), list) else None


def _are_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and "/" not in word for word in value)


def name_of(entry: dict[str, Any], identity: str) -> str:
    """The display name, if it has one."""
    spec = dict_of(entry.get("model_spec"))
    for name in (entry.get("display_name"), entry.get("displayName"), spec.get("name"), entry.get("name")):
        if isinstance(name, str) and name.strip() and name not in (identity, f"models/{identity}"):
            return clean(name, multiline=False)[:_LONGEST]
    return ""


def window_of(entry: dict[str, Any]) -> int | None:
    """The context window in tokens."""
    return next(_counts(entry, _WINDOWS), None)


def output_of(entry: dict[str, Any]) -> int | None:
    """The most tokens of one answer."""
    anthropic = entry if entry.get("max_input_tokens") and entry.get("type") == "model" else {}
    return next(_counts(entry, _OUTPUTS), None) or next(_numbers(anthropic, ("max_tokens",)), None)


def _counts(entry: dict[str, Any], names: tuple[str, ...]) -> Iterator[int]:
    top, limits = dict_of(entry.get("top_provider")), dict_of(dict_of(entry.get("capabilities")).get("limits"))
    tables: tuple[dict[str, Any], ...] = (
        entry,
        limits,
        dict_of(entry.get("meta")),
        top,
        dict_of(entry.get("model_spec")),
        dict_of(entry.get("metadata")),
    )
    if names is _OUTPUTS:
        tables = (top, *tables)
    for table in (*tables, *providers_of(entry)):
        yield from _numbers(table, names)


def _numbers(table: dict[str, Any], names: tuple[str, ...]) -> Iterator[int]:
    for name in names:
        value = table.get(name)
        if type(value) is int and 0 < value < 10**10:
            yield value


def providers_of(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Hugging Face's providers of a model, those that are up first."""
    value = entry.get("providers")
    providers = [provider for provider in value if isinstance(provider, dict)] if isinstance(value, list) else []
    return sorted(providers, key=lambda provider: provider.get("status", "live") != "live")


Prices = tuple[float | None, float | None, float | None, str]


def prices_of(entry: dict[str, Any]) -> Prices:
    """For a million tokens of prompt, of answer, and of prompt that was read before; their currency, if it is named."""
    spec, metadata = dict_of(entry.get("model_spec")), dict_of(entry.get("metadata"))
    tables = [entry.get("pricing"), spec.get("pricing"), metadata.get("pricing")]
    tables += [provider.get("pricing") for provider in providers_of(entry)]
    for table in tables:
        pricing = dict_of(table)
        prices = (_price(pricing, _IN), _price(pricing, _OUT), _price(pricing, _CACHED))
        if prices[:2] != (None, None):
            return *prices, _currency(pricing)
    # xAI counts in hundredths of a cent for a million.
    xai = {name: value / 1e4 for field, name in _XAI if isinstance(value := entry.get(field), int)}
    return _price(xai, _IN), _price(xai, _OUT), None, "USD" if xai else ""


def _currency(pricing: dict[str, Any]) -> str:
    """The currency that a table of prices names: in a field, in its unit (`cny_per_1m_tokens`), in the prices."""
    unit = re.match(r"(usd|cny|rmb|eur)_", str(pricing.get("unit", "")).lower())
    named = (pricing.get("currency"), unit and unit[1])
    if code := next((code for each in named if isinstance(each, str) and (code := currency_code(each))), ""):
        return code
    return "USD" if any("usd" in dict_of(pricing.get(name)) for name in (*_IN, *_OUT)) else ""


def _price(pricing: dict[str, Any], names: tuple[str, ...]) -> float | None:
    """One price. OpenRouter and Vercel give that of a token, as text; others that of a million, as a number."""
    for name in names:
        value = pricing.get(name)
        value = value.get("usd") if isinstance(value, dict) else value
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            try:
                price = float(value)
            except ValueError:
                return None
            by_token = name in ("prompt", "completion", "input_cache_read") or (isinstance(value, str) and price < 1e-3)
            price *= 1e6 if by_token and "1m" not in str(pricing.get("unit", "")).lower() else 1.0
            return round(price, 6) if 0 <= price < 1e6 else None  # -1 is "it depends", NaN neither
    return None


def modalities_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """The input modalities in the list: text, image, audio; empty if not stated."""
    value = dict_of(entry.get("architecture")).get("input_modalities", entry.get("input_modalities"))
    if isinstance(value, list):
        return tuple(clean(modality, multiline=False)[:20] for modality in value[:10] if isinstance(modality, str))
    capabilities = dict_of(entry.get("capabilities"))
    spec = dict_of(dict_of(entry.get("model_spec")).get("capabilities"))
    vision = (
        *(capabilities.get("vision"), dict_of(capabilities.get("supports")).get("vision")),
        *(dict_of(capabilities.get("image_input")).get("supported"), spec.get("supportsVision")),
    )
    stated = next((flag for flag in vision if isinstance(flag, bool)), None)
    if stated is None:
        # Copilot leaves `vision` out of what a model without it supports.
        return ("text",) if "supports" in capabilities and capabilities.get("type") == "chat" else ()
    reads_audio = spec.get("supportsAudioInput") is True
    return ("text", *(["image"] if stated else []), *(["audio"] if reads_audio else []))


def end_of(entry: dict[str, Any]) -> str:
    """When a model is retired: a date, or `deprecated` without one; empty if it is not."""
    for table in (entry, dict_of(entry.get("model_spec"))):
        for name in _ENDS:
            value = table.get(name)
            if isinstance(value, dict):
                value = value.get("date", value.get("inference"))
            if value is True:
                return "deprecated"
            if type(value) is int and value > 10**9:
                value = datetime.fromtimestamp(min(value, 4 * 10**9), UTC).strftime("%Y-%m-%d")
            if isinstance(value, str) and re.match(r"20\d\d-\d\d-\d\d", value):
                return value[:10]
    return "deprecated" if str(entry.get("lifecycle_status", "")).lower() in ("deprecated", "retired") else ""


def replacement_of(entry: dict[str, Any]) -> str:
    """The id of the model that is to be taken instead; empty where none is named."""
    for table in (entry, dict_of(entry.get("model_spec"))):
        for name in _REPLACEMENTS:
            value = table.get(name)
            if isinstance(value, str) and value.strip():
                return clean(value, multiline=False)[:_LONGEST]
    return ""


def dict_of(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
