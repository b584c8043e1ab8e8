"""Any failure of a request to a `ProviderError`: a cause, a sentence, a next step (SAFETY.md N7).

    status, headers, body    error_of_response
    payload inside a 200     error_of_payload
    exception of httpx       chat_tui.backends.network_errors

The table `_WORDS` holds all the words; `_cause` decides. A server's own text is cleaned, freed of keys, at most 2 KB.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chat_tui.backends.faults import Fault, read_body, read_payload, retry_after
from chat_tui.domain.clean import clean
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import Json
from chat_tui.domain.provider import Provider
from chat_tui.domain.secrets import Secret, redact

MAX_DETAIL = 2048
"""Characters of a server's text that are kept (SAFETY.md R5)."""
_MAX_QUOTE = 240
_RETRYABLE = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
"""SAFETY.md N6."""

_OVERFLOW = re.compile(
    r"maximum context length|exceeds? the (?:model'?s )?(?:maximum )?context|prompt is too long|input is too long"
    r"|input token count.{0,40}exceeds the maximum|maximum prompt length is|reduce the length of the messages"
    r"|exceeds the available context size|greater than the context length|too large for model with"
    r"|exceeded model token limit|context window exceeds limit|exceeds the limit of \d+|context_length_exceeded"
    r"|exceed_context_size|context length exceeded|too many tokens in the prompt|max_seq_len|超出.{0,12}上下文",
    re.I,
)
"""WIRE.md E14."""
_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|balance|credit|fund)|exceeded your current quota|out of credits|not enough credits"
    r"|balance is (?:too low|insufficient)|billing|payment required|余额不足|欠费",
    re.I,
)
_BAD_KEY = re.compile(
    r"invalid[_ ](?:token|api[_ ]?key|key)|incorrect api key|api key (?:not valid|is invalid|not found|expired)"
    r"|unauthori[sz]ed|authentication|no auth credentials|invalid_api_key",
    re.I,
)
_NO_MODEL = re.compile(
    r"model[_ ](?:not[_ ](?:found|exist)|does not exist)"
    r"|(?:model|model_id)\b.{0,80}(?:not found|does ?n[o']t exist|not exist|is not a valid)"
    r"|no such model|unknown model|invalid model|unsupported model|模型不存在",
    re.I,
)
_RATE = re.compile(r"rate[_ ]?limit|too many requests|(?:TPM|RPM|TPD|RPD) limit|quota exceeded|throttl", re.I)
_BUSY = re.compile(
    r"overloaded|over ?capacity|temporarily unavailable|server is busy|try again later|bad_gateway", re.I
)
_FILTER = re.compile(r"content[_ ](?:filter|policy)|moderation|flagged|data_inspection_failed|safety system", re.I)
_PATH = re.compile(r"unexpected endpoint or method|404 page not found|no route|unknown path|cannot post", re.I)

_WORDS: dict[ErrorKind, tuple[str, str]] = {
    ErrorKind.AUTHENTICATION: ("Invalid API key", "Check the key for {name}{page}, or set another one."),
    ErrorKind.CREDIT: ("Insufficient balance at {name}", "Top up the account{page}, or choose another model."),
    ErrorKind.FORBIDDEN: (
        "Access denied by {name}",
        "The account may need verification, or the model or region is closed to this key.",
    ),
    ErrorKind.NOT_FOUND: ("Model or address not found at {name}", "Check the model id and the provider's base URL."),
    ErrorKind.CONTEXT_LENGTH: (
        "Context window exceeded",
        "Shorten the thread, start a new one, or choose a model with a larger context window.",
    ),
    ErrorKind.REJECTED: ("Request rejected by {name}", "Check the parameters of this thread, or choose another model."),
    ErrorKind.RATE_LIMIT: ("Rate limited by {name}", "Wait {wait} and try again."),
    ErrorKind.OVERLOADED: ("{name} is overloaded or unavailable", "Try again in a moment, or choose another model."),
    ErrorKind.TIMEOUT: ("{name} timed out", "Try again, or raise the provider's timeouts."),
    ErrorKind.REDIRECT: (
        "{name} sent the request elsewhere, and following it could leak the key",
        "Put the right address into the provider's base URL.",
    ),
    ErrorKind.CONTENT_FILTER: (
        "Blocked by the content filter of {name}",
        "Rephrase the prompt, or choose another model.",
    ),
    ErrorKind.EMPTY: ("Empty answer from {name}", "Try again, or choose another model."),
    ErrorKind.INTERRUPTED: (
        "Connection lost",
        "The partial answer is saved: continue it or regenerate.",
    ),
    ErrorKind.NOT_UNDERSTOOD: (
        "Unexpected response from {name}",
        "Check the provider's base URL; a proxy or a network login page may be in between.",
    ),
}


@dataclass(slots=True)
class Reporter:
    """Makes the errors of one request: knows the provider's name and the key to take out of every text."""

    provider: Provider
    key: Secret | None = None
    request_id: str | None = None
    clock: Callable[[], float] = field(default=time.time)
    """Seconds since 1970."""

    def tidy(self, text: str, limit: int = MAX_DETAIL) -> str:
        """A server's text, safe to show: cleaned, without keys, no longer than `limit` characters."""
        known = (self.key,) if self.key else ()
        text = redact(clean(text[: 4 * MAX_DETAIL]).strip(), *known)
        return text if len(text) <= limit else text[: limit - 1] + "…"

    def error(
        self, kind: ErrorKind, quote: str = "", *, message: str = "", advice: str = "", **fields: object
    ) -> ProviderError:
        """Makes an error of the table's words, followed by the server's `quote` where that says more."""
        words, next_step = _WORDS[kind]
        wait = fields.get("retry_after")
        names = {
            "name": clean(self.provider.name, multiline=False),
            "page": f" at {self.provider.keys_page}" if self.provider.keys_page else "",
            "wait": f"{wait:.0f} seconds" if isinstance(wait, float) and wait >= 1 else "a moment",
        }
        text = (message or words).format(**names).rstrip(".")
        if quote:
            text += f": {self.tidy(clean(quote, multiline=False), _MAX_QUOTE)}"
        return ProviderError(
            kind,
            text if text.endswith((".", "!", "?", "…", "。")) else text + ".",
            (advice or next_step).format(**names),
            request_id=self.request_id,
            **fields,  # type: ignore[arg-type]
        )


