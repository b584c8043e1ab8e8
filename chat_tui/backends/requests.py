"""A turn and a provider's profile to the HTTP request that asks for it: pure, nothing is sent here."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from chat_tui import __version__
from chat_tui.domain.clean import join_surrogates
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.message import Message, Role
from chat_tui.domain.parameters import merge_parameters
from chat_tui.domain.ports import ChatRequest
from chat_tui.domain.provider import Auth, AuthKind, Provider, is_loopback
from chat_tui.domain.secrets import Secret, parse_key

_OURS = ("model", "messages", "stream")
"""Request fields that are never parameters."""


@dataclass(slots=True)
class HttpRequest:
    """What goes out. The key is in `headers` or `body`: show it through `preview` alone."""

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
            raise _refuse("A parameter is infinite or not a number.") from None
        return join_surrogates(text).encode()


def chat_request(request: ChatRequest, provider: Provider, key: Secret | None) -> HttpRequest:
    """Builds the request for an answer.

    Raises:
        ProviderError: REJECTED, a parameter is out of its documented range or not one; CONFIGURATION, the key can't
            be sent as it is, or not to this address.
    """
    body: JsonObject = {"model": request.model.id, "messages": wire_messages(request.messages)}
    if request.stream:
        body["stream"] = True
        if provider.usage_option:
            body["stream_options"] = {"include_usage": True}
    body |= _parameters(request.parameters, provider)
    for ours, theirs in provider.aliases:
        if ours in body:
            body[theirs] = body.pop(ours)
    headers = _headers(provider, "text/event-stream" if request.stream else "application/json")
    headers["Content-Type"] = "application/json"
    _place_key(key, provider.auth, provider, headers, body)
    return HttpRequest("POST", provider.base_url + provider.chat_path, headers, body)


def models_request(path: str, provider: Provider, key: Secret | None) -> HttpRequest:
    """Builds the request for a model list at `path` below the base URL.

    Raises:
        ProviderError: CONFIGURATION, as `chat_request`.
    """
    headers = _headers(provider, "application/json")
    auth = provider.models_auth or provider.auth
    query = dict(provider.models_query)
    if auth.kind is AuthKind.BODY:
        auth = Auth()  # a GET has no body; such servers take Bearer too (WIRE.md 1.1)
    _place_key(key, auth, provider, headers, None)
    url = provider.base_url + path + (f"?{urlencode(query)}" if query else "")
    return HttpRequest("GET", url, headers)


def preview(request: ChatRequest, provider: Provider) -> tuple[str, str]:
    """Shows a request without its key: the body as JSON, and a curl command that takes the key from the environment.

    Raises:
        ProviderError: as `chat_request`.
    """
    variable = provider.api_key_env or "API_KEY"
    stand_in = "KEY-GOES-HERE"
    made = chat_request(request, provider, Secret(stand_in) if provider.needs_key else None)
    text = join_surrogates(json.dumps(made.body, ensure_ascii=False, indent=2)).replace(stand_in, f"${variable}")
    lines = [f"curl -N {shlex.quote(made.url)}"]
    for name, value in made.headers.items():
        if name not in ("Accept-Encoding", "User-Agent"):
            quoted = shlex.quote(f"{name}: {value}").replace(stand_in, f"'\"${variable}\"'")
            lines.append(f"  -H {quoted}")
    lines.append("  -d " + shlex.quote(text).replace(f"${variable}", f"'\"${variable}\"'"))
    return text, " \\\n".join(lines)


def refused_option(made: HttpRequest, error: ProviderError) -> str:
    """Names a field that a server refused and that can go or change its name unasked; empty if there is none.

    `stream_options` is ours alone (WIRE.md R1). `max_tokens` becomes `max_completion_tokens` only where the server
    says so itself (R2): others ignore the new name and answer without end (R3).
    """
    said = f"{error.detail} {error.message}"
    if error.http_status not in (400, 422) or made.body is None:
        return ""
    if "stream_options" in made.body and ("stream_options" in said or "include_usage" in said):
        return "stream_options"
    return "max_tokens" if "max_tokens" in made.body and "max_completion_tokens" in said else ""


def without_option(made: HttpRequest, option: str) -> HttpRequest:
    """The request without a field that `refused_option` named."""
    body = dict(made.body or {})
    value = body.pop(option, None)
    if option == "max_tokens" and value is not None:
        body["max_completion_tokens"] = value
    return HttpRequest(made.method, made.url, made.headers, body)


def wire_messages(messages: Iterable[Message]) -> list[Json]:
    """Writes a branch in OpenAI's shape.

    Answers without text or tool calls are left out (failed ones, reasoning alone), and so are tool calls that nobody
    answered, which servers refuse. Turns of one role that follow each other become one: many chat templates accept
    nothing but alternation. Reasoning is not sent back (WIRE.md R9).
    """
    turns = list(messages)
    wire: list[JsonObject] = []
    open_calls: set[str] = set()
    for at, message in enumerate(turns):
        turn = _turn(message, turns[at + 1 :], open_calls)
        if turn is None:
            continue
        if wire and message.role is not Role.TOOL and _can_join(wire[-1], turn):
            wire[-1]["content"] = _joined(wire[-1]["content"], turn["content"], message.role)
        else:
            wire.append(turn)
    return list(wire)


def _turn(message: Message, later: Sequence[Message], open_calls: set[str]) -> JsonObject | None:
    content: Json = message.parts if message.parts else message.content
    match message.role:
        case Role.ASSISTANT:
            calls = _answered_calls(message, later)
            open_calls.clear()
            open_calls.update(str(call.get("id")) for call in calls)
            if calls:
                return {"role": "assistant", "content": message.content, "tool_calls": list(calls)}
            return {"role": "assistant", "content": content} if message.content.strip() else None
        case Role.TOOL:
            if message.tool_call_id not in open_calls:
                return None
            return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
        case Role.SYSTEM:
            return {"role": "system", "content": content} if message.content.strip() or message.parts else None
        case _:
            return {"role": "user", "content": content}


def _answered_calls(message: Message, later: Sequence[Message]) -> list[JsonObject]:
    answered = set()
    for each in later:
        if each.role is not Role.TOOL:
            break
        answered.add(each.tool_call_id)
    return [call for call in message.tool_calls if call.get("id") in answered]


def _can_join(one: JsonObject, other: JsonObject) -> bool:
    return one["role"] == other["role"] and "tool_calls" not in one and "tool_calls" not in other


def _joined(one: Json, other: Json, role: Role) -> Json:
    if isinstance(one, str) and isinstance(other, str):
        # An answer after an answer goes on where that was cut.
        return one + ("" if role is Role.ASSISTANT else "\n\n") + other
    return [*_as_parts(one), *_as_parts(other)]


def _as_parts(content: Json) -> list[Json]:
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _parameters(given: JsonObject, provider: Provider) -> JsonObject:
    parameters = merge_parameters(provider.defaults, given)
    if "max_completion_tokens" in given:
        parameters.pop("max_tokens", None)
    reserved = {*_OURS, *(theirs for ours, theirs in provider.aliases if ours in _OURS)}
    if provider.auth.kind is AuthKind.BODY:
        reserved.add(provider.auth.name)
    for name, value in parameters.items():
        if name in reserved:
            raise _refuse(f"{name} is not a parameter: the program sets it.")
        spec = provider.parameter(name)
        if spec is not None and (problem := spec.check(value)):
            raise _refuse(f"{provider.name}: {problem}.")
    return parameters


def _refuse(message: str) -> ProviderError:
    return ProviderError(ErrorKind.REJECTED, message, "Change it in the parameters; nothing was sent.")


def _headers(provider: Provider, accept: str) -> dict[str, str]:
    return {
        "Accept": accept,
        # Compressed streams are held back by proxies (WIRE.md F18), and bombs are compressed (SAFETY.md N2).
        "Accept-Encoding": "identity",
        "User-Agent": f"chat-tui/{__version__}",
        **dict(provider.headers),
    }


def _place_key(
    key: Secret | None, auth: Auth, provider: Provider, headers: dict[str, str], body: JsonObject | None
) -> None:
    if auth.kind is AuthKind.NONE or key is None:
        return
    url = urlsplit(provider.base_url)
    if url.scheme != "https" and not is_loopback(url.hostname or "") and not provider.allow_insecure:
        raise ProviderError(
            ErrorKind.CONFIGURATION,
            f"The key for {provider.name} is not sent over plain http to another machine.",
            "Use an https:// base URL, or set allow_insecure = true for this provider.",
        )
    try:
        value = parse_key(key.reveal()).reveal()
    except ValueError as error:
        raise ProviderError(
            ErrorKind.CONFIGURATION, f"The key for {provider.name} can't be sent: {error}.", "Set the key again."
        ) from None
    match auth.kind:
        case AuthKind.BEARER:
            headers["Authorization"] = f"Bearer {value}"
        case AuthKind.HEADER:
            headers[auth.name] = value
        case AuthKind.BODY if body is not None:
            body[auth.name] = value
