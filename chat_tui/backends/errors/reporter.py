"""Turns the failures of a request into `ProviderError`s: a cause, a message, what to do.

    status, headers, body    error_of_response
    payload inside a 200     error_of_payload
    exception of httpx       chat_tui.backends.http.errors

The table `_MESSAGES` holds all messages; `causes.cause` decides. A server's own text is cleaned, freed of keys,
at most 2 KB.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from chat_tui.backends.decoder.extras import storable
from chat_tui.backends.errors.causes import Cause, cause, looks_like_credit
from chat_tui.backends.errors.parsing import ErrorBody, read_body, read_payload
from chat_tui.backends.errors.retry_after import stated_wait, wait_text
from chat_tui.backends.payloads import filter_text
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.secrets import Secret, redact, secrets_in
from chat_tui.i18n import sentences, tr

MAX_DETAIL = 2048
"""Characters of a server's text that are kept."""
_MAX_QUOTE = 240
_RETRYABLE = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
"""Statuses after which the same request may well succeed in a moment; 529 is Anthropic's "overloaded"."""

_MESSAGES: dict[ErrorKind, tuple[str, str]] = {
    ErrorKind.AUTHENTICATION: (tr("Invalid API key"), tr("Check the key for {name}, or set another one.")),
    ErrorKind.CREDIT: (tr("Insufficient balance at {name}"), tr("Top up the account, or choose another model.")),
    ErrorKind.FORBIDDEN: (
        tr("Access denied by {name}"),
        tr("The account may need verification, or the model or region is closed to this key."),
    ),
    ErrorKind.NOT_FOUND: (
        tr("Model or address not found at {name}"),
        tr("Check the model id and the provider's base URL."),
    ),
    ErrorKind.CONTEXT_LENGTH: (
        tr("Context window exceeded"),
        tr("Shorten the thread, start a new one, or choose a model with a larger context window."),
    ),
    ErrorKind.ATTACHMENT: (
        tr("{name} can't read the attachment"),
        tr("Remove it, convert it, or choose a model that reads it."),
    ),
    ErrorKind.REJECTED: (
        tr("Request rejected by {name}"),
        tr("Check the parameters of this thread, or choose another model."),
    ),
    ErrorKind.RATE_LIMIT: (tr("Rate limited by {name}"), tr("Wait {wait} and try again.")),
    ErrorKind.OVERLOADED: (
        tr("{name} is overloaded or unavailable"),
        tr("Try again in a moment, or choose another model."),
    ),
    ErrorKind.TIMEOUT: (tr("{name} timed out"), tr("Try again, or raise the provider's timeouts.")),
    ErrorKind.REDIRECT: (
        tr("{name} redirected the request; following it could leak the API key"),
        tr("Correct the provider's base URL."),
    ),
    ErrorKind.CONTENT_FILTER: (
        tr("Blocked by the content filter of {name}"),
        tr("Rephrase the prompt, or choose another model."),
    ),
    ErrorKind.REFUSED: (tr("The model refused to answer"), tr("Rephrase the prompt, or choose another model.")),
    ErrorKind.EMPTY: (tr("Empty answer from {name}"), tr("Try again, or choose another model.")),
    ErrorKind.INTERRUPTED: (
        tr("Connection lost"),
        tr("The partial answer is saved: continue it or regenerate."),
    ),
    ErrorKind.NOT_UNDERSTOOD: (
        tr("Unexpected response from {name}"),
        tr("Check the provider's base URL; a proxy or a network login page may be in between."),
    ),
}

_WITH_PAGE = {
    ErrorKind.AUTHENTICATION: tr("Check the key for {name} at {page}, or set another one."),
    ErrorKind.CREDIT: tr("Top up the account at {page}, or choose another model."),
}
"""Advice where the page with the provider's keys is known."""
_SPECIAL = {
    "region": tr("Not available in this country or region: choose another provider."),
    "setup": tr("The server's configuration does not allow this: see its message, or choose another model."),
    "unusable": tr("Try again, or choose another model: the output of this one was invalid."),
    "path": tr("Check the provider's base URL; most end in /v1."),
    "model": tr("Check the model id, or choose one of the provider's list."),
}
"""Advice where a kind has causes that differ in what helps."""
_UNQUOTED = (ErrorKind.AUTHENTICATION, ErrorKind.CONTEXT_LENGTH, ErrorKind.CREDIT)
"""Kinds whose words say it all; the server's are below them."""
_FIELD = re.compile(r"parameter|param\b|field|argument|property|value|_")
"""The wording of a refusal that is about a field of the request."""
_MOST_READ = 4096
_SHORTEST_KEY = 6
"""Characters from which a value under a key's name is hidden in every text: less would hide parts of words."""


@dataclass(slots=True)
class ErrorReporter:
    """Makes the errors of one request: knows the provider's name and the key to take out of every text."""

    provider: Provider
    key: Secret | None = None
    request_id: str | None = None
    clock: Callable[[], float] = field(default=time.time)
    """Seconds since 1970."""

    def tidy(self, text: str, limit: int = MAX_DETAIL) -> str:
        """A server's text, safe to show: cleaned, without keys, no longer than `limit` characters."""
        secrets = [*((self.key,) if self.key else ()), *_profile_secrets(self.provider)]
        text = redact(clean(text[: 4 * max(limit, MAX_DETAIL)]).strip(), *secrets)
        return text if len(text) <= limit else text[: limit - 1] + "…"

    @property
    def name(self) -> str:
        """The provider's name, cleaned."""
        return clean(self.provider.name, multiline=False)

    def usual_advice(self, kind: ErrorKind) -> str:
        """The table's advice, with places for values."""
        return (_WITH_PAGE.get(kind) if self.provider.keys_page else None) or _MESSAGES[kind][1]

    def error(
        self, kind: ErrorKind, quote: str = "", *, message: str = "", advice: str = "", **fields: object
    ) -> ProviderError:
        """Makes an error with the table's message, followed by the server's `quote` if that says more."""
        usual = _MESSAGES[kind][0]
        wait = fields.get("retry_after")
        names = {
            "name": self.name,
            "page": self.provider.keys_page,
            "wait": wait_text(wait if isinstance(wait, float) else None),
        }
        text = (message or usual.format(**names)).rstrip(".")
        if quote:
            text = tr("{problem}: {words}", problem=text, words=self.tidy(clean(quote, multiline=False), _MAX_QUOTE))
        return ProviderError(
            kind,
            text if text.endswith((".", "!", "?", "…", "。")) else text + tr("."),
            (advice or self.usual_advice(kind)).format(**names),
            request_id=self.request_id,
            **fields,  # type: ignore[arg-type]
        )


