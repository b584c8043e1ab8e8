"""The thinking switch: one setting, written as each provider wants it (WIRE.md R10), by tables in the catalogue."""

from __future__ import annotations

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.provider import Provider

LEVELS = ("off", "low", "medium", "high")
_USUAL: JsonObject = {level: {"reasoning_effort": "none" if level == "off" else level} for level in LEVELS}


def thinking_fields(parameters: JsonObject, provider: Provider) -> JsonObject:
    """Takes `thinking` out of the parameters and returns the request fields that it means.

    An object is not the switch but DeepSeek's own field of this name, and stays.

    Raises:
        ValueError: the provider has no such level; says which it has.
    """
    value = parameters.get("thinking")
    if value is None or isinstance(value, dict):
        return {}
    table = provider.thinking or _USUAL
    is_budget = isinstance(value, int) and not isinstance(value, bool)
    fields = table.get("budget" if is_budget else str(value))
    if not isinstance(fields, dict) or isinstance(value, bool):
        known = [level for level in LEVELS if level in table] + (["a number of tokens"] if "budget" in table else [])
        raise ValueError(f"thinking must be {' | '.join(known)}, not {value}")
    del parameters["thinking"]
    made: JsonObject = {name: _filled(each, value) for name, each in fields.items()}
    for name, each in made.items():
        spec = provider.parameter(name)
        if spec is not None and (problem := spec.check(each)):
            raise ValueError(f"thinking = {value} makes that {problem}")
    return made


def _filled(value: Json, budget: Json) -> Json:
    if isinstance(value, dict):
        return {name: _filled(each, budget) for name, each in value.items()}
    return budget if value == "$budget" else value
