"""Sampling parameters: their types and ranges, and how one is read from text."""

from __future__ import annotations

import json
from dataclasses import dataclass

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.response_format import read_response_format
from chat_tui.i18n import tr


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter that a provider accepts."""

    name: str
    type: str = "number"
    """number | integer | boolean | string | strings (one or a list) | object | array"""
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    """Whether the minimum itself is refused (Lanrui's `top_p`)."""
    max_items: int | None = None
    choices: tuple[str, ...] = ()

    def hint(self) -> str:
        """How its value is written, where that is not plain."""
        return _HINTS.get(self.name) or _HINTS.get(self.type, "")

    def type_text(self) -> str:
        """The type in a word; empty for any."""
        words = {
            "integer": tr("integer"),
            "boolean": tr("boolean"),
            "strings": tr("strings"),
            "number": tr("number"),
            "string": tr("string"),
            "object": tr("object"),
            "array": tr("array"),
        }
        return words.get(self.type, "")

    def range_text(self) -> str:
        """The range in words, for a message or a panel: `0 to 2`, `above 0, to 1`, `at most 4`, or empty."""
        if self.choices:
            return " | ".join(self.choices)
        if self.max_items is not None:
            return tr("at most {high}", high=self.max_items)
        low = None if self.minimum is None else f"{self.minimum:g}"
        high = None if self.maximum is None else f"{self.maximum:g}"
        match low, high:
            case None, None:
                return ""
            case None, _:
                return tr("at most {high}", high=high)
            case _, None:
                return tr("above {low}", low=low) if self.exclusive_minimum else tr("at least {low}", low=low)
            case _ if self.exclusive_minimum:
                return tr("above {low}, to {high}", low=low, high=high)
            case _:
                return tr("{low} to {high}", low=low, high=high)

    def check(self, value: Json) -> str:
        """Says what is wrong with a value in words, or returns an empty string."""
        expected = self._type_problem(value)
        if not expected and isinstance(value, int | float) and not isinstance(value, bool):
            low = self.minimum is not None and (
                value <= self.minimum if self.exclusive_minimum else value < self.minimum
            )
            high = self.maximum is not None and value > self.maximum
            expected = self.range_text() if low or high else ""
        if not expected and isinstance(value, list) and self.max_items is not None and len(value) > self.max_items:
            expected = self.range_text()
        if not expected and self.choices and value not in self.choices:
            expected = self.range_text()
        if not expected:
            return ""
        shown = json.dumps(value, ensure_ascii=False)
        return tr("{name} must be {expected}, not {value}", name=self.name, expected=expected, value=shown)

    def _type_problem(self, value: Json) -> str:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_strings = isinstance(value, list) and all(isinstance(each, str) for each in value)
        good = {
            "number": is_number,
            "integer": is_number and isinstance(value, int),
            "boolean": isinstance(value, bool),
            "string": isinstance(value, str),
            "strings": isinstance(value, str) or is_strings,
            "object": isinstance(value, dict),
            "array": isinstance(value, list),
        }
        words = {
            "integer": tr("a whole number"),
            "boolean": tr("true or false"),
            "strings": tr("a string or a list of strings"),
            "number": tr("a number"),
            "string": tr("a string"),
            "object": tr("an object"),
            "array": tr("an array"),
        }
        if good.get(self.type, True):
            return ""
        return words.get(self.type, self.type)


FIRST = ("thinking", "temperature", "top_p", "max_tokens", "stop", "seed", "n", "response_format")
"""The parameters that people set most, in this order."""
USUAL = (
    ParameterSpec("thinking", "any"),
    ParameterSpec("temperature", minimum=0, maximum=2),
    ParameterSpec("top_p", minimum=0, maximum=1),
    ParameterSpec("max_tokens", "integer", minimum=1),
    ParameterSpec("stop", "strings"),
    ParameterSpec("seed", "integer"),
    ParameterSpec("n", "integer", minimum=1),
    ParameterSpec("response_format", "object"),
    ParameterSpec("frequency_penalty", minimum=-2, maximum=2),
    ParameterSpec("presence_penalty", minimum=-2, maximum=2),
)
"""What servers usually take, as OpenAI's reference has it; for those that document nothing."""
_HINTS = {
    "thinking": tr("off, low, medium, high, tokens"),
    "response_format": tr("json, schema, or: name, age int"),
    "stop": tr('one sequence, or several: ["###", "END"]'),
    "strings": tr('one, or several: ["a", "b"]'),
}
_HIDDEN = ("tools", "stream_options")
"""Documented, and set by the program."""


def offered(specs: tuple[ParameterSpec, ...]) -> list[ParameterSpec]:
    """The parameters to offer for a provider that documents `specs`; the usual ones where it documents none."""
    known = {each.name: each for each in specs if each.name not in _HIDDEN}
    usual = {each.name: each for each in (USUAL[:1] if known else USUAL)}
    return list((usual | known).values())


def as_text(value: Json) -> str:
    """A value as a person writes it, in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_value(spec: ParameterSpec, text: str) -> Json:
    """Reads a value that a person wrote.

    Raises:
        ValueError: it is not of the parameter's type or range; says what was expected.
    """
    _, value = parse_parameter(f"{spec.name}={text}")
    if spec.name == "response_format":
        value = read_response_format(value)
    elif spec.type in ("string", "strings") and not isinstance(value, str | list):
        value = text
    if problem := spec.check(value):
        raise ValueError(tr("{problem}.", problem=problem))
    return value


def parse_parameter(text: str) -> tuple[str, Json]:
    """Reads `name=value`; the value is JSON where it can be read so, else a string.

    Raises:
        ValueError: there is no `=` or no name.
    """
    name, equals, raw = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise ValueError(tr("a parameter is written name=value, not {text!r}", text=text))
    try:
        value: Json = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        value = raw
    return name, value


def _refuse_constant(text: str) -> Json:
    raise ValueError(tr("{text} is not JSON", text=text))


def merge_parameters(*layers: JsonObject) -> JsonObject:
    """Lays later settings over earlier ones; a null takes a setting out again."""
    merged: JsonObject = {}
    for layer in layers:
        merged |= layer
    return {name: value for name, value in merged.items() if value is not None}
