"""Providers: a server, and how it wants to be spoken to, as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit, urlunsplit

from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import ModelFacts, facts_from_table
from chat_tui.domain.models.money import USD, currency_from_table
from chat_tui.domain.models.parameters import ParameterSpec
from chat_tui.domain.text import table
from chat_tui.domain.text.secrets import names_secret
from chat_tui.i18n import tr

LEVELS = ("off", "low", "medium", "high")
"""The values of `thinking`, from none to most."""


class AuthKind(StrEnum):
    """Where the key goes."""

    BEARER = "bearer"
    HEADER = "header"
    BODY = "body"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Auth:
    """Where the key goes, written `bearer`, `header:NAME`, `body:FIELD` or `none`."""

    kind: AuthKind = AuthKind.BEARER
    name: str = ""
    """The header's or the body field's name."""

    @classmethod
    def parse(cls, text: str) -> Auth:
        """Reads the written form.

        Raises:
            ValueError: it is none of the four.
        """
        kind, _, name = text.partition(":")
        named = kind in (AuthKind.HEADER, AuthKind.BODY)
        if kind not in list(AuthKind) or named != bool(name):
            raise ValueError(tr("bearer, header:NAME, body:FIELD or none"))
        return cls(AuthKind(kind), name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)


class ReasoningBack(StrEnum):
    """Where the reasoning of earlier answers is sent back."""

    NEVER = "never"
    TOOL_CALLS = "tool_calls"
    """With answers that called tools: DeepSeek refuses the next turn without it."""
    ALWAYS = "always"


class Continuation(StrEnum):
    """How a server is asked to go on with an answer that has begun."""

    ASK = "ask"
    """In words, by a further turn of the user's."""
    LAST_MESSAGE = "last_message"
    """It continues a last message of role assistant (llama.cpp's `--prefill-assistant`, OpenRouter)."""
    PREFIX = "prefix"
    """The same, if that message says `"prefix": true` (Mistral)."""
    FINAL_MESSAGE = "final_message"
    """The same, if the request says `continue_final_message` (vLLM)."""


class WindowFrom(StrEnum):
    """Where a server that leaves the context window out of its list tells it."""

    PROPS = "props"
    """llama.cpp: `GET /props`, of the one model that it serves."""
    LMSTUDIO = "lmstudio"
    """`GET /api/v0/models`."""
    OLLAMA = "ollama"
    """`POST /api/show`, for each model."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait. Minutes until a first token are normal for reasoning and local models."""

    connect: float = 10.0
    first_token: float = 300.0
    idle: float = 120.0
    """Without anything useful, once the answer has begun."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider's profile. Everything that differs between servers stands here, so that no code asks who it is."""

    key: str
    """As in `provider/model-id`."""
    name: str
    base_url: str
    """Without a slash at its end; with the query that each request carries, if any.

    Empty for the local model, whose server is started when it is used."""
    api_key_env: str = ""
    """The environment variable that holds the key."""
    api_keys_env: tuple[str, ...] = ()
    """Variables that hold further keys, which take turns: when one is rate limited or out of quota."""
    api_key_command: tuple[str, ...] = ()
    """An argument list whose output is the key; run without a shell."""
    auth: Auth = Auth()
    chat_path: str = "/chat/completions"
    models_paths: tuple[str, ...] = ("/models",)
    """Tried in this order below the base URL; empty where the server has no list."""
    models_query: tuple[tuple[str, str], ...] = ()
    models_auth: Auth | None = None
    """Where the key goes for the list, if not where it goes for the chat."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Our name of a request field, and this server's."""
    parameters: tuple[ParameterSpec, ...] = ()
    """The parameters that it documents. One that is not listed is passed through unchecked."""
    defaults: JsonObject = field(default_factory=dict, hash=False)
    """Parameters sent unless the user sets them, where the server's own default harms (ModelsLab's `max_tokens`)."""
    usage_option: bool = True
    """Whether `stream_options.include_usage` may be asked for."""
    reasoning_back: ReasoningBack = ReasoningBack.NEVER
    continuation: Continuation = Continuation.ASK
    thinking: JsonObject = field(default_factory=dict, hash=False)
    """What `thinking` = off, low, medium, high or a number of tokens means here: request fields by value; the number is
    under `budget`, where "$budget" stands for it. `models.PATTERN` has other ones for models whose id matches. Empty:
    `reasoning_effort`."""
    extra_body: JsonObject = field(default_factory=dict, hash=False)
    """Request fields that are sent as they stand, before the parameters."""
    headers: tuple[tuple[str, str], ...] = ()
    request_id_headers: tuple[str, ...] = ("x-request-id",)
    keys_page: str = ""
    """Where a key is had."""
    currency: str = USD
    """The ISO 4217 code of what it bills, in which its prices are stated unless they say otherwise."""
    models: tuple[str, ...] = ()
    """Model ids for when the server lists none."""
    facts: dict[str, ModelFacts] = field(default_factory=dict, hash=False)
    """What the user knows of models, by id; it stands behind the server's own word."""
    window_from: WindowFrom | None = None
    """Where else the server is asked for context windows when its list is had; None: nowhere."""
    timeouts: Timeouts = Timeouts()
    builtin: bool = False
    allow_insecure: bool = False
    """Whether a key may go over plain http to another machine."""

    @property
    def needs_key(self) -> bool:
        """Whether it can't be used without a key."""
        return self.auth.kind is not AuthKind.NONE

    @property
    def is_local(self) -> bool:
        """Whether it is the program's own local model."""
        return self.key == LOCAL

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that may hold its keys, the first to be used first."""
        return tuple(dict.fromkeys(each for each in (*self.api_keys_env, self.api_key_env) if each))

    def thinking_table(self, model: str) -> JsonObject:
        """What the values of `thinking` mean for a model: request fields by value; empty for `reasoning_effort`."""
        models = self.thinking.get("models")
        for pattern, own in models.items() if isinstance(models, dict) else ():
            if isinstance(own, dict) and fnmatchcase(model.lower(), pattern):
                return own
        return self.thinking

    def thinking_levels(self, model: str) -> list[str]:
        """The values of `thinking` that a model accepts, from none to most; a number of tokens left out."""
        table = self.thinking_table(model)
        return [level for level in LEVELS if level in table or not table]

    def parameter(self, name: str) -> ParameterSpec | None:
        """What is known of one parameter."""
        return next((each for each in self.parameters if each.name == name), None)


def in_order(providers: Iterable[Provider], has_key: Callable[[Provider], bool]) -> list[Provider]:
    """Providers in the order in which they are offered: the local model, those that have a key, the others."""
    return sorted(providers, key=lambda each: (not each.is_local, not (each.needs_key and has_key(each))))


_UNIX_SCHEME = "http+unix://"
_UNIX = re.compile(r"(?:http\+unix|unix):(?://)?(.*)", re.IGNORECASE)
LOCAL = "local"
"""The key of the provider inside the program."""
_Choice = TypeVar("_Choice", ReasoningBack, WindowFrom, Continuation)
KEY_PATTERN = re.compile(r"[a-z0-9][a-z0-9_.-]*")


class ProviderTableError(ValueError):
    """A provider's table holds a wrong value; `field` is its key, `known` the keys there are, where it is none."""

    def __init__(self, field_name: str, expected: str, known: Sequence[str] = ()) -> None:
        super().__init__(tr("{name} must be {expected}", name=field_name, expected=expected))
        self.field = field_name
        self.expected = expected
        self.known = known