def _profile_secrets(provider: Provider) -> Iterator[Secret]:
    """The keys in a profile's headers and extra fields, which a server may give back."""
    headers: JsonObject = dict(provider.headers)
    for secret in (*secrets_in(headers), *secrets_in(provider.extra_body)):
        if len(secret.reveal()) >= _SHORTEST_KEY:
            yield secret


def error_of_response(report: ErrorReporter, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
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
    error_body = read_body(body)
    return _of_fault(report, error_body, status, headers)


def error_of_payload(report: ErrorReporter, payload: Json) -> ProviderError:
    """Makes an error of a payload inside a 200."""
    return _of_fault(report, read_payload(payload), None, {})


def filtered(report: ErrorReporter, findings: JsonObject) -> ProviderError:
    """Makes the error of an answer that a content filter kept back, with the categories in which it found something."""
    extra: JsonObject = {"content_filter": storable(findings)} if findings else {}
    return report.error(ErrorKind.CONTENT_FILTER, detail=report.tidy(filter_text(findings)), extra=extra)


def _of_fault(
    report: ErrorReporter, error_body: ErrorBody, status: int | None, headers: Mapping[str, str]
) -> ProviderError:
    wait = stated_wait(headers, error_body.waits, error_body.headers, error_body.text[:_MOST_READ], report.clock)
    reason = cause(error_body, status, states_wait=wait is not None)
    kind, code = reason.kind, status or error_body.status or 0
    is_passing = kind in (ErrorKind.RATE_LIMIT, ErrorKind.OVERLOADED)
    # By its status alone, if there is one: neither a 501 nor a 400 that says "overloaded" is temporary.
    retryable = code in _RETRYABLE and (is_passing or kind is ErrorKind.TIMEOUT) if code else is_passing
    if not (is_passing or retryable):
        wait = None
    says_should = headers.get("x-should-retry", "")
    if says_should in ("true", "false"):
        retryable = says_should == "true"
    quote = "" if kind in _UNQUOTED else error_body.text
    if quote and error_body.upstream:
        quote = f"{quote[: _MAX_QUOTE - 40].rstrip('.')} ({error_body.upstream})"
    return report.error(
        kind,
        quote,
        advice=_advice(report, error_body, reason, code),
        detail=_detail(
            report, error_body, code, is_quoted=bool(quote) and len(report.tidy(error_body.text)) <= _MAX_QUOTE - 40
        ),
        http_status=code or None,
        retry_after=wait,
        retryable=retryable,
        param=report.tidy(error_body.param, 80),
        extra=_extra(report, error_body),
    )


def _advice(report: ErrorReporter, error_body: ErrorBody, reason: Cause, code: int) -> str:
    """The table's advice for the cause, and the server's own."""
    advice = _SPECIAL.get(reason.special) or report.usual_advice(reason.kind)
    if reason.kind is ErrorKind.RATE_LIMIT and looks_like_credit(error_body):
        page = report.provider.keys_page
        advice = tr("Check the account's limits at {page}.") if page else tr("Check the account's limits.")
    elif (
        reason.kind is ErrorKind.REJECTED
        and reason.special == ""
        and not error_body.param
        and not _FIELD.search(error_body.text)
    ):
        advice = tr("Change what the server's message names, or choose another model.") if error_body.text else advice
    hint = report.tidy(clean(error_body.hint, multiline=False), _MAX_QUOTE).replace("{", "{{").replace("}", "}}")
    return sentences(advice, hint)


def _detail(report: ErrorReporter, error_body: ErrorBody, status: int, *, is_quoted: bool) -> str:
    """The server's text, unless the message quotes it whole, and further details."""
    if error_body.is_html:
        return tr("The server sent a web page instead of an answer.")
    text = report.tidy(error_body.text)
    code = (
        report.tidy(error_body.code, 80)
        if error_body.code not in (str(status), "") and error_body.code not in text
        else ""
    )
    lines = [
        "" if is_quoted else text,
        tr("code {code}", code=code) if code else "",
        error_body.more,
        filter_text(error_body.filters),
    ]
    if error_body.upstream:
        lines.append(tr("provider: {name}", name=error_body.upstream))
    if error_body.failed_generation:
        lines.append(tr("failed generation: {text}", text=error_body.failed_generation))
    return report.tidy("\n".join(line for line in lines if line))


def _extra(report: ErrorReporter, error_body: ErrorBody) -> JsonObject:
    """Facts for programs, in `--json` and the thread file."""
    extra: JsonObject = {}
    if error_body.upstream:
        extra["upstream_provider"] = report.tidy(error_body.upstream, 80)
    if error_body.failed_generation:
        extra["failed_generation"] = report.tidy(error_body.failed_generation, 16 * MAX_DETAIL)
    if error_body.filters:
        extra["content_filter"] = storable(error_body.filters)
    return extra
