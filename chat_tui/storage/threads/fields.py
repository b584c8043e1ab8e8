"""The fields of a JSON object and of the dataclass that holds it: which there are, how they are read and written."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import NoneType
from typing import Any

from chat_tui.domain.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a JSON object and of the dataclass that holds it."""

    name: str
    """In the file."""
    types: tuple[type, ...]
    default: Json = None
    attribute: str = ""
    """In the dataclass; empty for `name`."""
    optional: bool = False
    """Written only where it is set."""
    is_valid: Callable[[Any], bool] | None = None
    """Whether a value of the right type is one; None where each is."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "attribute", self.attribute or self.name)

    def fits(self, value: Json) -> bool:
        """Whether a value is of the right type; to Python true and false are integers, too."""
        has_type = isinstance(value, self.types) and (not isinstance(value, bool) or bool in self.types)
        return has_type and (self.is_valid is None or self.is_valid(value))


def all_of(kind: type) -> Callable[[list[Json]], bool]:
    """Whether all items of a list are of a type."""
    return lambda items: all(isinstance(item, kind) for item in items)


TEXT, TEXT_OR_NULL = (str,), (str, NoneType)
BOOLEAN, LIST = (bool,), (list,)
INTEGER, INTEGER_OR_NULL, NUMBER_OR_NULL = (int,), (int, NoneType), (int, float, NoneType)
OBJECT, OBJECT_OR_NULL = (dict,), (dict, NoneType)


def read_fields(
    fields: tuple[Field, ...], source: JsonObject, aside: Collection[str] = ()
) -> tuple[dict[str, Any], JsonObject]:
    """Reads an object by its fields.

    A field that is missing or of another type takes its default, and the original stays in `extra`, from where it goes
    back into the file unless the field has been given another value meanwhile.

    Args:
        fields: what is known.
        source: the object.
        aside: names that the caller reads itself.

    Returns:
        The values by attribute, and what goes to `extra`: unknown fields, and known ones of a wrong type.
    """
    values: dict[str, Any] = {}
    extra: JsonObject = {}
    known = set(aside)
    for field in fields:
        known.add(field.name)
        value = source.get(field.name, field.default)
        if field.name in source and not field.fits(value):
            extra[field.name] = value
            value = field.default
        values[field.attribute] = value.copy() if isinstance(value, list | dict) else value
    extra |= {name: value for name, value in source.items() if name not in known}
    return values, extra


def write_fields(fields: tuple[Field, ...], owner: object, extra: JsonObject) -> JsonObject:
    """Writes an object in the order of `fields`, then what else `extra` holds."""
    target: JsonObject = {}
    for field in fields:
        value: Json = getattr(owner, field.attribute)
        if value != field.default:
            target[field.name] = value
        elif field.name in extra:
            target[field.name] = extra[field.name]
        elif not field.optional:
            target[field.name] = value
    if extra:
        known = {field.name for field in fields}
        target |= {name: value for name, value in extra.items() if name not in known}
    return target
