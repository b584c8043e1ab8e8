"""Variables in the prompts of the library: `{{language}}` is asked for on use, `{{language=French}}` with a default."""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\{\{[ \t]*(\w{1,60})[ \t]*(?:=([^{}\n]*))?\}\}")


def variables(text: str) -> dict[str, str]:
    """The variables of a text in order, each with its default: the first that is given, else empty."""
    found: dict[str, str] = {}
    for name, default in _VARIABLE.findall(text):
        found[name] = found.get(name) or default.strip()
    return found


def fill(text: str, values: Mapping[str, str]) -> str:
    """Puts values in; a variable without one stays as it is. What is put in is not looked through again."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)
