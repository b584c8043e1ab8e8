"""Objects that are made when they are first used, so that the first frame waits for none of their imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _Deferred:
    """Forwards every attribute to the object that it stands for."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)


def deferred(make: Callable[[], T]) -> T:
    """Returns a stand-in for an object that has only methods.

    Args:
        make: returns the object, always the same one; called for the first time when a method is looked up.
    """
    return cast("T", _Deferred(make))
