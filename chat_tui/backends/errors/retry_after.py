"""Parses how long a server asks to wait: from headers, the body, a router's copy of headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from chat_tui.i18n import tr

MAX_WAIT = 24 * 3600.0
"""Seconds; a longer wait than a day is no answer to "when"."""
_SECONDS = (
    *("retry_after", "retryAfter", "retry_after_seconds", "retryDelay", "retry_delay"),
    *("resets_in_seconds", "reset_in_seconds", "estimated_time", "wait_seconds", "reset_after"),
)
"""Fields of an error body that hold a duration: ModelsLab's, Google's, Hugging Face's and others."""
_MOMENTS = ("reset_at", "resets_at", "resetsAt", "retry_at", "rate_limit_reset")
_UNIT = r"(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
_DURATION = rf"(?:\d+(?:\.\d+)?\s?{_UNIT}\b,?\s?(?:and\s)?)+|(?:\d+(?:\.\d+)?(?:ms|[smhd]))+"
_STATED_WAIT = re.compile(
    rf"(?:try(?:ing)? again|retry|wait|resets?|available|refill\w*)\D{{0,24}}?({_DURATION})", re.I
)
_STATED_NUMBER = re.compile(r"(?:retry|try again|wait)[ -]?(?:after|for)?:? (\d{1,6}(?:\.\d+)?)(?![\w.:/-])", re.I)
_STATED_TIME = re.compile(
    r"(?:try again|retry|resets?|available|until)\b\D{0,24}(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
    r"(?:Z|[+-]\d\d:?\d\d| UTC)?)",
    re.I,
)
_RESET = re.compile(r"(?:x-|anthropic-)?ratelimit-(?:reset(?:-(?P<after>[\w-]+))?|(?P<before>[\w-]+)-reset)")
_EPOCH = 1e9
_EPOCH_MS = 1e12


def stated_wait(
    headers: Mapping[str, str], fields: list[Any], more_headers: Mapping[str, str], text: str, now: Callable[[], float]
) -> float | None:
    """Parses how long to wait, in seconds, from any form; None if none is stated.

    Args:
        headers: of the response, names in lower case.
        fields: what the body holds for it (see `body_waits`).
        more_headers: a router's copy of them in the body, names in lower case.
        text: the body's words.
        now: the time in seconds since 1970, for what is a moment.
    """
    for given in (headers, more_headers):
        if (wait := _retry_after(given, now)) is not None:
            return wait
    for field in fields:
        if (wait := duration(field, now)) is not None:
            return wait
    if (wait := _said(text, now)) is not None:
        return wait
    resets = [*_resets(headers, now), *_resets(more_headers, now)]
    return max(resets, default=None)


def body_waits(value: dict[str, Any]) -> Iterator[Any]:
    """The waits in an object of an error body."""
    for name in _SECONDS:
        if value.get(name) is not None:
            yield value[name]
    if isinstance(value.get("retry_after_ms"), int | float):
        yield value["retry_after_ms"] / 1000
    for name in _MOMENTS:
        if value.get(name) is not None:
            yield value[name]


def _retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds:
        return min(milliseconds / 1000, MAX_WAIT)
    header = headers.get("retry-after", "").strip()
    if header:
        seconds = _number(header)
        if seconds is not None:
            return min(seconds, MAX_WAIT)
        if (moment := _moment(header)) is not None:
            return max(0.0, min(moment - now(), MAX_WAIT))
    return milliseconds  # 0, if nothing better is stated


def _resets(headers: Mapping[str, str], now: Callable[[], float]) -> Iterator[float]:
    """The resets of the limits that are used up; of all of them, where no header says which those are."""
    limits: list[tuple[bool | None, float]] = []
    for name, value in headers.items():
        limit = _RESET.fullmatch(name)
        wait = duration(value, now) if limit else None
        if limit is None or not wait:
            continue
        left = headers.get(name.replace("reset", "remaining"), "").strip()
        limits.append((left in ("0", "0.0") if left else None, wait))
    if any(is_used_up for is_used_up, _ in limits):
        yield from (wait for is_used_up, wait in limits if is_used_up)
    else:
        yield from (wait for _, wait in limits)


def duration(value: object, now: Callable[[], float]) -> float | None:
    """Reads seconds, `6m0s`, a date, or a moment in seconds or milliseconds since 1970, as seconds from now.

    None for anything else, and for a moment that has passed.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    number = _number(text)
    if number is None:
        if (length := go_duration(text)) is not None:
            return length
        moment = _moment(text)
    elif number < _EPOCH:
        return min(number, MAX_WAIT)
    else:
        moment = number / 1000 if number >= _EPOCH_MS else number
    wait = moment - now() if moment is not None else 0.0
    return min(wait, MAX_WAIT) if wait > 0 else None


def _said(text: str, now: Callable[[], float]) -> float | None:
    if match := _STATED_WAIT.search(text):
        return go_duration(match[1])
    if match := _STATED_TIME.search(text):
        return duration(match[1].replace(" UTC", "Z"), now)
    if match := _STATED_NUMBER.search(text):
        return duration(match[1], now)
    return None


def go_duration(text: str) -> float | None:
    """Reads `6m0s`, `41.724s`, `12ms`, `2 minutes` as seconds; None for anything else."""
    text = text.strip().lower()
    parts = re.findall(rf"(\d+(?:\.\d+)?)\s?({_UNIT}|ms|[smhd])(?![a-z])", text)
    if not parts or not re.match(r"\d", text):
        return None
    return min(sum(float(number[:12]) * _unit(unit) for number, unit in parts), MAX_WAIT)


def _unit(name: str) -> float:
    if name.startswith(("ms", "milli")):
        return 0.001
    return {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}[name[0]]


def _number(text: str) -> float | None:
    if not re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text.strip()):
        return None
    return float(text)


def _moment(text: str) -> float | None:
    """A date as seconds since 1970: of HTTP, or ISO 8601."""
    from email.utils import parsedate_to_datetime

    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        try:
            when = parsedate_to_datetime(text)
        except (TypeError, ValueError, OverflowError, IndexError):
            return None
    try:
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def wait_text(seconds: float | None) -> str:
    """A wait in words: `7 seconds`, `3 minutes`, `5 hours`; `a moment` for none or nearly none."""
    if seconds is None or seconds < 1:
        return tr("a moment")
    if seconds < 120:
        return tr("{n:.0f} seconds", n=seconds)
    return tr("{n:.0f} minutes", n=seconds / 60) if seconds < 7200 else tr("{n:.0f} hours", n=seconds / 3600)