def normalise_base_url(text: str) -> str:
    """Makes a base URL of what was pasted.

    A `/chat/completions`, `/completions` or `/models` at its end goes, so does a doubled `/v1`; a URL without any path
    gets `/v1`; a path that is there stays, whatever it is, and so does a query (Azure's `?api-version=`). A missing
    scheme is `http` for loopback, else `https`.
    A Unix socket is `http+unix://%2Frun%2Fllm.sock/v1`, and may be written `unix:/run/llm.sock`.

    Raises:
        ValueError: it is no http(s) URL, or holds a name and password.
    """
    text = text.strip()
    if found := _UNIX.fullmatch(text):
        return _normalise_socket(found[1])
    if "://" not in text:
        host = text.partition("/")[0].rpartition(":")[0] or text.partition("/")[0]
        text = ("http://" if is_loopback(host) else "https://") + text
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise ValueError(tr("an http:// or https:// address")) from None
    if url.scheme not in ("http", "https") or not url.hostname or re.search(r"[^!-~]", text):
        raise ValueError(tr("an http:// or https:// address"))
    if any(names_secret(name) for name, _ in parse_qsl(url.query)):
        raise ValueError(tr("an address without a key in its query: set auth, or headers"))
    if url.username or url.password:
        raise ValueError(tr("an address without a user name and password in it"))
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    netloc = f"{host}:{port}" if port else host
    return urlunsplit(SplitResult(url.scheme, netloc, _base_path(url.path), url.query, ""))


def _normalise_socket(text: str) -> str:
    """A Unix socket's URL of the path behind its scheme, percent-encoded or with a `.sock` at its end."""
    if text[:3].upper() == "%2F":
        quoted, _, path = text.partition("/")
        socket = unquote(quoted)
    else:
        found = re.match(r"(/.*?\.sock(?:et)?)(?::?(/.*))?$", text)
        socket, path = (found[1], found[2] or "") if found else (text, "")
    if not socket.startswith("/") or socket.endswith("/") or not socket.isprintable():
        raise ValueError(tr("the whole path of a Unix socket: http+unix:///run/llm.sock"))
    return f"{_UNIX_SCHEME}{quote(socket, safe='')}{_base_path('/' + path.strip('/'))}"


def _base_path(path: str) -> str:
    path = re.sub(r"/(chat/completions|completions|models)$", "", path.rstrip("/"))
    return re.sub(r"(/v1)+$", "/v1", path) or "/v1"


