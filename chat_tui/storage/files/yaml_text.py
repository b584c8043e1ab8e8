"""YAML as JSON values: the plain scalars of YAML 1.2, and nothing that refers, constructs or has no end."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from chat_tui.domain.json import Json
from chat_tui.i18n import tr
from chat_tui.storage.files.strict_json import CodecError

MAX_DEPTH = 40
"""Levels of nesting."""
LIMIT = 32 * 1024 * 1024
"""Characters of one text."""
_SCALARS = {
    "null": (r"null|Null|NULL|~|", ("n", "N", "~", "")),
    "bool": (r"true|True|TRUE|false|False|FALSE", tuple("tTfF")),
    "int": (r"0|[-+]?[1-9][0-9]{0,300}", tuple("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+",
        tuple("-+.0123456789"),
    ),
}
"""Those that are no strings, and how they begin. YAML 1.1 has more: `no`, `12:30` and dates would not be strings."""


def read_yaml(text: str) -> Json:
    """Reads the first document of a text.

    Raises:
        CodecError: it is no YAML, too large or too deep, or has anchors or tags.
    """
    import yaml  # late: only imports read YAML

    if len(text) > LIMIT:
        raise CodecError(tr("it is larger than {n} MiB", n=LIMIT // 1024 // 1024))
    try:
        _check(text)
        return _as_json(yaml.load(text, _loader()))  # noqa: S506 - made of a safe loader
    except yaml.MarkedYAMLError as error:
        problem = error.problem or error.context
        if error.problem_mark:
            line = error.problem_mark.line + 1
            raise CodecError(tr("it is not YAML: {problem} (line {line})", problem=problem, line=line)) from None
        raise CodecError(tr("it is not YAML: {problem}", problem=problem)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, CodecError):
            raise
        raise CodecError(tr("it is not YAML")) from None


@lru_cache(maxsize=1)
def _loader() -> Any:
    import yaml

    loader: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {"yaml_implicit_resolvers": {}})
    for name, (pattern, starts) in _SCALARS.items():
        loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(f"(?:{pattern})\\Z"), starts)
    return loader


def _check(text: str) -> None:
    """Looks at the text piece by piece, before anything is made of it."""
    import yaml

    depth = 0
    for event in yaml.parse(text, _loader()):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise CodecError(tr("a YAML file with anchors or tags, which are not read"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentEndEvent):
            return
        if depth > MAX_DEPTH:
            raise CodecError(tr("it is nested deeper than {n} levels", n=MAX_DEPTH))


def _as_json(value: Any) -> Json:
    if isinstance(value, dict):
        return {str(name): _as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
