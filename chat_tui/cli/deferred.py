"""Objects that are made when they are first used, so that the first frame waits for none of their imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _Deferred:
    """Forwards every attribute to the object that it stands for."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._object: object | None = None

    def __getattr__(self, name: str) -> Any:
        if self._object is None:
            self._object = self._make()
        return getattr(self._object, name)


def deferred(make: Callable[[], T]) -> T:
    """Returns a stand-in for an object that has only methods.

    Args:
        make: makes the object, when a method is first looked up.
    """
    return cast("T", _Deferred(make))
