"""How quick an answer was, or whether it failed; and what many answers of one model say about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chat_tui.domain.conversation.message import Message, now
from chat_tui.domain.conversation.tokens import estimate, seconds_of_writing, writing_speed
from chat_tui.domain.errors import ErrorKind

SAMPLE = 20
"""Answers that a median is taken of, the last."""
LATELY = timedelta(days=7)
"""How far back failures are counted."""
_LEAST_TOKENS = 16
"""A shorter answer says nothing about speed."""
_FAULTS = frozenset(
    (
        *(ErrorKind.LOCAL_MODEL, ErrorKind.CONNECTION, ErrorKind.TLS, ErrorKind.TIMEOUT, ErrorKind.NOT_FOUND),
        *(ErrorKind.RATE_LIMIT, ErrorKind.OVERLOADED, ErrorKind.REDIRECT, ErrorKind.EMPTY, ErrorKind.INTERRUPTED),
        ErrorKind.NOT_UNDERSTOOD,
    )
)
"""Failures of the server or of the way to it. Others are those of the request, the key or the balance."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One answer, as its user saw it."""

    id: str
    """The message's: an answer that is continued is measured anew."""
    model: str
    """`provider/model-id`, as it was asked for."""
    at: str
    """When it ended (ISO 8601, UTC)."""
    first_s: float | None = None
    """Seconds to the first token, of reasoning or text."""
    total_s: float | None = None
    tokens_per_s: float | None = None
    """From the first token to the last."""
    is_estimated: bool = False
    """Whether the tokens are estimated from the text: the server counted none."""
    error: str = ""
    """An `ErrorKind`, where the answer failed or broke off through a fault of the server or the network."""


@dataclass(frozen=True, slots=True)
class ModelStats:
    """What the last answers of a model say about it. None is "unknown"."""

    answers: int = 0
    """How many the medians are taken of."""
    last: str = ""
    """When the last of them ended."""
    first_s: float | None = None
    tokens_per_s: float | None = None
    is_estimated: bool = False
    """Whether tokens were estimated in any of them."""
    failures: int = 0
    """Within `LATELY`."""
    attempts: int = 0
    """Answers and failures within `LATELY`."""


def measure_all(message: Message) -> list[Measurement]:
    """Measures an answer that has ended, and the models that failed before another one was asked in their place."""
    tried = [(str(each.get("model", "")), str(each.get("kind", ""))) for each in message.tried]
    found = [
        Measurement(f"{message.id}/{number}", model, now(), error=kind)
        for number, (model, kind) in enumerate(tried)
        if model and kind in _FAULTS
    ]
    own = measure(message)
    return [*found, own] if own else found


def measure(message: Message) -> Measurement | None:
    """Measures an answer that has ended; None where it says nothing about its model: it was stopped before it began."""
    if not message.model or message.status is None or message.timing is None:
        return None
    error = message.error.kind if message.error else ""
    if error and error not in _FAULTS:
        return None
    timing = message.timing
    if timing.first_token_s is None and not error:
        return None
    speed, is_estimated = _speed(message)
    return Measurement(
        message.id, message.model, now(), timing.first_token_s, timing.total_s, speed, is_estimated, error
    )


def _speed(message: Message) -> tuple[float | None, bool]:
    """Tokens per second, and whether they are estimated."""
    seconds = seconds_of_writing(message)
    if seconds is None:
        return None, False
    speed, is_estimated = writing_speed(message), False
    if speed is None:
        speed, is_estimated = estimate(message.reasoning + message.content) / seconds, True
    return (round(speed, 2), is_estimated) if speed * seconds >= _LEAST_TOKENS else (None, False)


def summarise(measurements: Iterable[Measurement], moment: datetime) -> ModelStats:
    """What measurements of one model say.

    Args:
        measurements: the last first.
        moment: the present.
    """
    everything = list(measurements)
    good = [each for each in everything if not each.error][:SAMPLE]
    lately = [each for each in everything if _is_after(each.at, moment - LATELY)]
    firsts = [each.first_s for each in good if each.first_s is not None]
    timed = [each for each in good if each.tokens_per_s is not None]
    return ModelStats(
        answers=len(good),
        last=good[0].at if good else "",
        first_s=median(firsts),
        tokens_per_s=median([each.tokens_per_s for each in timed if each.tokens_per_s is not None]),
        is_estimated=any(each.is_estimated for each in timed),
        failures=sum(1 for each in lately if each.error),
        attempts=len(lately),
    )


def median(values: Sequence[float]) -> float | None:
    """The median; None of nothing. Python's own would load a tenth of a second's modules."""
    ordered, half = sorted(values), len(values) // 2
    if not ordered:
        return None
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _is_after(iso: str, moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(iso) >= moment
    except (ValueError, TypeError):
        return False
