"""Classifies the errors of servers: a table of wordings, grown from real error bodies.

A kind is found by words only where the status leaves room for it: a 401 is about the key whatever it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chat_tui.backends.errors.parsing import ErrorBody
from chat_tui.domain.errors import ErrorKind


class _Wordings:
    """A pattern that is put together when something has failed: it takes milliseconds, and most requests don't."""

    __slots__ = ("_pattern", "_wordings")

    def __init__(self, wordings: tuple[str, ...]) -> None:
        self._wordings = wordings
        self._pattern: re.Pattern[str] | None = None

    def search(self, text: str) -> bool:
        """Whether a text contains any of the wordings."""
        if self._pattern is None:
            self._pattern = re.compile("|".join(self._wordings), re.IGNORECASE)
        return self._pattern.search(text) is not None


def _any(*wordings: str) -> _Wordings:
    """A pattern that finds any of these, in any case."""
    return _Wordings(wordings)


OVERFLOW = _any(
    r"maximum context",
    r"context[ _](?:window|length|size)[ _](?:is |has been |was )?exceed\w*",
    r"exceed\w*[ _]context[ _]size",
    r"exceed\w* (?:the |this )?(?:model'?s? |available |configured |max(?:imum)? )*context",
    r"exceed\w* the (?:maximum )?number of (?:input )?tokens",
    r"(?:prompt|input|request|messages?) (?:is |are )?too (?:long|large)",
    r"input token count.{0,40}exceeds",
    r"maximum prompt length",
    r"reduce (?:the length of (?:the|your)|your) (?:messages?|prompt)",
    r"greater than the context length",
    r"too large for model",
    r"exceeded model token limit",
    r"context window exceeds limit",
    r"exceeds the limit of \d+",
    r"context_length_exceeded",
    r"exceed_context_size",
    r"too many (?:input |prompt )?tokens",
    r"too_many_(?:prompt|input)?_?tokens",
    r"max_seq_len",
    r"max_prompt_tokens",
    r"prompt_tokens_exceeded",
    r"tokens? (?:must be|to be) reduced",
    r"(?:input|inputs|prompt).{0,40}tokens.{0,60}must be (?:<=|less)",
    r"tokens? in (?:the|your) (?:prompt|request|messages) exceed",
    r"longer than the (?:maximum|model|context)",
    r"range of input length",
    r"message token length exceed",
    r"tokens_limit_reached",
    r"max(?:imum)? size: \d+ tokens",
    r"input tokens? exceed",
    r"string_above_max_length",
    r"超出.{0,12}上下文",
    r"超过.{0,12}(?:上下文|最大长度|长度限制)",
    r"(?:输入|提示).{0,8}过长",
)
"""OpenAI's and vLLM's wordings first, then those of Ollama, Perplexity, Groq, Anthropic and the Chinese servers."""
_MEDIUM = "(?:image|audio|video|vision|file|pdf|document|multi-?modal)s?"
_USES = "(?:load|read|process|decode|download|fetch|open|pars)"
ATTACHMENT = _any(
    rf"{_MEDIUM}\b[^.]{{0,40}}(?:is|are|was) not (?:\w+ )?(?:supported|allowed|available|enabled)",
    rf"{_MEDIUM}\b[^.]{{0,40}}(?:not (?:\w+ )?support|unsupported)",
    rf"(?:not|n't|no endpoints found that) support(?:s|ed)?\b[^.]{{0,30}}\b{_MEDIUM}",
    r"image_url is only supported",
    r"not a (?:multimodal|vision)",
    r"unknown variant `?(?:image_url|image|input_audio|file|video)",
    rf"(?:failed|unable|could not|cannot|error)(?: to| while)? {_USES}\w*[^.]{{0,30}}(?:{_MEDIUM}|https?://)",
    r"(?:at most|only|too many|maximum(?: number)? of|max) ?\d* ?images?\b",
    r"(?:invalid|unsupported|bad|corrupt\w*)[ _](?:image|audio|file|pdf)",
    r"image[ _](?:exceeds|too[ _]large|dimensions?|size|parse)",
    r"(?:unsupported|invalid) (?:mime|media)[ _-]?type",
    r"mmproj",
)
_CREDIT = _any(
    r"insufficient[_ ](?:quota|balance|credit|fund)",
    r"exceeded your current quota",
    r"out of credits",
    r"not enough credits",
    r"(?:requires?|need) more credits",
    r"more credits (?:needed|are required)",
    r"can only afford",
    r"credit balance is too low",
    r"exceeded your monthly",
    r"monthly (?:included )?credits",
    r"spend(?:ing)? limit",
    r"payment[_ ]required",
    r"add (?:a )?payment",
    r"balance is (?:too low|insufficient)",
    r"billing",
    r"top up",
    r"余额不足",
    r"欠费",
)
_BAD_KEY = _any(
    r"(?:invalid|incorrect|wrong|missing|expired|revoked|no)[_ ](?:api[_ -]?|subscription[_ ])?(?:token|key)\b",
    r"(?:api[_ -]?key|token) (?:is )?(?:not valid|invalid|not found|expired|missing|incorrect)",
    r"unauthori[sz]ed",
    r"authentication",
    r"no auth credentials",
    r"invalid_api_key",
    r"invalid username or password",
)
_NO_MODEL = _any(
    r"model[_ ](?:not[_ ](?:found|exist|supported)|does not exist|decommissioned)",
    r"unknown[_ ]model",
    r"unsupported[_ ]model",
    r"(?:model|model_id|deployment)\b.{0,120}(?:not found|does ?n[o']t exist|not exist|is not a valid|unknown model)",
    r"model\b.{0,120}(?:decommissioned|has been (?:deprecated|removed|retired|shut ?down))",
    r"model\b.{0,120}no longer (?:available|supported|served)",
    r"(?:requested |the |this )model(?: id)?(?: \S+)? is not (?:supported|available|accessible|loaded|enabled)",
    r"(?:supported|available|valid) (?:api )?model(?: name|id)?s? are",
    r"is not a valid model",
    r"no such model",
    r"invalid model",
    r"no endpoints found for",
    r"not a valid model id",
    r"deploymentnotfound",
    r"failed to (?:find|load) model",
    r"模型不存在",
)
_RATE = _any(
    r"rate[_ -]?limit",
    r"too many requests",
    r"(?:TPM|RPM|TPD|RPD) limit",
    r"quota exceeded",
    r"throttl",
    r"resource[_ ]exhausted",
    r"limit_rpm",
    r"requests per (?:minute|day|second)",
    r"concurren\w+ (?:request )?limit",
    r"访问量过大",
    r"请求过于频繁",
)
_BUSY = _any(
    r"overloaded",
    r"over ?capacity",
    r"at capacity",
    r"capacity (?:temporarily |has been |is )?exceeded",
    r"temporarily unavailable",
    r"server is busy",
    r"try again later",
    r"bad_gateway",
    r"no available (?:server|provider|instance|channel)",
    r"model is (?:currently )?loading",
    r"cold start",
)
_BROKEN = _any("server_error", "internal_error", "internal server error")
_FILTER = _any(
    r"content[_ ](?:filter|policy|management policy|moderation)",
    r"moderation",
    r"flagged",
    r"data_inspection_failed",
    r"safety (?:system|filter|check)",
    r"responsible ?ai",
    r"prohibited[_ ]content",
    r"policy[_ ]violation",
    r"blocked by .{0,30}polic",
    r"内容.{0,6}(?:违规|安全|敏感)",
    r"敏感",
)
_REGION = _any(
    r"unsupported_country",
    r"(?:country|region|territory|location)\b.{0,40}(?:not supported|not available|unsupported|restricted)",
    r"not available in your (?:country|region|location)",
    r"not supported in your",
)
PATH = _any("unexpected endpoint or method", "404 page not found", "no route", "unknown path", "cannot post")
_UNUSABLE = _any("tool_use_failed", "json_validate_failed", "failed_generation")
"""Groq: the model called a tool or wrote JSON as it must not."""
_REFUSED = _any(
    r"requires? (?:the )?--",
    r"cannot use both",
    r"not (?:\w+ )?supported",
    r"unsupported",
    r"does ?n[o']t support",
    r"invalid_request",
    r"missing required",
    r"must (?:be|not|contain)",
    r"failed to parse (?:grammar|messages|tools|json)",
    r"json schema conversion",
    r"is disabled",
    r"not enabled",
    r"start the server with",
)
"""Of a 500: words of a server that will not do this however often it is asked."""

