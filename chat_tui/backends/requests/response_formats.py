"""Finds the form of `response_format` that a server takes: a JSON Schema, any JSON object, or words in the prompt.

What a server does not enforce stands in the system prompt instead: the schema, or that JSON is wanted at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.response_format import answer_schema, json_instructions
from chat_tui.i18n import sentences, tr

FORMAT = "response_format.type"
"""Stands for the form of `response_format` among the repairs, each of which holds one that is refused."""
ANY = "any"
"""The form of a repair where the server refuses the field, whatever is in it."""
UNPROMPTED = "unprompted"
"""And where it takes json_object, if the prompt mentions JSON."""
_SCHEMA, _OBJECT, _OBJECT_WITH_SCHEMA, _TEXT = "json_schema", "json_object", "json_object with a schema", "text"
_LADDERS = {
    _SCHEMA: (_SCHEMA, _OBJECT),
    _OBJECT_WITH_SCHEMA: (_OBJECT_WITH_SCHEMA, _SCHEMA, _OBJECT),
    _OBJECT: (_OBJECT, _SCHEMA),
}
"""What is sent for what is wanted, in this order; at last, text."""
_NAMED = re.compile(r"response[_ ]?format", re.I)
_BAD_SCHEMA = re.compile(r"(?:invalid|unsupported|malformed) (?:json )?schema|schema must|schema.{0,20} must be", re.I)
_ABOUT_FORM = re.compile(r"\btype\b|schema|json_object", re.I)
_MENTION_JSON = re.compile(r"contain the word\W{1,3}json", re.I)


def refused_form(body: JsonObject, refusal: str) -> str:
    """The form that a refusal is about, as a repair holds it; empty where it is about none.

    A schema that is wrong in itself is none: the user shall correct it.
    """
    form = _form(body.get("response_format"))
    if not form:
        return ""
    if _MENTION_JSON.search(refusal):
        return UNPROMPTED
    if not _NAMED.search(refusal) or _BAD_SCHEMA.search(refusal):
        return ""
    if form == _OBJECT:
        return form if "json_schema" in refusal else ANY
    return form if _ABOUT_FORM.search(refusal) else ANY


def fitted(body: JsonObject, refused: Collection[str]) -> JsonObject:
    """The body with the first form that is not refused, and what that does not say in the system prompt."""
    wanted = body.get("response_format")
    form, sent = _form(wanted), _sent(wanted, refused)
    if sent == form and not (sent == _OBJECT and UNPROMPTED in refused):
        return body
    schema = answer_schema(wanted)
    changed = {name: value for name, value in body.items() if name != "response_format"}
    if sent == _SCHEMA:
        inner: JsonObject = {"name": "answer", "schema": schema or {"type": "object"}}
        changed["response_format"] = {"type": _SCHEMA, "json_schema": inner}
        return changed
    if sent == _OBJECT:
        changed["response_format"] = {"type": _OBJECT}
    changed["messages"] = _with_instructions(body.get("messages"), json_instructions(schema))
    return changed


def format_notice(wanted: Json, refused: Collection[str], name: str, model: str) -> str:
    """Tells the user what was sent instead; empty where it is what they want."""
    form, sent = _form(wanted), _sent(wanted, refused)
    if sent == form:
        return ""
    if sent == _SCHEMA:
        return tr(
            "{name} does not accept {form} with {model}; json_schema was sent instead.",
            name=name,
            form=form,
            model=model,
        )
    if sent == _OBJECT:
        refusal = tr(
            "{name} does not accept {form} with {model}; json_object was sent instead.",
            name=name,
            form=form,
            model=model,
        )
    else:
        refusal = tr("{name} does not accept response_format with {model}; it was left out.", name=name, model=model)
    if answer_schema(wanted):
        return sentences(refusal, tr("The schema is in the system prompt."))
    return sentences(refusal, tr("The system prompt asks for JSON."))


def _form(response_format: Json) -> str:
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == _OBJECT and answer_schema(response_format) is not None:
        return _OBJECT_WITH_SCHEMA
    return str(kind) if kind in _LADDERS else ""


def _sent(wanted: Json, refused: Collection[str]) -> str:
    form = _form(wanted)
    if not form:
        return ""
    ladder = _LADDERS[form] if ANY not in refused else ()
    return next((each for each in ladder if each not in refused), _TEXT)


def _with_instructions(messages: Json, instructions: str) -> Json:
    turns = messages if isinstance(messages, list) else []
    first = turns[0] if turns else None
    if not isinstance(first, dict) or first.get("role") not in ("system", "developer"):
        return [{"role": "system", "content": instructions}, *turns]
    content = first.get("content")
    if isinstance(content, list):
        return [first | {"content": [*content, {"type": "text", "text": instructions}]}, *turns[1:]]
    return [first | {"content": f"{content}\n\n{instructions}"}, *turns[1:]]
