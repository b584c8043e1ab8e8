"""Names that Textual keeps for itself are used in one room, which is looked through when Textual is updated."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import chat_tui.ui

ROOT = Path(chat_tui.ui.__path__[0])
_HANDLER = re.compile(r"_on_\w+|_watch_\w+|_validate_\w+|_compute_\w+")
"""Methods that Textual finds by their names, and documents."""


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and not _HANDLER.fullmatch(name)


@cache
def _names(module: str) -> frozenset[str]:
    """The private names that a module of Textual gives to attributes and methods."""
    source = inspect.getsource(sys.modules[module])
    return frozenset(re.findall(r"(?:self\.|def |^    )(_[a-z]\w*)\b", source, re.MULTILINE))


def _classes() -> Iterator[type]:
    for module in pkgutil.walk_packages(chat_tui.ui.__path__, "chat_tui.ui."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and each.__module__ == module.name:
                yield each


def private_names(owner: type) -> set[str]:
    """The names of Textual's own that a class of ours overrides, or uses of itself."""
    bases = [base for base in owner.__mro__[1:] if base.__module__.startswith("textual")]
    theirs = {name for base in bases for name in _names(base.__module__) if _is_private(name)}
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(owner)))
    nodes = [*ast.walk(tree)]
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    return theirs & (used | {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)})


def test_private_names_of_textual_are_used_in_one_room() -> None:
    found = {
        f"{each.__module__}.{each.__name__}": sorted(names)
        for each in _classes()
        if not each.__module__.startswith("chat_tui.ui.compat.") and (names := private_names(each))
    }
    assert found == {}


def test_private_names_of_other_objects_are_used_there_too() -> None:
    lines = {
        f"{path.relative_to(ROOT)}:{number}"
        for path in ROOT.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "SLF001" in line and path.parent.name != "compat"
    }
    assert lines == set()
