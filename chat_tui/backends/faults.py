"""What a server's error body says: one normaliser for every shape seen in the wild (WIRE.md E1-E14)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chat_tui.domain.json import Json

_MESSAGE_FIELDS = ("message", "messege", "msg", "detail", "error_description", "error_msg", "reason", "title", "errors")
_DEPTH = 6
MAX_WAIT = 24 * 3600.0
"""Seconds; a longer wait than a day is no answer to "when"."""


@dataclass(slots=True)
class Fault:
    """The parts of an error body, as far as it has them."""

    text: str = ""
    code: str = ""
    type: str = ""
    status: int | None = None
    """An HTTP status that the body names inside a 200."""
    retry_after: float | None = None
    is_html: bool = False
    param: str = ""
    """The request field that is to blame (WIRE.md R2)."""


def read_body(body: bytes) -> Fault:
    """Reads an error body: JSON of any shape, events, plain text; a web page gives no text (WIRE.md E9)."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff").strip()
    if text.startswith("<"):
        return Fault(is_html=True)
    candidate = re.sub(r"^(data|error):\s*", "", text)
    if candidate != text:
        candidate = candidate.partition("\n")[0]
    try:
        return read_payload(json.loads(candidate))
    except (ValueError, RecursionError):
        return Fault(text=text)


def read_payload(payload: Json) -> Fault:
    """Reads an error that is JSON already."""
    fault = Fault()
    _collect(payload, fault, _DEPTH)
    if not fault.text and payload not in (None, "", {}, []):
        fault.text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    if fault.text.lstrip().startswith(("{", "[")):
        # Gateways put the upstream's JSON into a string.
        try:
            inner = json.loads(fault.text)
        except (ValueError, RecursionError):
            inner = None
        nested = Fault()
        _collect(inner, nested, _DEPTH)
        fault.text = nested.text or fault.text
        fault.code = fault.code or nested.code
    return fault


def _collect(value: Any, fault: Fault, depth: int) -> None:
    if depth == 0:
        return
    if isinstance(value, str):
        fault.text = fault.text or value.strip()
    elif isinstance(value, list):
        _collect_list(value, fault, depth)
    elif isinstance(value, dict):
        error = value.get("error")
        if error:
            _collect(error, fault, depth - 1)
        _collect_scalars(value, fault)
        for field in _MESSAGE_FIELDS:
            if not fault.text and value.get(field):
                _collect(value[field], fault, depth - 1)


def _collect_list(value: list[Any], fault: Fault, depth: int) -> None:
    """FastAPI's `[{loc, msg, type}]`, or a list around one error (WIRE.md E4, E5)."""
    problems = []
    for each in value:
        if isinstance(each, dict) and isinstance(each.get("msg"), str):
            loc = each.get("loc")
            place = ".".join(str(part) for part in loc if part != "body") if isinstance(loc, list) else ""
            fault.param = fault.param or place
            problems.append(f"{place}: {each['msg']}" if place else each["msg"])
    if problems:
        fault.text = fault.text or "; ".join(problems)
    else:
        for each in value[:3]:
            _collect(each, fault, depth - 1)


def _collect_scalars(value: dict[str, Any], fault: Fault) -> None:
    code = value.get("code", value.get("status_code"))
    if type(code) is int and 400 <= code < 600:
        fault.status = fault.status or code
    if isinstance(code, str) and code.isdigit() and len(code) == 3 and code[0] in "45":
        fault.status = fault.status or int(code)
    if isinstance(code, str | int) and not fault.code:
        fault.code = str(code)
    status = value.get("status")
    if type(status) is int and 400 <= status < 600:
        fault.status = fault.status or status
    kind = value.get("type")
    if isinstance(kind, str) and not fault.type and kind != "error":
        fault.type = kind
    param = value.get("param")
    if isinstance(param, str) and not fault.param:
        fault.param = param
    after = value.get("retry_after")
    if fault.retry_after is None and after is not None:
        fault.retry_after = _seconds(str(after))


def retry_after(headers: Mapping[str, str], fault: Fault, now: Callable[[], float]) -> float | None:
    """Reads how long the server asks to wait, in seconds, in any form (WIRE.md E12, E13); None where it does not say.

    Args:
        headers: of the response, names in lower case.
        fault: its body.
        now: the time in seconds since 1970, for the form that is a date.
    """
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    header = headers.get("retry-after", "").strip()
    if header:
        seconds = _seconds(header)
        if seconds is None:
            seconds = _until(header, now)
        if seconds is not None:
            return seconds
    if fault.retry_after is not None:
        return fault.retry_after
    said = re.search(r"(?:try again|retry|wait)\D{0,20}?((?:\d+(?:\.\d+)?\s?(?:ms|h|m|s)[a-z]*\s?)+)", fault.text, re.I)
    if said:
        return go_duration(said[1])
    resets = [go_duration(headers.get(f"x-ratelimit-reset-{what}", "")) for what in ("requests", "tokens")]
    return max((each for each in resets if each), default=None)


def go_duration(text: str) -> float | None:
    """Reads `6m0s`, `41.724s`, `12ms` as seconds; None for anything else."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s?(ms|milli|h|m|s)[a-z]*", text.strip())
    if not parts:
        return None
    units = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    return min(sum(float(number[:12]) * units[unit] for number, unit in parts), MAX_WAIT)


def _seconds(text: str) -> float | None:
    if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text.strip()):
        return None
    return min(float(text), MAX_WAIT)


def _until(date: str, now: Callable[[], float]) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, min(parsedate_to_datetime(date).timestamp() - now(), MAX_WAIT))
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
