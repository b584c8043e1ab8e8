"""Asks another model where the one that was asked fails before anything of its answer has come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.chunk import Chunk, ModelSwitched, Notice, RetryWait
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.fallback import is_dearer, listed_models
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import sentences, tr

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import Backend, ChatRequest, ProgressCallback
    from chat_tui.domain.settings import Settings

MOST_TRIED = 4
"""Other models that are asked for one answer."""
_PASSING = frozenset((ErrorKind.RATE_LIMIT, ErrorKind.CREDIT, ErrorKind.NOT_FOUND))
"""Causes that another provider need not have, beside those for which a request is sent again."""
_REFUSALS = frozenset((ErrorKind.CONTENT_FILTER, ErrorKind.REFUSED))
_UNUSABLE = frozenset(
    (
        *(ErrorKind.CONFIGURATION, ErrorKind.LOCAL_MODEL, ErrorKind.TLS, ErrorKind.AUTHENTICATION, ErrorKind.FORBIDDEN),
        *(ErrorKind.CONTEXT_LENGTH, ErrorKind.ATTACHMENT, ErrorKind.REJECTED, ErrorKind.REDIRECT),
    )
)
"""Failures of another model that say nothing against the next: it took no request, so there is nothing to pay for."""


def falls_over(error: ProviderError) -> bool:
    """Whether another model is asked after a failure of the model that the user chose."""
    return error.kind not in _REFUSALS and (error.retryable or error.kind in _PASSING)


async def stream_with_fallback(
    backend: Backend, request: ChatRequest, settings: Settings, progress: ProgressCallback | None = None
) -> AsyncGenerator[Chunk]:
    """Yields the answer as `Backend.stream` does; before another model is asked, a `Notice` and a `ModelSwitched`.

    Args:
        backend: asks the models; it has sent a request again where that may help.
        request: to the model that the user chose.
        settings: the rules, and the providers there are.
        progress: see `Backend.stream`.

    Raises:
        ProviderError: the failure of the chosen model, where no other one answered; or that of another one, which
            refused the content or broke off.
    """
    others: Others | None = None
    asked = request.model
    while True:
        has_content = False
        try:
            async with aclosing(backend.stream(replace(request, model=asked), progress)) as chunks:
                async for chunk in chunks:
                    has_content = has_content or not isinstance(chunk, Notice | RetryWait)
                    yield chunk
                return
        except ProviderError as error:
            if has_content or not (falls_over(error) or (others is not None and error.kind in _UNUSABLE)):
                raise
            others = others or await Others.find(backend, settings, request.model, error)
            others.note(asked, error)
            following = others.next()
            text = others.text(error, following)
            if text:
                yield Notice(text, is_passing=following is not None)
            if following is None:
                if len(others.failures) > 1:
                    yield ModelSwitched(str(request.model), tuple(others.failures[1:]))
                raise others.first from None
            asked = following
            yield ModelSwitched(str(asked), tuple(others.failures))


class Others:
    """The models that may be asked in place of one, and those that have been."""

    def __init__(
        self,
        settings: Settings,
        allowed: Iterable[ModelRef],
        dearer: Iterable[ModelRef],
        unusable: Mapping[ModelRef, str],
        first: ProviderError,
    ):
        self._settings = settings
        self._allowed = list(allowed)
        self._dearer = list(dearer)
        self._unusable = dict(unusable)
        self.first = first
        """The failure of the model that the user chose."""
        self.failures: list[JsonObject] = []
        """What was asked and failed, as `Message.tried` has it."""

    @classmethod
    async def find(cls, backend: Backend, settings: Settings, model: ModelRef, error: ProviderError) -> Others:
        """Finds the models that the settings list for one, whose providers can be used.

        Those that cost more than the settings allow, and listed ones that can't be asked, are set apart. Comparing
        thousands of ids takes a moment, so it is done in a thread.
        """
        rules = settings.fallback
        known = [each for models in backend.known_models() for each in models.models]
        entries = rules.of(model)
        refs = await asyncio.to_thread(listed_models, entries, model, known)
        allowed: list[ModelRef] = []
        dearer: list[ModelRef] = []
        unusable: dict[ModelRef, str] = {}
        failed = backend.model(model)
        for ref in refs:
            provider = settings.providers.get(ref.provider)
            if provider is None or not backend.has_key(provider):
                if str(ref) in entries:  # not one of the family, of which nobody asked for each
                    unusable[ref] = tr("no API key") if provider else tr("unknown provider")
            elif provider.is_local or not is_dearer(backend.model(ref), failed, rules.max_price_factor):
                allowed.append(ref)
            else:
                dearer.append(ref)
        return cls(settings, allowed[:MOST_TRIED], dearer, unusable, error)

    def note(self, model: ModelRef, error: ProviderError) -> None:
        """Notes that a model failed."""
        self.failures.append({"model": str(model), "kind": str(error.kind), "message": error.message})

    def next(self) -> ModelRef | None:
        """The next model to be asked."""
        return self._allowed.pop(0) if self._allowed else None

    def text(self, error: ProviderError, following: ModelRef | None) -> str:
        """What the user is told of a failure; empty where there is nothing to say beside the error itself."""
        reasons = [
            tr("{model} ({reason})", model=self._name(ref), reason=reason) for ref, reason in self._unusable.items()
        ]
        if self._dearer:
            names, factor = ", ".join(map(self._name, self._dearer)), self._settings.fallback.max_price_factor
            reasons.insert(
                0,
                tr(
                    "{models} (costs more than {factor:g} times as much, or its price is unknown)",
                    models=names,
                    factor=factor,
                ),
            )
        skipped = tr("Not tried: {models}.", models=tr(", ").join(reasons)) if reasons else ""
        self._dearer, self._unusable = [], {}
        if following is not None:
            return sentences(error.message, skipped, tr("Trying {model}.", model=self._name(following)))
        return skipped

    def _name(self, model: ModelRef) -> str:
        return f"{model.id} · {self._settings.provider_name(model.provider)}"
