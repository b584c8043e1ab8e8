"""The backend, told by the key store which keys are at hand, and not only by those that it has used itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chat_tui.backends.client import HttpBackend
from chat_tui.domain.provider import Provider
from chat_tui.storage.credentials import Keys
from chat_tui.storage.paths import Paths


class KeyedBackend(HttpBackend):
    """A backend whose `has_key` also knows of a key that was stored and never used yet."""

    def __init__(self, providers: Callable[[], Mapping[str, Provider]], keys: Keys, paths: Paths) -> None:
        super().__init__(providers, keys, paths.cache, paths.data)
        self._stored = keys

    def has_key(self, provider: Provider) -> bool:
        """See `ports.Backend.has_key`."""
        return self._stored.has(provider) or super().has_key(provider)
