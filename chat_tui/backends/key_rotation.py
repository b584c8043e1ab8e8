"""Several API keys of one provider take turns: one that is rate limited or out of quota gives way to the next."""

from __future__ import annotations

from collections.abc import Sequence

from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.text.secrets import Secret

_ROTATING = (ErrorKind.RATE_LIMIT, ErrorKind.CREDIT)
"""The causes for which another key may do."""


class KeyRotation:
    """Knows which key of each provider was used last: the next request begins with it."""

    def __init__(self) -> None:
        self.current: dict[str, Secret] = {}
        """By the provider's key in the settings."""

    def turns(self, provider: str, keys: Sequence[Secret | None]) -> KeyTurns:
        """The keys of one request.

        Args:
            provider: its key in the settings.
            keys: at least one; a single None where none is needed.
        """
        return KeyTurns(self, provider, keys)


class KeyTurns:
    """The keys of one request, each used once between two waits. A key without quota is not used again."""

    def __init__(self, rotation: KeyRotation, provider: str, keys: Sequence[Secret | None]) -> None:
        self._rotation = rotation
        self._provider = provider
        last = rotation.current.get(provider)
        at = keys.index(last) if last in keys else 0
        self._left = [*keys[at:], *keys[:at]]
        """The keys to be used before the next wait, the current one first."""
        self._limited: list[tuple[Secret | None, ProviderError]] = []
        """The keys that may be used again after it, with their errors."""

    @property
    def key(self) -> Secret | None:
        """The current key."""
        return self._left[0]

    def moves_on(self, error: ProviderError) -> bool:
        """Whether another key is used after this error; without one, `verdict` says what became of all."""
        if error.kind not in _ROTATING:
            return False
        if error.kind is ErrorKind.RATE_LIMIT:
            self._limited.append((self.key, error))
        if len(self._left) == 1:
            return False
        self._left.pop(0)
        self._remember()
        return True

    def verdict(self, error: ProviderError) -> ProviderError:
        """The error of all keys together: the shortest rate limit, else the last error."""
        waits = [each for _, each in self._limited if each.retryable]
        if error.kind not in _ROTATING or not waits:
            return error
        return min(waits, key=lambda each: each.retry_after or 0.0)

    def start_again(self) -> None:
        """Lets every key that was rate limited be used once more: a wait is over."""
        if self._limited:
            self._left, self._limited = [key for key, _ in self._limited], []
            self._remember()

    def _remember(self) -> None:
        if self.key is not None:
            self._rotation.current[self._provider] = self.key
