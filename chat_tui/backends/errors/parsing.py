"""Parses error bodies of every known shape into one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from chat_tui.backends.errors.retry_after import body_waits
from chat_tui.backends.payloads import notable_filters
from chat_tui.domain.json import Json

_MESSAGE_FIELDS = ("message", "messege", "msg", "detail", "error_description", "error_msg", "reason", "title", "errors")
_DEPTH = 6
_LONGEST = 4096
"""Characters of a text in which anything is looked for."""
_GENERIC = re.compile(r"provider returned error|upstream error|internal error|bad request|error|unknown error", re.I)
"""Messages of routers that state no reason: it is in another field."""


@dataclass(slots=True)
class ErrorBody:
    """The parts of an error body, as far as it has them."""

    text: str = ""
    code: str = ""
    type: str = ""
    status: int | None = None
    """An HTTP status that the body names inside a 200."""
    is_html: bool = False
    param: str = ""
    """The request field that is to blame."""
    upstream: str = ""
    """The provider behind a router that failed."""
    hint: str = ""
    """The server's advice."""
    more: str = ""
    """Further details of the cause, to be shown below: a moderator's reasons, the flagged text."""
    failed_generation: str = ""
    """Groq: what the model wrote that could not be used."""
    filters: dict[str, Any] = field(default_factory=dict)
    """Azure: what its content filter found, by category."""
    waits: list[Any] = field(default_factory=list)
    """The stated waits, in any form."""
    headers: dict[str, str] = field(default_factory=dict)
    """OpenRouter: the headers of the failure, names in lower case."""


def read_body(body: bytes) -> ErrorBody:
    """Reads an error body: JSON of any shape, events, plain text; a web page gives no text."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff").strip()
    if text.startswith("<"):
        return ErrorBody(is_html=True)
    candidate = re.sub(r"^(data|error):\s*", "", text)
    if candidate != text:
        candidate = candidate.partition("\n")[0]
    try:
        return read_payload(json.loads(candidate))
    except (ValueError, RecursionError):
        return ErrorBody(text=text)


def read_payload(payload: Json) -> ErrorBody:
    """Reads an error that is JSON already."""
    error_body = ErrorBody()
    _collect(payload, error_body, _DEPTH)
    if not error_body.text and payload not in (None, "", {}, []):
        error_body.text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    _unwrap(error_body)
    return error_body


def _unwrap(error_body: ErrorBody) -> None:
    """Gateways put the upstream's JSON into a string, some behind words of their own."""
    text = error_body.text.strip()
    at = text.find("{") if text.endswith("}") else 0 if text.startswith("[") else -1
    if at < 0 or len(text) > 16 * _LONGEST:
        return
    try:
        inner = json.loads(text[at:])
    except (ValueError, RecursionError):
        return
    nested = ErrorBody()
    _collect(inner, nested, _DEPTH)
    if nested.text:
        error_body.text = f"{text[:at]}{nested.text}"
        _take_over(error_body, nested)


def _take_over(error_body: ErrorBody, nested: ErrorBody) -> None:
    """Fills in what an error lacks from the one inside it."""
    error_body.code = error_body.code or nested.code
    error_body.type = error_body.type or nested.type
    error_body.param = error_body.param or nested.param
    error_body.status = error_body.status or nested.status
    error_body.failed_generation = error_body.failed_generation or nested.failed_generation
    error_body.filters = error_body.filters or nested.filters
    error_body.waits += nested.waits


def _collect(value: Any, error_body: ErrorBody, depth: int) -> None:
    if depth == 0:
        return
    if isinstance(value, str):
        error_body.text = error_body.text or value.strip()
    elif isinstance(value, list):
        _collect_list(value, error_body, depth)
    elif isinstance(value, dict):
        error = value.get("error")
        if error:
            _collect(error, error_body, depth - 1)
        _collect_scalars(value, error_body)
        for name in _MESSAGE_FIELDS:
            if not error_body.text and value.get(name):
                _collect(value[name], error_body, depth - 1)
        if isinstance(value.get("metadata"), dict):
            _collect_metadata(value["metadata"], error_body, depth)


