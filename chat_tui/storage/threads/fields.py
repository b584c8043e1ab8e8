"""Tables of the fields of the thread format, and how one object is read and written by them.

Reading is tolerant: a field that is missing or of another type takes its default, and the original stays in `extra`,
from where it goes back into the file unless the field has been given another value meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from chat_tui.domain.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a JSON object and of the dataclass that holds it."""

    name: str
    """In the file."""
    fits: Callable[[Json], bool]
    """Whether a value is of the right type."""
    default: Json = None
    attribute: str = ""
    """In the dataclass, where that is not `name`."""
    optional: bool = False
    """Written only where it is set."""
    target: str = field(init=False)
    """The dataclass's name of it, whichever it is."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", self.attribute or self.name)


def is_string(value: Json) -> bool:
    """Whether it is a string."""
    return isinstance(value, str)


def is_string_or_null(value: Json) -> bool:
    """Whether it is a string or null."""
    return value is None or isinstance(value, str)


def is_boolean(value: Json) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def is_integer_or_null(value: Json) -> bool:
    """Whether it is a whole number or null."""
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def is_count(value: Json) -> bool:
    """Whether it is a whole number, not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number_or_null(value: Json) -> bool:
    """Whether it is a number or null."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def is_object(value: Json) -> bool:
    """Whether it is an object."""
    return isinstance(value, dict)


def is_object_or_null(value: Json) -> bool:
    """Whether it is an object or null."""
    return value is None or isinstance(value, dict)


def is_objects(value: Json) -> bool:
    """Whether it is a list of objects."""
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def is_strings(value: Json) -> bool:
    """Whether it is a list of strings."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def read(
    fields: tuple[Field, ...], source: JsonObject, aside: Collection[str] = ()
) -> tuple[dict[str, Json], JsonObject]:
    """Reads an object.

    Args:
        fields: what is known.
        source: the object.
        aside: names that the caller reads itself.

    Returns:
        The values by attribute, and what goes to `extra`: unknown fields, and known ones of a wrong type.
    """
    values: dict[str, Json] = {}
    extra: JsonObject = {}
    known = set(aside)
    for each in fields:
        known.add(each.name)
        value = source.get(each.name, each.default)
        if each.name in source and not each.fits(value):
            extra[each.name] = value
            value = each.default
        values[each.target] = value.copy() if isinstance(value, list | dict) else value
    extra |= {name: value for name, value in source.items() if name not in known}
    return values, extra


def write(fields: tuple[Field, ...], owner: object, extra: JsonObject) -> JsonObject:
    """Writes an object in the order of `fields`, then what else `extra` holds."""
    target: JsonObject = {}
    for each in fields:
        value: Json = getattr(owner, each.target)
        if value != each.default:
            target[each.name] = value
        elif each.name in extra:
            target[each.name] = extra[each.name]
        elif not each.optional:
            target[each.name] = value
    if extra:
        known = {each.name for each in fields}
        target |= {name: value for name, value in extra.items() if name not in known}
    return target
