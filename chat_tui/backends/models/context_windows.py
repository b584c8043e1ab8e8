"""Fetches context windows from servers that leave them out of their model lists.

Failures are not reported: the window stays that of the list, or unknown.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import Model
from chat_tui.domain.models.provider import WindowFrom

WINDOW_SECONDS = 5.0
"""For all requests together; what has arrived by then is used."""
_MAX_ASKED = 100
"""Models that are asked for one by one."""
_AT_ONCE = 4

Ask: TypeAlias = "Callable[[str, JsonObject | None], Awaitable[Json]]"
"""Gets what is at a path below the server's root, or posts to it; None for every failure."""


async def with_windows(models: tuple[Model, ...], source: WindowFrom, ask: Ask) -> tuple[Model, ...]:
    """The models, with the windows that their server states elsewhere, which win over those of its list."""
    windows: dict[str, int] = {}
    try:
        async with asyncio.timeout(WINDOW_SECONDS):
            await _SOURCES[source](models, ask, windows)
    except TimeoutError:
        pass
    return tuple(
        replace(model, context_window=windows[model.ref.id]) if model.ref.id in windows else model for model in models
    )


async def _props(models: tuple[Model, ...], ask: Ask, windows: dict[str, int]) -> None:
    """llama.cpp's real window; its list has only that of the training. With several models it is not stated whose."""
    if len(models) == 1:
        settings = _dict(_dict(await ask("/props", None)).get("default_generation_settings"))
        _note(windows, models[0].ref.id, settings.get("n_ctx"))


async def _lmstudio(models: tuple[Model, ...], ask: Ask, windows: dict[str, int]) -> None:
    """LM Studio's own list; a model that is loaded runs with its `loaded_context_length` (co-l/openfox#49)."""
    entries = _dict(await ask("/api/v0/models", None)).get("data")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            for field in ("max_context_length", "loaded_context_length"):
                _note(windows, entry["id"], entry.get(field))


async def _ollama(models: tuple[Model, ...], ask: Ask, windows: dict[str, int]) -> None:
    """Ollama's description of each model; of those that are loaded, what they run with (1ay1/agentty#49)."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def show(identity: str) -> None:
        async with gate:
            shown = _dict(await ask("/api/show", {"model": identity}))
        _note(windows, identity, _ollama_window(shown))

    async with asyncio.TaskGroup() as group:
        for model in models[:_MAX_ASKED]:
            group.create_task(show(model.ref.id))
    running = _dict(await ask("/api/ps", None)).get("models")
    for entry in running if isinstance(running, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("model"), str):
            _note(windows, entry["model"], entry.get("context_length"))


def _ollama_window(shown: dict[str, Any]) -> object:
    """The window that the model's file sets, else that which the model was trained with."""
    parameters, info = shown.get("parameters"), _dict(shown.get("model_info"))
    match = re.search(r"^num_ctx\s+(\d{1,10})\s*$", parameters, re.M) if isinstance(parameters, str) else None
    if match:
        return int(match[1])
    own = f"{info.get('general.architecture')}.context_length"
    return info.get(own, next((value for name, value in info.items() if name.endswith(".context_length")), None))


def _note(windows: dict[str, int], identity: str, value: object) -> None:
    if type(value) is int and 0 < value < 10**10:
        windows[identity] = value


def _dict(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


_SOURCES: dict[WindowFrom, Callable[[tuple[Model, ...], Ask, dict[str, int]], Awaitable[None]]] = {
    WindowFrom.PROPS: _props,
    WindowFrom.LMSTUDIO: _lmstudio,
    WindowFrom.OLLAMA: _ollama,
}
