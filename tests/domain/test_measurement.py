"""What an answer says of its model, and what many do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chat_tui.domain.conversation.measurement import Measurement, ModelStats, measure, measure_all, median, summarise
from chat_tui.domain.conversation.message import Message, MessageError, Role, Status, Timing

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def answer(error: str = "", first: float | None = 1.0, **changes: object) -> Message:
    fields: dict[str, object] = {
        "model": "acme/m",
        "content": "word " * 40,
        "status": Status.COMPLETE,
        "timing": Timing(first, 3.0),
        "usage": {"prompt_tokens": 1, "completion_tokens": 100, "total_tokens": 101},
        "error": MessageError(error, "It failed.") if error else None,
    }
    return Message("x", None, Role.ASSISTANT, **fields | changes)  # type: ignore[arg-type]


HIDDEN = {"completion_tokens": 100, "completion_tokens_details": {"reasoning_tokens": 60}}


@pytest.mark.parametrize(
    ("message", "speed", "is_estimated"),
    [
        (answer(), 50.0, False),
        (answer(usage=None), 25.0, True),
        (answer(usage=HIDDEN), 20.0, False),
        (answer(usage=HIDDEN, reasoning="So."), 50.0, False),
        (answer(status=Status.STOPPED, usage=None), 25.0, True),
        (answer(timing=Timing(1.0, 1.01)), None, False),
        (answer(content="No.", usage={"completion_tokens": 2}), None, False),
    ],
)
def test_how_quick_it_was(message: Message, speed: float | None, is_estimated: bool) -> None:
    found = measure(message)
    assert found is not None
    assert (found.tokens_per_s, found.is_estimated, found.first_s) == (speed, is_estimated, 1.0)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (answer("overloaded", None), "overloaded"),
        (answer("interrupted"), "interrupted"),
        (answer("authentication", None), None),
        (answer("credit", None), None),
        (answer("refused"), None),
        (answer(first=None, status=Status.STOPPED), None),
        (answer(status=None), None),
        (answer(model=None), None),
    ],
)
def test_a_failure_counts_where_it_is_the_servers(message: Message, error: str | None) -> None:
    found = measure(message)
    assert (found.error if found else None) == error


def test_models_that_failed_before_another_was_asked_are_counted() -> None:
    tried = [
        {"model": "acme/down", "kind": "overloaded", "message": "It failed."},
        {"model": "acme/poor", "kind": "credit", "message": "It failed."},
    ]
    found = measure_all(answer(tried=tried))
    assert [(each.model, each.error) for each in found] == [("acme/down", "overloaded"), ("acme/m", "")]
    assert len({each.id for each in found}) == 2
    assert measure_all(answer("credit", None)) == []


def test_many_answers_are_summed_up_by_their_medians_and_late_failures() -> None:
    def at(days: float, first: float, speed: float | None, error: str = "", is_estimated: bool = False) -> Measurement:
        when = (NOON - timedelta(days=days)).isoformat()
        return Measurement(str(days), "acme/m", when, first, 9.0, speed, is_estimated, error)

    found = summarise(
        [at(0, 1.0, 10), at(1, 3.0, None), at(2, 8, 30, "overloaded"), at(6, 2.0, 30), at(8, 8, 8, "timeout")], NOON
    )
    assert found == ModelStats(3, NOON.isoformat(), 2.0, 20.0, False, 1, 4)
    assert summarise([at(1, 1, 1, is_estimated=True)], NOON).is_estimated
    many = [at(number / 10, 1.0, 10) for number in range(20)] + [at(30, 99.0, 99)] * 30
    assert (summarise(many, NOON).answers, summarise(many, NOON).first_s) == (20, 1.0)
    assert summarise([], NOON) == ModelStats()
    assert summarise([replace(at(1, 1, 1), at="yesterday")], NOON).attempts == 0
    assert median([3, 1, 2, 9]) == 2.5
