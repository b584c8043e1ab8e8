"""Parses model lists of every known shape and caches them, a file for each provider."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from typing import Any

from chat_tui.backends.models.entries import (
    can_chat,
    dict_of,
    end_of,
    modalities_of,
    name_of,
    output_of,
    prices_of,
    replacement_of,
    window_of,
)
from chat_tui.domain.json import Json
from chat_tui.domain.models.model import Model, ModelList, ModelRef, PriceFrom
from chat_tui.domain.text.clean import clean, join_surrogates

MAX_LIST = 4 * 2**20
"""Bytes of a list; the longest known is below 1 MiB, and one of these bytes can cost twenty of memory."""
_MAX_MODELS = 20_000
_MAX_ID = 300


def read_models(provider: str, payload: Json) -> tuple[Model, ...] | None:
    """Parses a list of any shape; None if the value holds none. Models that can't chat are in it, marked."""
    entries = _entries(payload)
    if entries is None:
        return None
    models: dict[str, Model] = {}
    for entry in entries[:_MAX_MODELS]:
        model = _model(provider, entry)
        if model is not None:
            models.setdefault(model.ref.id, model)
    return tuple(models.values())


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
                return inner if inner is not None else [{"id": key, **dict_of(entry)} for key, entry in value.items()]
    return None


def _model(provider: str, entry: Any) -> Model | None:
    if isinstance(entry, str):
        entry = {"id": entry}
    if not isinstance(entry, dict):
        return None
    identity = next(
        (entry[field] for field in ("id", "model", "name", "model_id") if isinstance(entry.get(field), str)), ""
    )
    identity = identity.strip()
    # An id that cleaning would change can't be shown as what it is; it would be asked for under another name.
    if not identity or len(identity) > _MAX_ID or clean(identity, multiline=False) != identity:
        return None
    price_in, price_out, price_cached, currency = prices_of(entry)
    return Model(
        ModelRef(provider, identity),
        name=name_of(entry, identity),
        context_window=window_of(entry),
        max_output=output_of(entry),
        price_in=price_in,
        price_out=price_out,
        price_cached=price_cached,
        price_from=None if (price_in, price_out) == (None, None) else PriceFrom.LIST,
        modalities=modalities_of(entry),
        can_chat=entry.get("chats") is not False and can_chat(entry, identity),
        ends=end_of(entry),
        replacement=replacement_of(entry),
        currency=currency,
    )


def listed(provider: str, models: tuple[Model, ...], fetched: str | None, problem: str = "") -> ModelList:
    """A list of the models that can chat, with the others in `others`."""
    chat = tuple(model for model in models if model.can_chat)
    return ModelList(provider, chat, fetched, problem, tuple(model for model in models if not model.can_chat))


class ModelCache:
    """The lists as last fetched, a file for each provider. Safe to delete at any time."""

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
        return None if models is None else listed(provider, models, clean(table["fetched"], multiline=False)[:40])

    def save(self, models: ModelList) -> None:
        """Writes a list; a cache that can't be written is done without."""
        path = self._path(models.provider)
        table = {"fetched": models.fetched, "models": [_table(model) for model in (*models.models, *models.others)]}
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
    prices = {"input": model.price_in, "output": model.price_out, "cached": model.price_cached}
    table: dict[str, object] = {
        "id": model.ref.id,
        "name": model.name,
        "context_length": model.context_window,
        "max_output_tokens": model.max_output,
        "pricing": {**prices, "currency": model.currency} if model.currency else prices,
        "input_modalities": list(model.modalities),
        "deprecation_date": model.ends if model.ends != "deprecated" else None,
        "deprecated": True if model.ends == "deprecated" else None,
        "replacement_model": model.replacement,
        "chats": None if model.can_chat else False,
    }
    return {key: value for key, value in table.items() if value not in (None, "", [])}
