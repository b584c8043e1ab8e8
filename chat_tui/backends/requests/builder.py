"""Builds HTTP requests from a turn and a provider's profile. Nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from chat_tui import __version__
from chat_tui.backends.requests.continuation import continue_last, is_continuation
from chat_tui.backends.requests.messages import wire_messages
from chat_tui.backends.requests.rejected_fields import CONTINUATION, REASONING, FieldRepair
from chat_tui.backends.requests.response_formats import FORMAT, fitted
from chat_tui.backends.requests.thinking import thinking_fields
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.parameters import merge_parameters
from chat_tui.domain.models.provider import Auth, AuthKind, Continuation, Provider, ReasoningBack, is_this_machine
from chat_tui.domain.ports.backend import ChatRequest
from chat_tui.domain.text.clean import join_surrogates
from chat_tui.domain.text.secrets import Secret, holds_secret, parse_key
from chat_tui.i18n import tr

_OURS = ("model", "messages", "stream")
"""Request fields that are never parameters."""
_OF_TOOLS = ("tool_choice", "parallel_tool_calls")
"""Parameters that mean something only with tools."""


@dataclass(slots=True)
class HttpRequest:
    """What goes out. The key is in `headers` or `body`: it is shown through `preview` alone."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: JsonObject | None = field(default=None, repr=False)

    def content(self) -> bytes | None:
        """The body as it goes over the wire.

        Raises:
            ProviderError: REJECTED, a parameter is not a number that JSON can hold.
        """
        if self.body is None:
            return None
        try:
            text = json.dumps(self.body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except ValueError:
            raise _refuse(tr("A parameter is infinite or not a number.")) from None
        return join_surrogates(text).encode()


def chat_request(
    request: ChatRequest, provider: Provider, key: Secret | None, changes: Sequence[FieldRepair] = ()
) -> HttpRequest:
    """Builds the request for an answer, with the changes that the server is known to demand.

    Raises:
        ProviderError: REJECTED, a parameter is out of its documented range or not one; CONFIGURATION, the key can't
            be sent as it is, or not to this address.
    """
    provider = with_changes(provider, changes)
    messages = wire_messages(request.messages, provider)
    more: JsonObject = {}
    if is_continuation(request.messages):
        messages, more = continue_last(messages, provider.continuation)
    body: JsonObject = {"model": request.model.id, "messages": messages, **more}
    if request.stream:
        body["stream"] = True
        if provider.usage_option:
            body["stream_options"] = {"include_usage": True}
    if request.tools:
        body["tools"] = [each.definition() for each in request.tools]
    body |= _parameters(request.parameters, provider, request.model.id)
    body = fitted(body, {change.to for change in changes if change.field == FORMAT})
    for ours, theirs in provider.aliases:
        if ours in body:
            body[theirs] = body.pop(ours)
    for change in changes:
        body = change.applied(body)
    if not body.get("tools"):  # servers refuse what belongs to tools without them
        body = {name: value for name, value in body.items() if name not in _OF_TOOLS}
    headers = _headers(provider, "text/event-stream" if request.stream else "application/json")
    headers["Content-Type"] = "application/json"
    _place_key(key, provider.auth, provider, headers, body)
    return HttpRequest("POST", _url(provider.base_url, provider.chat_path), headers, body)


def with_changes(provider: Provider, changes: Sequence[FieldRepair]) -> Provider:
    """The profile with what the server is known to demand of the history."""
    for change in changes:
        if change.field == REASONING:
            provider = replace(provider, reasoning_back=ReasoningBack(change.to))
        elif change.field == CONTINUATION:
            provider = replace(provider, continuation=Continuation(change.to))
    return provider


def models_request(path: str, provider: Provider, key: Secret | None) -> HttpRequest:
    """Builds the request for a model list at `path` below the base URL.

    Raises:
        ProviderError: CONFIGURATION, as `chat_request`.
    """
    query = dict(provider.models_query)
    return HttpRequest("GET", _url(provider.base_url, path, query), _list_headers(provider, key))


def root_request(path: str, provider: Provider, key: Secret | None, body: JsonObject | None = None) -> HttpRequest:
    """Builds a request outside OpenAI's API, at `path` below the server's root, where `/v1` is. A body makes it a POST.

    Raises:
        ProviderError: CONFIGURATION, as `chat_request`.
    """
    headers = _list_headers(provider, key)
    if body is not None:
        headers["Content-Type"] = "application/json"
    base, question, query = provider.base_url.partition("?")
    url = _url(base.removesuffix("/v1") + question + query, path)
    return HttpRequest("GET" if body is None else "POST", url, headers, body)


def _url(base_url: str, path: str, query: dict[str, str] | None = None) -> str:
    """The address of a path below a base URL, whose own query (Azure's `api-version`) stays behind it."""
    base, _, own = base_url.partition("?")
    queries = [part for part in (own, urlencode(query or {})) if part]
    return base + path + ("?" + "&".join(queries) if queries else "")


def _list_headers(provider: Provider, key: Secret | None) -> dict[str, str]:
    headers = _headers(provider, "application/json")
    auth = provider.models_auth or provider.auth
    if auth.kind is AuthKind.BODY:
        auth = Auth()  # a GET has no body; such servers take Bearer too
    _place_key(key, auth, provider, headers, None)
    return headers


def _parameters(overrides: JsonObject, provider: Provider, model: str) -> JsonObject:
    parameters = merge_parameters(provider.defaults, overrides)
    if "max_completion_tokens" in overrides:
        parameters.pop("max_tokens", None)
    own = parameters.pop("extra_body", {})
    if not isinstance(own, dict):
        raise _refuse(tr("extra_body must be an object."))
    _check_names((*parameters, *own), provider)
    if holds_secret({name: value for name, value in overrides.items() if name not in provider.defaults}):
        raise ProviderError(
            ErrorKind.REJECTED,
            tr("An API key can't be a parameter: parameters are saved with the thread."),
            tr("Use headers or extra_body of [providers.{key}] in config.toml; nothing was sent.", key=provider.key),
        )
    try:
        thinking = thinking_fields(parameters, provider, model)
    except ValueError as error:
        raise _refuse(f"{provider.name}: {error}.") from None
    for name, value in parameters.items():
        spec = provider.parameter(name)
        if spec is not None and (problem := spec.check(value)):
            raise _refuse(f"{provider.name}: {problem}.")
    # A parameter wins over the thinking switch, and the user's value over the profile's.
    return merge_parameters(provider.extra_body, thinking, parameters, own)


def _check_names(names: Sequence[str], provider: Provider) -> None:
    reserved = {*_OURS, *(theirs for ours, theirs in provider.aliases if ours in _OURS)}
    if provider.auth.kind is AuthKind.BODY:
        reserved.add(provider.auth.name)
    for name in names:
        if name in reserved:
            raise _refuse(tr("{name} is not a parameter: the program sets it.", name=name))


def _refuse(message: str) -> ProviderError:
    return ProviderError(ErrorKind.REJECTED, message, tr("Change it in the parameters; nothing was sent."))


def _headers(provider: Provider, accept: str) -> dict[str, str]:
    return {
        "Accept": accept,
        # Compressed streams are held back by proxies, and bombs are compressed.
        "Accept-Encoding": "identity",
        "User-Agent": f"chat-tui/{__version__}",
        **dict(provider.headers),
    }


def _place_key(
    key: Secret | None, auth: Auth, provider: Provider, headers: dict[str, str], body: JsonObject | None
) -> None:
    if auth.kind is AuthKind.NONE or key is None:
        return
    url = provider.base_url
    if not url.startswith("https:") and not is_this_machine(url) and not provider.allow_insecure:
        raise ProviderError(
            ErrorKind.CONFIGURATION,
            tr("The API key for {name} is not sent over plain http to another machine.", name=provider.name),
            tr("Use an https:// base URL, or set allow_insecure = true for this provider."),
        )
    try:
        value = parse_key(key.reveal()).reveal()
    except ValueError as error:
        raise ProviderError(
            ErrorKind.CONFIGURATION,
            tr("The key for {name} can't be sent: {error}.", name=provider.name, error=error),
            tr("Set the key again."),
        ) from None
    match auth.kind:
        case AuthKind.BEARER:
            headers["Authorization"] = f"Bearer {value}"
        case AuthKind.HEADER:
            headers[auth.name] = value
        case AuthKind.BODY if body is not None:
            body[auth.name] = value
