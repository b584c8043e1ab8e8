"""Lists models from the cache, the server, the models directory and the settings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.backends.models.cache import MAX_LIST, ModelCache, listed, read_models
from chat_tui.backends.models.facts import Facts
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.money import USD
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.text.secrets import Secret
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from chat_tui.backends.errors.reporter import ErrorReporter
    from chat_tui.backends.http.transport import Transport
    from chat_tui.backends.requests.builder import HttpRequest

LIST_SECONDS = 30.0
"""For a whole list to come."""
MAX_AGE = 24 * 3600.0
"""Seconds after which a cached list is fetched again when it is shown."""
_NO_USE_IN_ANOTHER_PATH = (
    ErrorKind.CONFIGURATION,
    ErrorKind.CONNECTION,
    ErrorKind.TLS,
    ErrorKind.TIMEOUT,
    ErrorKind.RATE_LIMIT,
)


class ModelListing:
    """The part of the backend that lists models."""

    def __init__(
        self,
        providers: Callable[[], Mapping[str, Provider]],
        key: Callable[[Provider], Awaitable[Secret | None]],
        transport: Callable[[], Transport],
        cache_dir: Path,
        data_dir: Path,
    ) -> None:
        self._providers = providers
        self._key = key
        self._transport = transport
        self._cache = ModelCache(cache_dir / "models")
        self._loaded: dict[str, ModelList | None] = {}
        self._data_dir = data_dir
        self._local: dict[ModelRef, Model] = {}
        """The local models that were started, with the facts of their server."""
        self._local_asked: tuple[str, ModelRef] | None = None
        self.facts = Facts()

    def known_models(self) -> Sequence[ModelList]:
        """What is known of every provider without asking anybody; with the snapshot's facts once that is loaded."""
        return [self._filled(self._known(provider), provider) for provider in self._providers().values()]

    async def models(self, key: str, *, refresh: bool, api_key: Secret | None = None) -> ModelList:
        """The models of one provider; its server is asked if there is no young list, or for `refresh`."""
        provider = self._providers().get(key)
        if provider is None:
            return ModelList(key, problem=tr("No provider named {provider!r}.", provider=key))
        if not self.facts.is_loaded:
            await asyncio.to_thread(self.facts.load)
        return self._filled(await self._listed(key, provider, refresh, api_key), provider)

    async def local_started(self, ref: ModelRef, provider: Provider, key: Secret) -> None:
        """Hears that a local model's server runs at the provider's address; each is asked once for its window."""
        if self._local_asked != (provider.base_url, ref):
            self._local_asked = (provider.base_url, ref)
            (self._local[ref],) = await self._with_windows((Model(ref),), provider, key)

    def model(self, ref: ModelRef) -> Model:
        """All that is known of one model; a bare one where nothing is."""
        provider = self._providers().get(ref.provider)
        if provider is None:
            return Model(ref)
        bare = self._local.get(ref, Model(ref))
        models = self._known(provider)
        one = next((model for model in (*models.models, *models.others) if model.ref == ref), bare)
        stated = _with_user_facts((one,), provider)
        return (stated if provider.is_local or not self.facts.is_loaded else self.facts.fill(stated, provider))[0]

    def _filled(self, models: ModelList, provider: Provider) -> ModelList:
        stated = _with_user_facts(models.models, provider)
        if not provider.is_local and self.facts.is_loaded:
            stated = self.facts.fill(stated, provider)
        return replace(models, models=stated)

    async def _listed(self, key: str, provider: Provider, refresh: bool, api_key: Secret | None) -> ModelList:
        cached = self._known(provider)
        if provider.is_local:
            return cached
        if not provider.models_paths:
            problem = tr("{name} does not list its models: type a model id from its documentation.", name=provider.name)
            return replace(cached, problem="" if cached.models else problem)
        if cached.fetched and not refresh and _age(cached.fetched) < MAX_AGE:
            return cached
        try:
            models = await self._fetch(provider, api_key)
        except ProviderError as error:
            return replace(cached, problem=str(error), failure=error.kind, status=error.http_status)
        fresh = listed(key, models, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        self._loaded[key] = fresh
        await asyncio.to_thread(self._cache.save, fresh)
        return fresh

    def _known(self, provider: Provider) -> ModelList:
        if provider.is_local:
            from chat_tui.backends.local.files import local_models

            refs = [ModelRef(provider.key, model_id) for model_id in local_models(self._data_dir, provider)]
            return ModelList(provider.key, tuple(self._local.get(ref, Model(ref)) for ref in refs))
        if provider.key not in self._loaded:
            self._loaded[provider.key] = self._cache.load(provider.key)
        cached = self._loaded[provider.key]
        if cached is not None and cached.models:
            return cached
        return ModelList(provider.key, tuple(Model(ModelRef(provider.key, model_id)) for model_id in provider.models))

    async def _fetch(self, provider: Provider, api_key: Secret | None) -> tuple[Model, ...]:
        """Asks each of the provider's paths until one gives a list.

        Raises:
            ProviderError: none did; the last one's failure.
        """
        key = api_key or await self._key(provider)
        failure: ProviderError | None = None
        for path in provider.models_paths:
            try:
                return await self._with_windows(await self._ask(provider, path, key), provider, key)
            except ProviderError as error:
                failure = error
                if error.kind in _NO_USE_IN_ANOTHER_PATH:
                    break
        assert failure is not None  # there is at least one path
        raise failure

    async def _ask(self, provider: Provider, path: str, key: Secret | None) -> tuple[Model, ...]:
        from chat_tui.backends.errors.reporter import ErrorReporter, error_of_payload
        from chat_tui.backends.payloads import says_error
        from chat_tui.backends.requests.builder import models_request

        report = ErrorReporter(provider, key)
        payload = await self._payload(models_request(path, provider, key), report)
        models = read_models(provider.key, payload)
        if isinstance(payload, dict) and models is None and says_error(payload):
            raise error_of_payload(report, payload)
        if models is None:
            raise report.error(ErrorKind.NOT_UNDERSTOOD, tr("its model list has an unexpected format"))
        return models

    async def _with_windows(
        self, models: tuple[Model, ...], provider: Provider, key: Secret | None
    ) -> tuple[Model, ...]:
        if provider.window_from is None:
            return models
        from chat_tui.backends.errors.reporter import ErrorReporter
        from chat_tui.backends.models.context_windows import with_windows
        from chat_tui.backends.requests.builder import root_request

        async def ask(path: str, body: JsonObject | None) -> Json:
            try:
                return await self._payload(root_request(path, provider, key, body), ErrorReporter(provider, key))
            except ProviderError:
                return None

        return await with_windows(models, provider.window_from, ask)

    async def _payload(self, request: HttpRequest, report: ErrorReporter) -> Json:
        from chat_tui.backends.errors.reporter import error_of_response
        from chat_tui.backends.http.errors import error_of_exception
        from chat_tui.backends.http.transport import read_capped

        try:
            async with asyncio.timeout(LIST_SECONDS):
                response = await self._transport().send(request, report.provider.timeouts.connect)
                try:
                    body = await read_capped(response, MAX_LIST)
                finally:
                    await response.aclose()
        except ProviderError:
            raise
        except TimeoutError:
            raise report.error(
                ErrorKind.TIMEOUT, message=tr("{name} did not send its model list in time", name=report.name)
            ) from None
        except Exception as error:
            raise error_of_exception(report, error) from error
        if response.status_code != 200:
            raise error_of_response(report, response.status_code, response.headers, body)
        if len(body) >= MAX_LIST:  # cut off there: nothing that could be read, and costly to try
            raise report.error(
                ErrorKind.NOT_UNDERSTOOD, tr("its model list is larger than {n} MiB", n=MAX_LIST // 2**20)
            )
        try:
            payload: Json = json.loads(body.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError):
            raise report.error(ErrorKind.NOT_UNDERSTOOD, tr("its model list is not JSON")) from None
        return payload


def _with_user_facts(models: tuple[Model, ...], provider: Provider) -> tuple[Model, ...]:
    """The models, with the user's facts where the server states none, and prices in the provider's currency."""
    facts = provider.facts
    if facts:
        models = tuple(facts[model.ref.id].fill(model) if model.ref.id in facts else model for model in models)
    if provider.currency == USD:
        return models
    return tuple(model if model.currency else replace(model, currency=provider.currency) for model in models)


def _age(fetched: str) -> float:
    """Seconds since a list was fetched; infinite for a time that can't be parsed."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(fetched)).total_seconds()
    except (ValueError, TypeError):
        return float("inf")
