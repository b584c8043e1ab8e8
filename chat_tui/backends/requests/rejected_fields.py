"""Finds the field that a server rejected, and what to send instead.

The server has to name the field: in the error's `param`, in FastAPI's `loc`, or in its words. A value that is merely
out of range is not taken out, the user shall correct it; but what the program added by itself goes in any case.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from chat_tui.backends.requests.response_formats import FORMAT, refused_form
from chat_tui.backends.requests.thinking import EFFORT_FIELDS, effort_of, other_effort, refuses_effort
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.response_format import asks_for_json
from chat_tui.i18n import tr

_NEVER = ("model", "messages", "stream", "model_id", "streaming", "key")
_NOT_TAKEN = re.compile(
    r"unsupported|not (?:\w+ )?support|(?:doesn't|does not|isn't|is not|no longer) (?:\w+ )?(?:support|accept|allow)"
    r"|unknown|unrecogni[sz]ed|unexpected|extra (?:inputs|fields?)|extra_forbidden|not (?:permitted|allowed|available)"
    r"|unavailable|only the default|invalid (?:field|parameter|argument) name|no such (?:field|parameter)|deprecated"
    r"|incompatible|cannot be used|不支持|additional propert",
    re.I,
)
REASONING = "reasoning_content"
"""Stands for reasoning in the history, which is no field of the body."""
CONTINUATION = "continuation"
"""Stands for the way in which an answer is continued, which is no single field."""
_NO_PREFILL = re.compile(
    r"prefill|last message|final message|must end with|assistant message|continue_final_message", re.I
)
_WANTED = re.compile(r"must be (?:passed|sent|provided)|missing|required|not found in", re.I)


@dataclass(frozen=True, slots=True)
class FieldRepair:
    """One repair: a field goes, or changes its name or value."""

    field: str
    to: str = ""
    """The new name; for `REASONING` and `CONTINUATION`, the new rule; for `FORMAT`, what is refused."""
    was: Json = None
    """The value that was refused, where another may be taken."""
    value: Json = None
    """What is sent instead."""

    def __hash__(self) -> int:
        return hash((self.field, self.to))

    def concerns(self, body: JsonObject) -> bool:
        """Whether a body still has what this change repairs."""
        return self.field in body and (self.was is None or body[self.field] == self.was)

    def applied(self, body: JsonObject) -> JsonObject:
        """The body with the change made."""
        if not self.concerns(body):
            return body
        if self.value is not None:
            return body | {self.field: self.value}
        rest = {name: value for name, value in body.items() if name != self.field}
        return rest | {self.to: body[self.field]} if self.to else rest

    def message(self, name: str, model: str) -> str:
        """Tells the user; empty for what they did not ask for."""
        if self.field in ("stream_options", REASONING, CONTINUATION, FORMAT):
            return ""
        if self.to:
            return tr(
                "{name} takes {field} as {to} with {model}.", name=name, field=self.field, to=self.to, model=model
            )
        if self.field in EFFORT_FIELDS and self.value is not None:
            was, sent = effort_of(self.was), effort_of(self.value)
            return tr(
                "{name} does not accept {field} {was} with {model}; {sent} was sent instead.",
                name=name,
                field=self.field,
                was=was,
                model=model,
                sent=sent,
            )
        return tr(
            "{name} does not accept {field} with {model}; it was left out.", name=name, field=self.field, model=model
        )


def find_repair(
    body: JsonObject, error: ProviderError, ours: Collection[str], sends_reasoning: bool
) -> FieldRepair | None:
    """Finds the change that may make a refused request pass.

    Args:
        body: what was sent.
        error: the refusal.
        ours: fields that the program added unasked.
        sends_reasoning: whether reasoning was sent back with the history.
    """
    if error.http_status not in (400, 422, 500, None) or error.kind not in (ErrorKind.REJECTED, ErrorKind.NOT_FOUND):
        return None
    refusal = f"{error.param} {error.detail} {error.message}"
    if REASONING in refusal and REASONING not in body:
        return _reasoning(refusal, sends_reasoning)
    if sends_begun_answer(body) and _NO_PREFILL.search(refusal):
        return FieldRepair(CONTINUATION, "ask")
    if form := refused_form(body, refusal):
        return FieldRepair(FORMAT, form)
    if effort := _effort(body, error.param, refusal):
        return effort
    if "max_tokens" in body and "max_completion_tokens" in refusal:
        # Only where the server names it: others ignore the new name and answer without end.
        return FieldRepair("max_tokens", "max_completion_tokens")
    for name in sorted(body, key=len, reverse=True):
        if name in _NEVER or not _is_named(name, error.param, refusal):
            continue
        if name == "response_format" and asks_for_json(body[name]):  # a schema that is wrong in itself
            continue
        if name == "max_completion_tokens" and _NOT_TAKEN.search(refusal):
            return FieldRepair(name, "max_tokens")
        if name in ours or _NOT_TAKEN.search(refusal):
            return FieldRepair(name)
    return None


def sends_begun_answer(body: JsonObject) -> bool:
    """Whether a request ends with an answer for the server to continue."""
    messages = body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    return isinstance(last, dict) and last.get("role") == "assistant"


def _is_named(name: str, param: str, refusal: str) -> bool:
    names = (name, _camel(name))
    if param:
        return re.split(r"[.\[]", param)[0] in names
    if name == "stream_options" and "include_usage" in refusal:
        return True
    return any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", refusal) for name in names)


def _camel(name: str) -> str:
    """A field's name as xAI and others write it in their refusals: `reasoningEffort`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _effort(body: JsonObject, param: str, refusal: str) -> FieldRepair | None:
    """Another effort of thinking, or none of it where the model takes none."""
    for name in EFFORT_FIELDS:
        value = body.get(name)
        if not effort_of(value) or not (_is_named(name, param, refusal) or refuses_effort(refusal)):
            continue
        other = other_effort(value, refusal)
        if other is not None:
            return FieldRepair(name, was=value, value=other)
        if _NOT_TAKEN.search(refusal) or refuses_effort(refusal):
            return FieldRepair(name)
    return None


def _reasoning(refusal: str, sends_reasoning: bool) -> FieldRepair | None:
    if sends_reasoning:
        return FieldRepair(REASONING, "never")
    return FieldRepair(REASONING, "tool_calls") if _WANTED.search(refusal) else None
