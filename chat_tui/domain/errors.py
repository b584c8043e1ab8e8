"""What can go wrong between a prompt and its answer, as one typed error with words and a next step."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from chat_tui.domain.json import JsonObject
from chat_tui.i18n import sentences


class ErrorKind(StrEnum):
    """The cause of a failure: what a program can act on. The values are in thread files as `error.kind`."""

    CONFIGURATION = "configuration"
    """No model, no key, an unknown provider, a bad base URL or proxy."""
    LOCAL_MODEL = "local_model"
    """The local model's extra or file is missing, damaged, or its process failed."""
    CONNECTION = "connection"
    """Refused, reset, no such host: nothing came."""
    TLS = "tls"
    TIMEOUT = "timeout"
    AUTHENTICATION = "authentication"
    """401, or the server's words for a bad key."""
    CREDIT = "credit"
    """402: the balance is used up."""
    FORBIDDEN = "forbidden"
    """403: region, missing verification, or a model this key may not use."""
    NOT_FOUND = "not_found"
    """404: the path or the model."""
    CONTEXT_LENGTH = "context_length"
    """The conversation is longer than the model's window."""
    ATTACHMENT = "attachment"
    """An image, a sound or a file that the model or the server can't read."""
    REJECTED = "rejected"
    """400, 413, 422 and the like: the request is refused and would be refused again."""
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    """5xx, 529, or words that say so."""
    REDIRECT = "redirect"
    """3xx: redirects are never followed, they leak keys."""
    CONTENT_FILTER = "content_filter"
    REFUSED = "refused"
    """The model itself declined to answer (`refusal`)."""
    EMPTY = "empty"
    """The stream ended well and held nothing."""
    INTERRUPTED = "interrupted"
    """The answer broke off after some of it had come."""
    NOT_UNDERSTOOD = "not_understood"
    """Neither an answer nor an error that can be read: HTML, a captive portal, another protocol."""
    INTERNAL = "internal"
    """A defect of this program."""


@dataclass
class ProviderError(Exception):
    """A turn failed. Every text in it is cleaned and free of keys."""

    kind: ErrorKind
    message: str
    """What happened, in words: one sentence."""
    advice: str = ""
    """What the user can do next: one sentence, or empty."""
    detail: str = ""
    """The server's own text, at most 2 KB, shown folded."""
    http_status: int | None = None
    request_id: str | None = None
    retry_after: float | None = None
    """Seconds that the server asks to wait."""
    retryable: bool = field(default=False)
    """Whether the same request may well succeed in a moment."""
    param: str = ""
    """The request field that the server names as the cause, in its own writing; empty where it names none."""
    extra: JsonObject = field(default_factory=dict)
    """What else the server said that a program may want: `failed_generation`, `content_filter`, `provider_name`."""

    def __post_init__(self) -> None:
        super().__init__(self.message)

    def __str__(self) -> str:
        return sentences(self.message, self.advice)


class StorageError(Exception):
    """A file could not be read or written; the message says which, why, and what to do."""


class ThreadNotFoundError(StorageError):
    """No thread, or more than one, goes by this id."""


class UsageError(Exception):
    """The user asked for something that cannot be; the message says what would be right. Exit code 2."""
