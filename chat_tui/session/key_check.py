"""Whether a provider accepts a key, by its answer to a request for its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_tui.domain.errors import ErrorKind, StorageError
from chat_tui.i18n import sentences, tr

if TYPE_CHECKING:
    from chat_tui.domain.models.model import ModelList
    from chat_tui.domain.models.provider import Provider
    from chat_tui.domain.ports.backend import Backend
    from chat_tui.domain.ports.stores import KeyStore

REJECTIONS = (ErrorKind.AUTHENTICATION, ErrorKind.FORBIDDEN)
"""Failures of a list of models that mean that the key is not accepted."""
UNREACHABLE = (
    ErrorKind.CONFIGURATION,
    ErrorKind.CONNECTION,
    ErrorKind.TLS,
    ErrorKind.TIMEOUT,
    ErrorKind.OVERLOADED,
    ErrorKind.RATE_LIMIT,
    ErrorKind.REDIRECT,
    ErrorKind.NOT_UNDERSTOOD,
)
"""Failures that say nothing about the key: the server was not reached, or did not look at it."""


def rejection(provider: Provider, answer: ModelList) -> str:
    """The text for a key that the provider rejects."""
    problem = tr("{provider} rejected this key.", provider=provider.name)
    if answer.status:
        problem = tr("{provider} rejected this key ({status}).", provider=provider.name, status=answer.status)
    advice = tr("Check for missing characters.")
    if provider.keys_page:
        advice = tr("Check for missing characters, or create one at {page}.", page=provider.keys_page)
    return sentences(problem, advice)


async def lacks_key(backend: Backend, keys: KeyStore, provider: Provider) -> bool:
    """Whether a provider needs a key and has none, in the keyring neither."""
    if backend.has_key(provider):
        return False
    try:
        return await keys.get(provider) is None
    except StorageError:
        return True
