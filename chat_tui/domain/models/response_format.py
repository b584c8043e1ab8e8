"""The `response_format` of requests: the JSON Schema in it, its short form, and what is written to a model about it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from chat_tui.domain.json import Json, JsonObject

_FORMS = ("text", "json_object", "json_schema")
_FIELD = re.compile(r"(?P<name>[\w-]+)(?:\s+(?P<type>\w+))?\s*(?::\s*(?P<description>.*))?", re.DOTALL)
_TYPES: dict[str, JsonObject] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
}


def asks_for_json(response_format: Json) -> bool:
    """Whether an answer should be JSON, of whatever schema."""
    return isinstance(response_format, dict) and response_format.get("type") in ("json_object", "json_schema")


def answer_schema(response_format: Json) -> JsonObject | None:
    """The JSON Schema that an answer should be valid by; None where there is none, or one that permits anything."""
    if not isinstance(response_format, dict) or not asks_for_json(response_format):
        return None
    holder = response_format.get("json_schema") if response_format["type"] == "json_schema" else response_format
    schema = holder.get("schema") if isinstance(holder, dict) else None  # llama.cpp's is beside json_object
    return schema if isinstance(schema, dict) and schema else None


def read_response_format(value: Json) -> JsonObject:
    """Reads what a person gives for the field: `json`, a JSON Schema, its short form, or the field itself.

    Raises:
        ValueError: it is none of them.
    """
    if value in ("json", "json_object"):
        return {"type": "json_object"}
    if isinstance(value, str) and re.search(r"[\s,]", value.strip()):
        return strict_format(short_schema(value))
    if not isinstance(value, dict):
        raise ValueError("response_format must be json, a JSON Schema in braces, or fields: name, age int")
    if value.get("type") in _FORMS:
        return value
    if isinstance(value.get("schema"), dict) and isinstance(value.get("name"), str):
        return {"type": "json_schema", "json_schema": value}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": value}}


def describe_format(response_format: Json) -> str:
    """What the field asks for, in a few words: `json`, `schema: name, age`."""
    if not asks_for_json(response_format):
        return "text"
    schema = answer_schema(response_format) or {}
    properties = schema.get("properties")
    names = ", ".join(properties) if isinstance(properties, dict) else str(schema.get("title") or "")
    return f"schema: {names}".removesuffix(": ") if schema else "json"


def strict_format(schema: JsonObject) -> JsonObject:
    """The field for a schema that requires all its properties and permits no others, as `short_schema` makes it."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def short_schema(text: str) -> JsonObject:
    """Reads the short form of a schema: `name, age int, tags list: what it is about`.

    Fields are separated by commas, or stand on lines of their own: then descriptions may have commas in them.

    Raises:
        ValueError: it is none.
    """
    properties: JsonObject = {}
    for each in text.split("\n" if "\n" in text.strip() else ","):
        if not each.strip():
            continue
        field = _FIELD.fullmatch(each.strip())
        if field is None:
            raise ValueError(f"a field is written name, name type or name type: description, not {each.strip()!r}")
        name, kind, description = field["name"], field["type"] or "str", (field["description"] or "").strip()
        if kind not in _TYPES:
            raise ValueError(f"the type of {name} must be {' | '.join(_TYPES)}, not {kind}")
        if name in properties:
            raise ValueError(f"the field {name} is there twice")
        properties[name] = _TYPES[kind] | ({"description": description} if description else {})
    if not properties:
        raise ValueError("a schema needs fields: name, age int")
    required: list[Json] = [*properties]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def json_instructions(schema: JsonObject | None) -> str:
    """Tells a model in words what a server does not enforce."""
    if schema is None:
        return "Answer with a JSON object only, without any other text."
    return f"Answer with JSON only, without any other text. It must be valid by this JSON Schema:\n{_written(schema)}"


def correction(problems: Sequence[str], schema: JsonObject | None) -> str:
    """The prompt that asks again, after an answer that is not valid."""
    listed = "\n".join(f"- {each}" for each in problems)
    return f"The answer is not valid:\n{listed}\n\nCorrect it. {json_instructions(schema)}"


def _written(schema: JsonObject) -> str:
    return json.dumps(schema, ensure_ascii=False)