def _collect_list(value: list[Any], error_body: ErrorBody, depth: int) -> None:
    """FastAPI's `[{loc, msg, type}]`, or a list around one error."""
    problems = []
    for item in value:
        if isinstance(item, dict) and isinstance(item.get("msg"), str):
            loc = item.get("loc")
            place = ".".join(str(part) for part in loc if part != "body") if isinstance(loc, list) else ""
            error_body.param = error_body.param or place
            problems.append(f"{place}: {item['msg']}" if place else item["msg"])
    if problems:
        error_body.text = error_body.text or "; ".join(problems)
    else:
        for item in value[:3]:
            _collect(item, error_body, depth - 1)


def _collect_scalars(value: dict[str, Any], error_body: ErrorBody) -> None:
    code = value.get("code", value.get("status_code"))
    if type(code) is int and 400 <= code < 600:
        error_body.status = error_body.status or code
    if isinstance(code, str) and code.isdigit() and len(code) == 3 and code[0] in "45":
        error_body.status = error_body.status or int(code)
    if isinstance(code, str | int) and not error_body.code:
        error_body.code = str(code)
    status = value.get("status", value.get("status_code"))
    if type(status) is int and 400 <= status < 600:
        error_body.status = error_body.status or status
    for kind in (value.get("type"), status, value.get("error_type")):
        # Google has the kind in `status`: RESOURCE_EXHAUSTED
        if isinstance(kind, str) and not error_body.type and kind not in ("error", "failed", "fail"):
            error_body.type = kind
    param = value.get("param")
    if isinstance(param, str) and not error_body.param:
        error_body.param = param
    generation = value.get("failed_generation")
    if isinstance(generation, str) and generation.strip():
        error_body.failed_generation = generation
    for holder in (value, value.get("innererror"), value.get("inner_error")):
        if isinstance(holder, dict):
            for name in ("content_filter_result", "content_filter_results"):
                error_body.filters |= notable_filters(holder.get(name))
    error_body.waits += body_waits(value)
    details = value.get("details")
    for detail in details[:10] if isinstance(details, list) else ():
        if isinstance(detail, dict):
            error_body.waits += body_waits(detail)


def _collect_metadata(metadata: dict[str, Any], error_body: ErrorBody, depth: int) -> None:
    """OpenRouter's: the reason, which its own message never has, and what else it knows of the failure."""
    upstream = metadata.get("provider_name")
    error_body.upstream = upstream if isinstance(upstream, str) else ""
    raw = metadata.get("raw")
    if depth > 1 and raw and isinstance(raw, str | dict | list):
        inner = read_payload(raw)
        is_text = isinstance(raw, str) or not inner.text.startswith(("{", "["))
        if inner.text and is_text and inner.text not in error_body.text:
            is_said = not error_body.text or _GENERIC.fullmatch(error_body.text.strip(" ."))
            error_body.text = inner.text if is_said else f"{error_body.text}: {inner.text}"
        own = (error_body.code, error_body.type)
        error_body.code = inner.code or error_body.code
        error_body.type = inner.type or error_body.type
        _take_over(error_body, inner)
        error_body.more = " ".join(text for text in own if text and text not in (error_body.code, error_body.type))
    hint = metadata.get("remedy_hint")
    error_body.hint = hint if isinstance(hint, str) else ""
    notes = [error_body.more] if error_body.more else []
    reasons = metadata.get("reasons")
    if isinstance(reasons, list) and reasons:
        notes.append("flagged: " + ", ".join(str(reason) for reason in reasons[:10]))
    for name in ("flagged_input", "limit_source", "error_type"):
        if isinstance(metadata.get(name), str) and metadata[name]:
            notes.append(f"{name.replace('_', ' ')}: {metadata[name]}")
    error_body.more = "; ".join(notes)
    error_body.waits += body_waits(metadata)
    headers = metadata.get("headers")
    if isinstance(headers, dict):
        error_body.headers = {str(name).lower(): str(value) for name, value in list(headers.items())[:50]}