def split_socket(url: str) -> tuple[str, str]:
    """A URL's Unix socket, and the URL that is asked for through it; the socket is empty where it goes over TCP."""
    if not url.startswith(_UNIX_SCHEME):
        return "", url
    quoted, slash, path = url.removeprefix(_UNIX_SCHEME).partition("/")
    return unquote(quoted), f"http://localhost{slash}{path}"


def is_this_machine(url: str) -> bool:
    """Whether a URL is a Unix socket, or plain http to this machine: it needs neither encryption nor a proxy."""
    return url.startswith(_UNIX_SCHEME) or (url.startswith("http:") and is_loopback(urlsplit(url).hostname or ""))


def shown_host(url: str) -> str:
    """Where a URL leads, in words for a message: a host, or a socket's path."""
    socket, _ = split_socket(url)
    return tr("the socket {path}", path=socket) if socket else urlsplit(url).hostname or tr("the server")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    host = host.strip("[]").lower()
    return host in ("localhost", "::1") or host.endswith(".localhost") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


_SPEC_FIELDS = {"type", "minimum", "maximum", "exclusive_minimum", "max_items", "choices"}


def provider_from_table(key: str, entries: dict[str, object], base: Provider | None = None) -> Provider:
    """Reads a provider's TOML table, as in `config.toml` and the catalogue, over the profile `base`.

    Raises:
        ProviderTableError: an unknown key or a wrong value.
    """
    profile = base or Provider(key=key, name=key, base_url="", request_id_headers=("x-request-id", "x-trace-id"))
    changes: dict[str, object] = {}
    for name, value in entries.items():
        reader = _READERS.get(name)
        if reader is None:
            known = sorted(_READERS)
            raise ProviderTableError(name, tr("one of {names}", names=", ".join(known)), known)
        try:
            changes[_FIELDS.get(name, name)] = reader(value)
        except (TypeError, ValueError, KeyError) as error:
            raise ProviderTableError(name, str(error)) from None
    profile = replace(profile, **changes)  # type: ignore[arg-type]
    if not profile.base_url and not profile.is_local:
        raise ProviderTableError("base_url", tr("given for a provider of your own"))
    return profile


def _timeouts(value: object) -> Timeouts:
    expected = tr("a table of seconds with connect, first_token, idle")
    if not isinstance(value, dict) or not set(value) <= {"connect", "first_token", "idle"}:
        raise ValueError(expected)
    if not all(isinstance(each, int | float) and not isinstance(each, bool) and each > 0 for each in value.values()):
        raise ValueError(expected)
    return Timeouts(**{name: float(each) for name, each in value.items()})


def _specs(value: object) -> tuple[ParameterSpec, ...]:
    if not isinstance(value, dict) or not all(
        isinstance(each, dict) and set(each) <= _SPEC_FIELDS for each in value.values()
    ):
        raise ValueError(tr("a table of parameters, each with {names}", names=", ".join(sorted(_SPEC_FIELDS))))
    return tuple(_spec(name, each) for name, each in value.items())


def _spec(name: str, entries: dict[str, Any]) -> ParameterSpec:
    if "choices" in entries:
        entries = {**entries, "choices": tuple(entries["choices"])}
    return ParameterSpec(name, **entries)


def _choice(value: object, choices: type[_Choice]) -> _Choice:
    if value not in list(choices):
        raise ValueError(" | ".join(choices))
    return choices(str(value))


THINKING = (*LEVELS, "budget")
"""What `thinking` may be, by the names in a profile's table: `budget` is a number."""


def _thinking(value: object) -> JsonObject:
    levels = table.json_object(value)
    models = table.json_object(levels.get("models", {}))
    for each in ({name: level for name, level in levels.items() if name != "models"}, *models.values()):
        for name, fields in table.json_object(each).items():
            if name not in THINKING or not isinstance(fields, dict):
                raise ValueError(
                    tr(
                        "tables named {names}, or those under models.PATTERN, not {name}",
                        names=" | ".join(THINKING),
                        name=name,
                    )
                )
    return levels


_READERS = {
    "name": table.string,
    "base_url": lambda value: normalise_base_url(table.string(value)),
    "api_key_env": table.string,
    "api_keys_env": table.strings,
    "api_key_command": table.command,
    "auth": lambda value: Auth.parse(table.string(value)),
    "chat_path": table.string,
    "models_paths": table.strings,
    "models_query": table.pairs,
    "models_auth": lambda value: Auth.parse(table.string(value)),
    "aliases": table.pairs,
    "parameters": _specs,
    "defaults": table.json_object,
    "usage_option": table.boolean,
    "reasoning_back": lambda value: _choice(value, ReasoningBack),
    "continuation": lambda value: _choice(value, Continuation),
    "thinking": _thinking,
    "extra_body": table.json_object,
    "headers": table.pairs,
    "request_id_headers": table.strings,
    "keys_page": table.string,
    "currency": currency_from_table,
    "models": table.strings,
    "facts": facts_from_table,
    "window_from": lambda value: _choice(value, WindowFrom),
    "timeout": _timeouts,
    "allow_insecure": table.boolean,
}
_FIELDS = {"timeout": "timeouts"}
