"""Parameters: their ranges in words, and what is read from `name=value`."""

from __future__ import annotations

from typing import Any

import pytest

from chat_tui.domain.models.parameters import ParameterSpec, merge_parameters, parse_parameter

TEMPERATURE = ParameterSpec("temperature", minimum=0, maximum=2)
TOP_P = ParameterSpec("top_p", minimum=0, maximum=1, exclusive_minimum=True)


@pytest.mark.parametrize(
    ("spec", "good", "bad", "words"),
    [
        (TEMPERATURE, 2, 2.1, "temperature must be 0 to 2, not 2.1"),
        (TEMPERATURE, 0, "hot", 'temperature must be a number, not "hot"'),
        (TEMPERATURE, 1.5, True, "temperature must be a number, not true"),
        (TOP_P, 0.1, 0, "top_p must be above 0, to 1, not 0"),
        (ParameterSpec("n", "integer", minimum=1), 1, 0, "n must be at least 1, not 0"),
        (ParameterSpec("n", "integer"), 3, 1.5, "n must be a whole number, not 1.5"),
        (ParameterSpec("stop", "strings", max_items=2), ["a", "b"], ["a", "b", "c"], "stop must be at most 2"),
        (ParameterSpec("stop", "strings"), "a", [1], "stop must be a string or a list of strings"),
        (ParameterSpec("effort", "string", choices=("low", "high")), "low", "mid", "effort must be low | high"),
        (ParameterSpec("x", "object"), {}, [], "x must be an object"),
    ],
)
def test_a_value_is_checked_in_words(spec: ParameterSpec, good: Any, bad: Any, words: str) -> None:
    assert spec.check(good) == ""
    assert spec.check(bad).startswith(words)


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=1", 1), ("a=0.5", 0.5), ("a=true", True), ("a=null", None), ('a={"b": [1]}', {"b": [1]}), ("a=x=y", "x=y"),
     ("a=NaN", "NaN"), ("a=", ""), (" a =1", 1)],
)  # fmt: skip
def test_a_parameter_is_json_or_else_a_string(text: str, value: Any) -> None:
    assert parse_parameter(text) == ("a", value)


@pytest.mark.parametrize("text", ["a", "=1", ""])
def test_what_is_no_parameter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="name=value"):
        parse_parameter(text)


def test_later_layers_win_and_null_takes_out() -> None:
    assert merge_parameters({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": None}) == {"b": 3, "c": 4}