_MOST_READ = 4096
"""Characters of a text that are looked at."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A kind, and which of the table's more particular advice fits."""

    kind: ErrorKind
    special: str = ""
    """`region`, `model`, `path`, `setup`, `unusable`; empty for the kind's own."""


def cause(error_body: ErrorBody, status: int | None, *, states_wait: bool) -> Cause:
    """The cause of an error: the body's words where they are certain, else the status.

    Args:
        error_body: the body.
        status: of HTTP; None inside a 200.
        states_wait: whether the server says when to come again.
    """
    code = status if status and status != 200 else error_body.status
    text = f"{error_body.text[:_MOST_READ]} {error_body.code} {error_body.type} {error_body.more[:_MOST_READ]}"
    if code == 401:
        return Cause(ErrorKind.AUTHENTICATION)
    is_refusal = code in (None, 400, 403, 404, 413, 415, 422, 500)
    if is_refusal and ATTACHMENT.search(text):
        return Cause(ErrorKind.ATTACHMENT)
    if code not in (402, 403, 404) and OVERFLOW.search(text):
        return Cause(ErrorKind.CONTEXT_LENGTH)
    if code in (None, 400, 403, 451) and _REGION.search(text):
        return Cause(ErrorKind.FORBIDDEN, "region")
    if error_body.filters or (code in (None, 400, 403, 422, 451) and _FILTER.search(text)):
        return Cause(ErrorKind.CONTENT_FILTER)
    if code in (None, 400, 402, 403, 429) and _CREDIT.search(text):
        # Gemini calls a limit by the minute a quota, too; a server that states a wait is not out of credit.
        return Cause(ErrorKind.RATE_LIMIT if code in (None, 429) and states_wait else ErrorKind.CREDIT)
    if code in (None, 400, 403, 404, 410, 422, 500) and _NO_MODEL.search(text):
        return Cause(ErrorKind.NOT_FOUND, "model")
    if code in (None, 400, 403) and (worded := _by_text(text, is_forbidden=code == 403)):
        return worded
    if code == 404 and (not error_body.text or PATH.search(error_body.text)):
        return Cause(ErrorKind.NOT_FOUND, "path")
    if error_body.failed_generation or _UNUSABLE.search(text):
        return Cause(ErrorKind.REJECTED, "unusable")
    if code == 500 and _REFUSED.search(error_body.text):
        return Cause(ErrorKind.REJECTED, "setup")
    return Cause(_by_status(code, is_html=error_body.is_html))


def looks_like_credit(error_body: ErrorBody) -> bool:
    """Whether an error's words are about the account's money or quota."""
    return _CREDIT.search(error_body.text[:_MOST_READ])


def _by_text(text: str, *, is_forbidden: bool) -> Cause | None:
    if is_forbidden:
        return Cause(ErrorKind.AUTHENTICATION) if re.search(r"(?:invalid|incorrect) api[_ ]?key", text, re.I) else None
    for pattern, kind, special in (
        (_BAD_KEY, ErrorKind.AUTHENTICATION, ""),
        (_RATE, ErrorKind.RATE_LIMIT, ""),
        (_BUSY, ErrorKind.OVERLOADED, ""),
        (PATH, ErrorKind.NOT_FOUND, "path"),
        (_BROKEN, ErrorKind.OVERLOADED, ""),
    ):
        if pattern.search(text):
            return Cause(kind, special)
    return None


_STATUS = {
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
    if code in (504, 522, 524):  # a gateway gave up waiting: the request may be running, and billed
        return ErrorKind.TIMEOUT
    return ErrorKind.OVERLOADED if code >= 500 else ErrorKind.REJECTED
