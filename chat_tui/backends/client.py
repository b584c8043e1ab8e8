"""The HTTP backend: keys, requests, retries and model lists of all providers.

    stream -> local model's start, if it is that -> requests -> answer (tried again) -> chunks

Importing this module loads neither httpx nor TLS: `warm` does, from any thread, while the first frame is drawn.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.backends.key_rotation import KeyRotation
from chat_tui.backends.models.listing import ModelListing
from chat_tui.domain.conversation.chunk import Chunk, Notice, RetryWait, UsageUpdate
from chat_tui.domain.errors import ErrorKind, ProviderError, StorageError
from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.ports.backend import ChatRequest, ProgressCallback
from chat_tui.domain.ports.files import WebPage
from chat_tui.domain.ports.stores import KeyStore
from chat_tui.domain.text.secrets import Secret
from chat_tui.i18n import sentences, tr

if TYPE_CHECKING:
    from chat_tui.backends.http.transport import Transport
    from chat_tui.backends.local.server import LocalModel
    from chat_tui.backends.requests.repairs import Repairs

MAX_RETRIES = 2
MAX_REPAIRS = 4
"""Fields that are taken out of one request, one after the other, because the server refuses them."""
MAX_RETRY_WAIT = 120.0
"""Seconds; a server that asks for longer gets no second request, the user decides."""
_BACKOFF = 0.5
_MAX_BACKOFF = 8.0


class HttpBackend:
    """Implements `Backend`."""

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
        clock: Callable[[], float] = time.time,
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
            clock: the time in seconds since 1970, for servers that say when to come again.
        """
        self._providers = providers
        self._keys = keys
        self._cache_dir = cache_dir
        self._data_dir = data_dir
        self._local = local
        self._sleep = sleep
        self._jitter = jitter
        self._clock = clock
        self._lazy_transport: Transport | None = None
        self._lazy_repairs: Repairs | None = None
        self._rotation = KeyRotation()
        self._quotes_reported: set[str] = set()
        """Providers whose quoted key was reported."""
        self._listing = ModelListing(providers, self._key, lambda: self._transport, cache_dir, data_dir)

    def warm(self) -> None:
        """Loads what the first request needs. Takes about 0.1 s; meant for a thread."""
        self._transport.warm()
        self._listing.facts.load()

    async def stream(self, request: ChatRequest, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        """Sends the turn and yields the answer as it comes; see `Backend.stream`.

        Before a retry it yields a `RetryWait`. Only requests of which nothing has come yet are sent again, with the
        provider's next API key after a rate limit or for want of quota.

        Raises:
            ProviderError: for every failure.
        """
        from chat_tui.backends.answer import open_answer
        from chat_tui.backends.errors.reporter import ErrorReporter
        from chat_tui.backends.requests.builder import chat_request
        from chat_tui.backends.requests.continuation import ContinuationSeam, is_continuation
        from chat_tui.backends.requests.rejected_fields import sends_begun_answer
        from chat_tui.backends.response_warnings import ResponseWarnings

        provider = self._provider(request.model.provider)
        keys: list[Secret | None]
        if provider.is_local:
            provider, own = await self._local_model().start(request.model.id, provider, progress)
            await self._listing.local_started(request.model, provider, own)
            keys = [own]
        else:
            keys = await self._keys_of(provider)
        if any(key and key.was_quoted for key in keys) and provider.key not in self._quotes_reported:
            self._quotes_reported.add(provider.key)
            yield Notice(tr("The API key of {name} was in quotes; they were removed.", name=provider.name))
        for message in self._repairs.notices(request, provider):
            yield Notice(message)
        retries = repairs = 0
        turns = self._rotation.turns(provider.key, keys)
        while True:
            key = turns.key
            sent = chat_request(request, provider, key, self._repairs.known(provider.base_url, request.model.id))
            body = sent.body or {}
            report, warnings = ErrorReporter(provider, key, clock=self._clock), ResponseWarnings(request, provider.name)
            seam = None
            if is_continuation(request.messages):
                seam = ContinuationSeam(request.messages[-1].content, is_asked=not sends_begun_answer(body))
            has_content = False
            try:
                async with open_answer(self._transport, sent, report, provider.timeouts, seam=seam) as answer:
                    while chunks := await answer.read():
                        for chunk in chunks:
                            has_content = has_content or not isinstance(chunk, UsageUpdate)
                            warnings.see(chunk)
                            yield chunk
                for message in warnings.notices():
                    yield Notice(message)
                return
            except ProviderError as error:
                if not has_content and repairs < MAX_REPAIRS:
                    change = self._repairs.learn(request, provider, body, error)
                    if change is not None:
                        repairs += 1
                        await asyncio.to_thread(self._repairs.save)
                        if message := self._repairs.notice(change, request, provider):
                            yield Notice(message)
                        continue
                if has_content:
                    raise
                if turns.moves_on(error):
                    yield Notice(sentences(error.message, tr("Switched to the next API key.")))
                    continue
                failure = turns.verdict(error)
                wait = self._wait(failure, retries)
                if wait is None:
                    raise failure from None
                reason = failure.message
            turns.start_again()
            retries += 1
            yield RetryWait(reason, wait)
            await self._sleep(wait)

    def preview(self, request: ChatRequest) -> tuple[str, str]:
        """What `stream` would send, without the key: the body as JSON, and a curl command.

        Raises:
            ProviderError: the request would be refused before it is sent.
        """
        from chat_tui.backends.requests.preview import preview

        provider = self._provider(request.model.provider)
        return preview(request, provider, self._repairs.known(provider.base_url, request.model.id))

    async def probe(self, key: str) -> str:
        """Sends a request without messages, which costs nothing; returns what is wrong with the address or the key.

        Empty where the server knows the address and takes the key: it refuses nothing but the lack of messages.
        """
        from chat_tui.backends.answer import open_answer
        from chat_tui.backends.errors.reporter import ErrorReporter
        from chat_tui.backends.requests.builder import chat_request

        provider = self._provider(key)
        request = ChatRequest(ModelRef(key, next(iter(provider.models), "probe")), (), stream=False)
        try:
            secret = await self._key(provider)
            sent, report = chat_request(request, provider, secret), ErrorReporter(provider, secret, clock=self._clock)
            async with open_answer(self._transport, sent, report, provider.timeouts) as answer:
                while await answer.read():
                    pass
        except ProviderError as error:
            is_known = error.http_status in (400, 422) and error.kind is not ErrorKind.AUTHENTICATION
            return "" if is_known or error.kind is ErrorKind.EMPTY else sentences(error, error.detail)
        return ""

    async def models(self, provider: str, *, refresh: bool = False, key: Secret | None = None) -> ModelList:
        """See `Backend.models`."""
        return await self._listing.models(provider, refresh=refresh or key is not None, api_key=key)

    async def fetch(self, url: str, limit: int, *, public: bool = False) -> WebPage:
        """Gets a page of the web that the user asked for.

        Args:
            url: its address.
            limit: bytes that it may have.
            public: refuse what is not on the internet: a model asks for it.

        Raises:
            ProviderError: it can't be had.
        """
        from chat_tui.backends.web import fetch_page

        return await fetch_page(self._transport, url, limit, public=public)

    def model(self, ref: ModelRef) -> Model:
        """All that is known of one model: window, prices; with the snapshot's facts once that is loaded."""
        return self._listing.model(ref)

    def known_models(self) -> Sequence[ModelList]:
        """What is known without asking anybody, for every provider."""
        return self._listing.known_models()

    def has_key(self, provider: Provider) -> bool:
        """Whether the provider can be used: it needs no key, or the key store has one."""
        return self._keys.has(provider)

    async def aclose(self) -> None:
        """Closes connections and stops the local model's process."""
        if self._lazy_transport is not None:
            await self._lazy_transport.aclose()
        if self._local is not None:
            await self._local.aclose()

    @property
    def _transport(self) -> Transport:
        if self._lazy_transport is None:
            from chat_tui.backends.http.transport import Transport

            self._lazy_transport = Transport()
        return self._lazy_transport

    @property
    def _repairs(self) -> Repairs:
        if self._lazy_repairs is None:
            from chat_tui.backends.requests.repairs import Repairs

            self._lazy_repairs = Repairs(self._cache_dir, self._clock)
            self._lazy_repairs.load()
        return self._lazy_repairs

    def _local_model(self) -> LocalModel:
        if self._local is None:
            from chat_tui.backends.local.server import LocalModel

            self._local = LocalModel(self._data_dir, self._cache_dir)
        return self._local

    def _provider(self, key: str) -> Provider:
        provider = self._providers().get(key)
        if provider is None:
            raise ProviderError(
                ErrorKind.CONFIGURATION,
                tr("No provider named {provider!r}.", provider=key),
                tr("Choose a model, or add the provider."),
            )
        return provider

    async def _key(self, provider: Provider) -> Secret | None:
        return (await self._keys_of(provider))[0]

    async def _keys_of(self, provider: Provider) -> list[Secret | None]:
        """The provider's keys, at least one; a single None where none is needed."""
        if not provider.needs_key:
            return [None]
        try:
            keys = await self._keys.all(provider)
        except StorageError as error:
            raise ProviderError(
                ErrorKind.CONFIGURATION,
                tr("Could not read the API key for {name}: {error}", name=provider.name, error=error),
            ) from error
        if not keys:
            names = provider.key_variables
            advice = tr("Run: chat-tui keys set {provider}.", provider=provider.key)
            if names:
                advice = tr(
                    "Set {variable}, or run: chat-tui keys set {provider}.", variable=names[0], provider=provider.key
                )
            if provider.keys_page:
                advice += " " + tr("Create a key at {page}.", page=provider.keys_page)
            raise ProviderError(
                ErrorKind.CONFIGURATION,
                tr("No API key for {name}.", name=provider.name),
                advice,
            )
        return [*keys]

    def _wait(self, error: ProviderError, retries: int) -> float | None:
        """Seconds before the next try; None where there is none."""
        if not error.retryable or retries >= MAX_RETRIES:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= MAX_RETRY_WAIT else None
        return min(_BACKOFF * 2.0**retries, _MAX_BACKOFF) * (1 - 0.25 * self._jitter())