def error_of_response(report: Reporter, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Makes an error of a response that is no answer.

    Args:
        report: of the request.
        status: the HTTP status, 300 or above.
        headers: names in lower case.
        body: as much of it as was read.
    """
    if 300 <= status < 400:
        target = headers.get("location", "").partition("?")[0]
        return report.error(ErrorKind.REDIRECT, target, http_status=status)
    fault = read_body(body)
    return _of_fault(report, fault, status, headers)


def error_of_payload(report: Reporter, payload: Json) -> ProviderError:
    """Makes an error of a payload inside a 200 (WIRE.md E1-E8)."""
    return _of_fault(report, read_payload(payload), None, {})


def _of_fault(report: Reporter, fault: Fault, status: int | None, headers: Mapping[str, str]) -> ProviderError:
    kind = _cause(fault, status)
    code = status or fault.status or 0
    is_passing = kind in (ErrorKind.RATE_LIMIT, ErrorKind.OVERLOADED)
    # By its status alone, where there is one: a 501 is no more a passing trouble than a 400 that says "overloaded".
    retryable = code in _RETRYABLE and (is_passing or kind is ErrorKind.TIMEOUT) if code else is_passing
    wait = retry_after(headers, fault, report.clock) if is_passing or retryable else None
    says_should = headers.get("x-should-retry", "")
    if says_should in ("true", "false"):
        retryable = says_should == "true"
    quote = "" if kind in (ErrorKind.AUTHENTICATION, ErrorKind.CONTEXT_LENGTH, ErrorKind.CREDIT) else fault.text
    advice = ""
    if code == 404 and not _NO_MODEL.search(fault.text) and (not fault.text or _PATH.search(fault.text)):
        advice = "Check the provider's base URL; most end in /v1."
    elif kind is ErrorKind.RATE_LIMIT and _CREDIT.search(fault.text):
        advice = "Check the account's limits{page}."
    detail = report.tidy(fault.text)
    if fault.is_html:
        detail = "The server sent a web page instead of an answer."
    elif fault.code and fault.code not in detail:
        detail = f"{detail} (code {report.tidy(fault.code, 80)})".strip()
    return report.error(
        kind,
        quote,
        advice=advice,
        detail=detail,
        http_status=code or None,
        retry_after=wait,
        retryable=retryable,
        param=report.tidy(fault.param, 80),
    )


def _cause(fault: Fault, status: int | None) -> ErrorKind:
    """The kind of an error: the body's words where they are certain, else the status."""
    code = status if status and status != 200 else fault.status
    words = f"{fault.text} {fault.code} {fault.type}"
    if code in (None, 400, 413, 422, 500) and _OVERFLOW.search(words):
        return ErrorKind.CONTEXT_LENGTH
    if code in (None, 400, 403) and _FILTER.search(words):
        return ErrorKind.CONTENT_FILTER
    if code in (None, 400, 402, 403, 429) and _CREDIT.search(words):
        return ErrorKind.CREDIT
    if code in (None, 400, 403, 404) and _NO_MODEL.search(words):
        return ErrorKind.NOT_FOUND
    if code in (None, 400) and (found := _by_words(words)):
        return found
    return _by_status(code, is_html=fault.is_html)


def _by_words(words: str) -> ErrorKind | None:
    for pattern, kind in (
        (_BAD_KEY, ErrorKind.AUTHENTICATION),
        (_RATE, ErrorKind.RATE_LIMIT),
        (_BUSY, ErrorKind.OVERLOADED),
        (_PATH, ErrorKind.NOT_FOUND),
        (re.compile("server_error|internal_error|internal server error", re.I), ErrorKind.OVERLOADED),
    ):
        if pattern.search(words):
            return kind
    return None


_STATUS = {
    401: ErrorKind.AUTHENTICATION,
    402: ErrorKind.CREDIT,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NOT_FOUND,
    405: ErrorKind.NOT_FOUND,
    407: ErrorKind.NOT_UNDERSTOOD,
    408: ErrorKind.TIMEOUT,
    409: ErrorKind.OVERLOADED,
    410: ErrorKind.NOT_FOUND,
    425: ErrorKind.OVERLOADED,
    429: ErrorKind.RATE_LIMIT,
    451: ErrorKind.FORBIDDEN,
    511: ErrorKind.NOT_UNDERSTOOD,
}


def _by_status(code: int | None, *, is_html: bool) -> ErrorKind:
    if code is None:
        return ErrorKind.NOT_UNDERSTOOD if is_html else ErrorKind.REJECTED
    if code in _STATUS:
        return _STATUS[code]
    if code in (504, 522, 524):  # a gateway gave up waiting: the request may be running, and billed (SAFETY.md N6)
        return ErrorKind.TIMEOUT
    return ErrorKind.OVERLOADED if code >= 500 else ErrorKind.REJECTED
