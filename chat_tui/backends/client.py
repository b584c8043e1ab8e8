"""The backend that the program talks to: providers, keys, retries and model lists put together.

    stream -> local model's start, if it is that -> requests -> answer (tried again, SAFETY.md N6) -> chunks

Importing this module loads neither httpx nor TLS: `warm` does, from any thread, while the first frame is drawn.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.backends.listing import Listing
from chat_tui.domain.chunk import Chunk, RetryWait, UsageUpdate
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError
from chat_tui.domain.model import ModelList
from chat_tui.domain.ports import ChatRequest, KeyStore, ProgressCallback
from chat_tui.domain.provider import Provider
from chat_tui.domain.secrets import Secret

if TYPE_CHECKING:
    from chat_tui.backends.local import LocalModel
    from chat_tui.backends.requests import HttpRequest
    from chat_tui.backends.transport import Transport

MAX_RETRIES = 2
MAX_RETRY_WAIT = 120.0
"""Seconds; a server that asks for longer gets no second request, the user decides."""
_BACKOFF = 0.5
_MAX_BACKOFF = 8.0


class HttpBackend:
    """Implements `ports.Backend`."""

    def __init__(
        self,
        providers: Callable[[], Mapping[str, Provider]],
        keys: KeyStore,
        cache_dir: Path,
        data_dir: Path,
        *,
        local: LocalModel | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Makes a backend; nothing is read or connected yet.

        Args:
            providers: gives all profiles by key, as the settings have them now.
            keys: where the keys are.
            cache_dir: for model lists and the local model's log.
            data_dir: below it, `models/` holds GGUF files.
            local: the local model, if not the usual one.
            sleep: waits so many seconds before a retry.
            jitter: a number from 0 to 1 that spreads retries.
        """
        self._providers = providers
        self._keys = keys
        self._cache_dir = cache_dir
        self._data_dir = data_dir
        self._local = local
        self._sleep = sleep
        self._jitter = jitter
        self._made_transport: Transport | None = None
        self._refused: set[tuple[str, str, str]] = set()
        """Provider, model and the request field that it refused (WIRE.md R1, R2): not sent a second time."""
        self._listing = Listing(providers, self._key, lambda: self._transport, cache_dir, data_dir)

    def warm(self) -> None:
        """Loads what the first request needs. Takes about 0.1 s; meant for a thread."""
        self._transport.warm()

    async def stream(self, request: ChatRequest, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        """Sends the turn and yields the answer as it comes; see `ports.Backend.stream`.

        Before a retry it yields a `RetryWait`. Only requests of which nothing has come yet are sent again.

        Raises:
            ProviderError: for every failure.
        """
        from chat_tui.backends.answer import answer
        from chat_tui.backends.errors import Reporter
        from chat_tui.backends.requests import chat_request, refused_option, without_option

        provider = self._provider(request.model.provider)
        key: Secret | None = None
        if provider.is_local:
            provider, key = await self._local_model().start(request.model.id, provider, progress)
        else:
            key = await self._key(provider)
        made = self._without_refused(request, chat_request(request, provider, key))
        retries = 0
        while True:
            report = Reporter(provider, key)
            came = False
            try:
                async with aclosing(answer(self._transport, made, report, provider.timeouts)) as chunks:
                    async for chunk in chunks:
                        came = came or not isinstance(chunk, UsageUpdate)
                        yield chunk
                return
            except ProviderError as error:
                option = "" if came else refused_option(made, error)
                if option:
                    self._refused.add((*_name(request), option))
                    made = without_option(made, option)
                    continue
                wait = self._wait(error, retries)
                if came or wait is None:
                    raise
                reason = error.message
            retries += 1
            yield RetryWait(reason, wait)
            await self._sleep(wait)

    def preview(self, request: ChatRequest) -> tuple[str, str]:
        """What `stream` would send, without the key: the body as JSON, and a curl command (PRODUCT.md promise 6).

        Raises:
            ProviderError: the request would be refused before it is sent.
        """
        from chat_tui.backends.requests import preview

        return preview(request, self._provider(request.model.provider))

    async def models(self, provider: str, *, refresh: bool = False) -> ModelList:
        """The models of a provider: from the cache, or its server. Never raises: `problem` says what is wrong."""
        return await self._listing.models(provider, refresh=refresh)

    def known_models(self) -> Sequence[ModelList]:
        """What is known without asking anybody, for every provider."""
        return self._listing.known_models()

    def has_key(self, provider: Provider) -> bool:
        """Whether the provider can be used: it needs no key, or the key store has one."""
        return self._keys.has(provider)

    async def aclose(self) -> None:
        """Closes connections and stops the local model's process."""
        if self._made_transport is not None:
            await self._made_transport.aclose()
        if self._local is not None:
            await self._local.aclose()

    @property
    def _transport(self) -> Transport:
        if self._made_transport is None:
            from chat_tui.backends.transport import Transport

            self._made_transport = Transport()
        return self._made_transport

    def _local_model(self) -> LocalModel:
        if self._local is None:
            from chat_tui.backends.local import LocalModel

            self._local = LocalModel(self._data_dir, self._cache_dir)
        return self._local

    def _provider(self, key: str) -> Provider:
        provider = self._providers().get(key)
        if provider is None:
            raise ProviderError(
                ErrorKind.CONFIGURATION, f"There is no provider called {key!r}.", "Pick a model, or add the provider."
            )
        return provider

    async def _key(self, provider: Provider) -> Secret | None:
        if not provider.needs_key:
            return None
        try:
            key = await self._keys.get(provider)
        except StorageError as error:
            raise ProviderError(
                ErrorKind.CONFIGURATION, f"The key for {provider.name} can't be had: {error}"
            ) from error
        if key is None:
            variable = f"set {provider.api_key_env}, or " if provider.api_key_env else ""
            page = f" Keys are had at {provider.keys_page}." if provider.keys_page else ""
            raise ProviderError(
                ErrorKind.CONFIGURATION,
                f"There is no key for {provider.name}.",
                f"To give one, {variable}run: chat-tui keys set {provider.key}.{page}",
            )
        return key

    def _without_refused(self, request: ChatRequest, made: HttpRequest) -> HttpRequest:
        from chat_tui.backends.requests import without_option

        for provider, model, option in self._refused:
            if (provider, model) == _name(request) and made.body is not None and option in made.body:
                made = without_option(made, option)
        return made

    def _wait(self, error: ProviderError, retries: int) -> float | None:
        """Seconds before the next try; None where there is none."""
        if not error.retryable or retries >= MAX_RETRIES:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= MAX_RETRY_WAIT else None
        return min(_BACKOFF * 2.0**retries, _MAX_BACKOFF) * (1 - 0.25 * self._jitter())


def _name(request: ChatRequest) -> tuple[str, str]:
    return request.model.provider, request.model.id
