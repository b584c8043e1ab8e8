"""Remembers for a week which changes servers demand of requests.

A file in the cache directory holds them, so that the next process does not pay for a refused request first. It is safe
to delete; a server that changes its mind is asked again once an entry has grown old.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from chat_tui.backends.requests.rejected_fields import REASONING, FieldRepair, find_repair
from chat_tui.backends.requests.response_formats import FORMAT, format_notice
from chat_tui.backends.requests.thinking import thinking_fields
from chat_tui.domain.errors import ProviderError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.ports.backend import ChatRequest
from chat_tui.domain.text.clean import join_surrogates

MAX_AGE = 7 * 86400.0
"""Seconds for which a change counts."""
_LARGEST = 256 * 1024
"""Bytes of the file; one that is larger is not ours."""
_LARGEST_VALUE = 2_000
"""Characters of a refused value that is kept on disk: a schema of the user's is not."""
_VERSION = 1


class Repairs:
    """The changes by base URL and model."""

    def __init__(self, cache_dir: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        """Makes an empty memory; `load` reads what earlier processes learnt.

        Args:
            cache_dir: where they are kept; None for nowhere.
            clock: the time in seconds since 1970.
        """
        self._path = cache_dir / "repairs.json" if cache_dir is not None else None
        self._clock = clock
        self._known: dict[tuple[str, str], dict[FieldRepair, float]] = {}
        """When each was learnt, in the order in which they were."""
        self._is_loaded = False

    def load(self) -> None:
        """Reads the file, once; a file that can't be read is as good as none. Some tenths of a millisecond."""
        if not self._is_loaded:
            self._is_loaded = True
            self._known = self._read()

    def known(self, url: str, model: str) -> list[FieldRepair]:
        """All that is known of this model there, in the order in which it was learnt."""
        oldest = self._clock() - MAX_AGE
        both = [*self._known.get((url, ""), {}).items(), *self._known.get((url, model), {}).items()]
        return [change for change, learnt in both if learnt > oldest]

    def learn(
        self, request: ChatRequest, provider: Provider, body: JsonObject, error: ProviderError
    ) -> FieldRepair | None:
        """Finds and remembers what may make a refused request pass; None where there is nothing, or nothing new."""
        url, model = provider.base_url, request.model.id
        ours = {"stream_options", *provider.defaults, *provider.extra_body} - set(request.parameters)
        messages = body.get("messages")
        sends_reasoning = isinstance(messages, list) and any(
            isinstance(message, dict) and REASONING in message for message in messages
        )
        change = find_repair(body, error, ours, sends_reasoning)
        if change is None or change in self.known(url, model):
            return None
        # What a server makes of stream_options does not depend on the model.
        place = (url, "" if change.field == "stream_options" else model)
        self._known.setdefault(place, {})[change] = self._clock()
        return change

    def notices(self, request: ChatRequest, provider: Provider) -> list[str]:
        """What the user set and is left out: reported with every turn, so that nobody believes it was sent."""
        known = self.known(provider.base_url, request.model.id)
        fields = dict(request.parameters)
        with suppress(ValueError):  # reported when the request is built
            fields |= thinking_fields(fields, provider, request.model.id)
        lost = [repair for repair in known if not repair.to and repair.concerns(fields)]
        messages = [repair.message(provider.name, request.model.id) for repair in lost]
        return [message for message in (*messages, self._format_notice(request, provider)) if message]

    def notice(self, change: FieldRepair, request: ChatRequest, provider: Provider) -> str:
        """What the user should know of a change that was learnt; empty for what they did not ask for."""
        if change.field == FORMAT:
            return self._format_notice(request, provider)
        return change.message(provider.name, request.model.id)

    def _format_notice(self, request: ChatRequest, provider: Provider) -> str:
        known = self.known(provider.base_url, request.model.id)
        refused = {change.to for change in known if change.field == FORMAT}
        return format_notice(request.parameters.get("response_format"), refused, provider.name, request.model.id)

    def save(self) -> None:
        """Adds what is known to what other processes have written; a failure is ignored: it is learnt again."""
        if self._path is None:
            return
        merged = self._read()
        for place, changes in self._known.items():
            merged[place] = merged.get(place, {}) | changes
        entries = [
            {"url": url, "model": model, "learnt": int(learnt), **_table(change)}
            for (url, model), changes in merged.items()
            for change, learnt in changes.items()
            if len(json.dumps(change.was)) <= _LARGEST_VALUE
        ]
        text = join_surrogates(json.dumps({"version": _VERSION, "repairs": entries}, ensure_ascii=False))
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(text.encode())
            temporary.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _read(self) -> dict[tuple[str, str], dict[FieldRepair, float]]:
        changes: dict[tuple[str, str], dict[FieldRepair, float]] = {}
        if self._path is None:
            return changes
        try:
            raw = self._path.read_bytes() if self._path.is_file() else b""  # a FIFO has no end
            table: Any = json.loads(raw) if 0 < len(raw) <= _LARGEST else None
        except (OSError, ValueError, RecursionError):
            return changes
        entries = table.get("repairs") if isinstance(table, dict) and table.get("version") == _VERSION else None
        now = self._clock()
        for entry in entries if isinstance(entries, list) else ():
            if (change := _change(entry)) is not None and now - MAX_AGE < entry["learnt"] <= now:
                changes.setdefault((entry["url"], entry["model"]), {})[change] = float(entry["learnt"])
        return changes


def _table(change: FieldRepair) -> JsonObject:
    table: JsonObject = {"field": change.field, "to": change.to, "was": change.was, "value": change.value}
    return {name: value for name, value in table.items() if value not in ("", None)}


def _change(entry: Any) -> FieldRepair | None:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in ("url", "model", "field")):
        return None
    if type(entry.get("learnt")) is not int or not isinstance(entry.get("to", ""), str) or not entry["field"]:
        return None
    return FieldRepair(entry["field"], entry.get("to", ""), entry.get("was"), entry.get("value"))
