"""Translates the `thinking` parameter into the fields of each provider, by tables in the catalogue.

Models of one provider differ in the levels that they take. A refusal that names them is answered with the nearest; one
that names none, with the next level up from "off", so that a model whose default is to think does not think all it can.
"""

from __future__ import annotations

import re

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.provider import LEVELS, Provider
from chat_tui.i18n import tr

_USUAL: JsonObject = {level: {"reasoning_effort": "none" if level == "off" else level} for level in LEVELS}
EFFORTS = ("none", "minimal", "low", "medium", "default", "high", "xhigh", "max")
"""What servers call the levels, from none to most. Groq's `default` is a model's only one."""
EFFORT_FIELDS = ("reasoning_effort", "reasoning")
"""Request fields that hold an effort: as text, or in an object as `effort` (OpenRouter)."""
_UNKNOWN_FIELD = re.compile(
    r"(?:unsupported|unknown|unrecogni[sz]ed|invalid) (?:request )?(?:parameter|argument|field)|extra_forbidden"
    r"|not support(?:ed)? (?:the )?(?:parameter|argument)|argument not supported|extra (?:inputs|fields?)"
    r"|additional propert|unknown name|does not support (?:thinking|reasoning)",
    re.I,
)
"""A refusal of the field itself, whatever its value."""
_OFFER = re.compile(
    r"(?:supported values|one of|should be|must be|allowed|valid values|expected|available|options|supports? only)(.*)",
    re.I | re.S,
)
_MUST_THINK = re.compile(
    r"thinking mode|(?:reasoning|thinking)\b.{0,60}(?:can(?:not|'t| not) be (?:disabled|turned off)|mandatory|required)"
    r"|(?:cannot|can't) (?:disable|turn off) (?:reasoning|thinking)|budget 0 is invalid"
    r"|(?:thinking|reasoning) (?:level|budget)",
    re.I,
)


def thinking_fields(parameters: JsonObject, provider: Provider, model: str = "") -> JsonObject:
    """Takes `thinking` out of the parameters and returns the request fields that it means.

    An object is not the switch but DeepSeek's own field of this name, and stays.

    Raises:
        ValueError: the provider has no such level; says which it has.
    """
    value = parameters.get("thinking")
    if value is None or isinstance(value, dict):
        return {}
    table = provider.thinking_table(model) or _USUAL
    is_budget = isinstance(value, int) and not isinstance(value, bool)
    fields = table.get("budget" if is_budget else str(value))
    if not isinstance(fields, dict) or isinstance(value, bool):
        levels = [level for level in LEVELS if level in table] + (
            [tr("a number of tokens")] if "budget" in table else []
        )
        raise ValueError(f"thinking must be {' | '.join(levels)}, not {value}")
    del parameters["thinking"]
    filled: JsonObject = {name: _filled(field, value) for name, field in fields.items()}
    for name, field_value in filled.items():
        spec = provider.parameter(name)
        if spec is not None and (problem := spec.check(field_value)):
            raise ValueError(f"thinking = {value} makes that {problem}")
    return filled


def _filled(value: Json, budget: Json) -> Json:
    if isinstance(value, dict):
        return {name: _filled(field, budget) for name, field in value.items()}
    return budget if value == "$budget" else value


def effort_of(value: Json) -> str:
    """The effort that a request field's value asks for; empty where it is none."""
    if isinstance(value, dict):
        value = value.get("effort")
    return value if isinstance(value, str) and value in EFFORTS else ""


def refuses_effort(refusal: str) -> bool:
    """Whether a refusal is about thinking, though it names no field."""
    return _MUST_THINK.search(refusal) is not None or "does not support thinking" in refusal


def other_effort(value: Json, refusal: str) -> Json:
    """What may be sent in the place of an effort that was refused; None where the field itself is refused.

    Args:
        value: of the request field.
        refusal: its text.
    """
    effort = effort_of(value)
    nearest = _nearest(effort, _offered(refusal, effort))
    if not nearest and not _UNKNOWN_FIELD.search(refusal) and effort in ("none", "minimal"):
        nearest = EFFORTS[EFFORTS.index(effort) + 1]
    if not nearest:
        return None
    return value | {"effort": nearest} if isinstance(value, dict) else nearest


def _offered(refusal: str, refused: str) -> list[str]:
    """The efforts that a refusal names as those it takes."""
    offer = _OFFER.search(refusal)
    named = re.findall(r"[a-z]+", offer[1].lower()) if offer else []
    return [effort for effort in EFFORTS if effort in named and effort != refused]


def _nearest(effort: str, offered: list[str]) -> str:
    """The nearest of the efforts offered; not none, unless that is what was requested or nothing else is offered."""
    if effort != "none":
        offered = [level for level in offered if level != "none"] or offered
    at = EFFORTS.index(effort)
    return min(offered, key=lambda level: (abs(EFFORTS.index(level) - at), EFFORTS.index(level)), default="")
