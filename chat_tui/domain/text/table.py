"""Readers of single values in a TOML table. Each raises ValueError with what was expected."""

from __future__ import annotations

from chat_tui.domain.json import Json


def string(value: object) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def boolean(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def strings(value: object) -> tuple[str, ...]:
    """A list of strings."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("a list of strings")
    return tuple(value)


def pairs(value: object) -> tuple[tuple[str, str], ...]:
    """A table of strings."""
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ValueError("a table of strings")
    return tuple(value.items())


def command(value: object) -> tuple[str, ...]:
    """An argument list, or one string that is split as a shell would."""
    import shlex

    return tuple(shlex.split(value)) if isinstance(value, str) else strings(value)


def json_object(value: object) -> dict[str, Json]:
    """Any table."""
    if not isinstance(value, dict):
        raise ValueError("a table")
    return value
