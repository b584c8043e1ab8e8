"""Azure OpenAI, whose addresses and keys have two forms: what is wrong with a provider there, by its look."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from chat_tui.domain.models.provider import AuthKind, Provider
from chat_tui.i18n import sentences, tr

_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_AZURE_FORMS = tr(
    'Azure takes base_url = "https://NAME.openai.azure.com/openai/v1", or of one deployment '
    '"https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT?api-version=2024-10-21" with auth = "header:api-key"'
)


def is_azure(provider: Provider) -> bool:
    """Whether a provider is an Azure OpenAI resource."""
    return (urlsplit(provider.base_url).hostname or "").endswith(_AZURE)


def azure_problem(provider: Provider) -> str:
    """What is wrong with an Azure provider by its look, and how it is written; empty for nothing."""
    url = urlsplit(provider.base_url)
    has_version = "api-version" in dict(parse_qsl(url.query))
    problem = ""
    if "/openai/deployments/" in url.path:
        if not has_version:
            problem = tr("the address of a deployment needs its api-version.")
        elif provider.auth.kind is AuthKind.BEARER:
            problem = tr('the key goes into a header of its own here: auth = "header:api-key".')
    elif not url.path.endswith(("/openai/v1", "/models")):
        problem = tr("this address has no chat endpoint.")
    return sentences(problem, _AZURE_FORMS) if problem else ""
