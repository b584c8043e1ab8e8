"""Model lists: read in every shape that servers send (WIRE.md 2e), and kept in the cache directory."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chat_tui.domain.clean import clean, join_surrogates
from chat_tui.domain.json import Json
from chat_tui.domain.model import Model, ModelList, ModelRef

MAX_LIST = 4 * 2**20
"""Bytes of a list; the longest known is below 1 MiB, and one of these bytes can cost twenty of memory."""
_MAX_MODELS = 20_000
_MAX_ID = 300
_NO_CHAT = frozenset(
    (
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
        "stt",
    )
)
_WINDOW_FIELDS = ("context_length", "max_model_len", "max_context_length", "context_window", "n_ctx", "n_ctx_train")


def read_models(provider: str, payload: Json) -> tuple[Model, ...] | None:
    """Reads a list in any shape; None if there is none in it. What is no chat model by its `type` is left out."""
    entries = _entries(payload)
    if entries is None:
        return None
    found: dict[str, Model] = {}
    for entry in entries[:_MAX_MODELS]:
        model = _model(provider, entry)
        if model is not None:
            found.setdefault(model.ref.id, model)
    return tuple(found.values())


def _entries(payload: Any) -> list[Any] | None:
    if isinstance(payload, list):
        return payload
    if not isinstance(payload, dict):
        return None
    for field in ("data", "models", "result", "items"):
        if field in payload:
            value = payload[field]
            if value is None:
                return []  # Ollama without models
            if isinstance(value, list):
                return value
            if isinstance(value, dict):
                inner = _entries(value)
                return inner if inner is not None else [{"id": key, **_dict(each)} for key, each in value.items()]
    return None


def _model(provider: str, entry: Any) -> Model | None:
    if isinstance(entry, str):
        entry = {"id": entry}
    if not isinstance(entry, dict) or str(entry.get("type", "")).lower() in _NO_CHAT:
        return None
    identity = next(
        (entry[field] for field in ("id", "model", "name", "model_id") if isinstance(entry.get(field), str)), ""
    )
    identity = identity.strip()
    # An id that cleaning would change can't be shown as what it is; it would be asked for under another name.
    if not identity or len(identity) > _MAX_ID or clean(identity, multiline=False) != identity:
        return None
    name = entry.get("name")
    top, pricing = _dict(entry.get("top_provider")), _dict(entry.get("pricing"))
    return Model(
        ModelRef(provider, identity),
        name=clean(name, multiline=False)[:_MAX_ID] if isinstance(name, str) and name != identity else "",
        context_window=next(_counts(entry, _dict(entry.get("meta")), top, fields=_WINDOW_FIELDS), None),
        max_output=next(_counts(top, entry, fields=("max_completion_tokens", "max_output_tokens")), None),
        price_in=_price(pricing, "prompt", "input"),
        price_out=_price(pricing, "completion", "output"),
        price_cached=_price(pricing, "input_cache_read", "cached"),
        modalities=_modalities(entry),
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _counts(*tables: dict[str, Any], fields: tuple[str, ...]) -> Iterator[int]:
    for table in tables:
        for field in fields:
            value = table.get(field)
            if type(value) is int and 0 < value < 10**10:
                yield value


def _price(pricing: dict[str, Any], per_token: str, per_million: str) -> float | None:
    """USD for a million tokens: OpenRouter gives it for one, as a string; others for a million, as a number."""
    for field, factor in ((per_token, 1e6), (per_million, 1.0)):
        value = pricing.get(field)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            try:
                price = float(value) * factor
            except ValueError:
                return None
            return round(price, 6) if 0 <= price < 1e6 else None  # -1 is "it depends", NaN neither
    return None


def _modalities(entry: dict[str, Any]) -> tuple[str, ...]:
    value = _dict(entry.get("architecture")).get("input_modalities", entry.get("input_modalities"))
    if not isinstance(value, list):
        return ()
    return tuple(clean(each, multiline=False)[:20] for each in value[:10] if isinstance(each, str))


class ModelCache:
    """The lists as they were last had, a file for each provider. Safe to delete at any time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def load(self, provider: str) -> ModelList | None:
        """Reads a list; None if there is none that can be read. Quick."""
        try:
            path = self._path(provider)
            raw = path.read_bytes() if path.is_file() else b""  # reading a FIFO or a device has no end
            table = json.loads(raw) if len(raw) <= MAX_LIST else None
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(table, dict) or not isinstance(table.get("fetched"), str):
            return None
        models = read_models(provider, table.get("models"))
        return None if models is None else ModelList(provider, models, clean(table["fetched"], multiline=False)[:40])

    def save(self, models: ModelList) -> None:
        """Writes a list; a cache that can't be written is done without."""
        path = self._path(models.provider)
        table = {"fetched": models.fetched, "models": [_table(model) for model in models.models]}
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            for folder in (path.parent.parent, path.parent):  # `parents=True` would make the first by the umask alone
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(join_surrogates(json.dumps(table, ensure_ascii=False)).encode())
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _path(self, provider: str) -> Path:
        return self._directory / (re.sub(r"[^a-z0-9_.-]", "_", provider.lower()).lstrip(".") + ".json")


def _table(model: Model) -> dict[str, object]:
    table: dict[str, object] = {
        "id": model.ref.id,
        "name": model.name,
        "context_length": model.context_window,
        "max_output_tokens": model.max_output,
        "pricing": {"input": model.price_in, "output": model.price_out, "cached": model.price_cached},
        "input_modalities": list(model.modalities),
    }
    return {key: value for key, value in table.items() if value not in (None, "", [])}
