"""Keeps API keys out of everything that is shown or written (SAFETY.md K1-K3)."""

from __future__ import annotations

import re
from typing import NoReturn

_SHAPES = re.compile(
    r"\b(?:sk|gsk|hf|xai|rk|pk)[-_][A-Za-z0-9_\-]{8,}|\bAIza[A-Za-z0-9_\-]{20,}"
    r"|(?<=Bearer )\S+|(?<=[?&]key=)[^&\s]+|(?<=api_key=)[^&\s]+"
)
MASK = "***"
_QUOTES = ('""', "''", "``", "\u201c\u201d", "\u2018\u2019")


class Secret:
    """A key: its value comes out by `reveal()` alone, never by printing, formatting, pickling or JSON.

    Only the request builder calls `reveal()`, and whoever stores the key.
    """

    __slots__ = ("__value", "was_quoted")

    def __init__(self, value: str, *, was_quoted: bool = False) -> None:
        """Takes a key.

        Args:
            value: the key itself.
            was_quoted: whether it was written in quotes, which are no part of it: the user should hear of it.
        """
        self.__value = value
        self.was_quoted = was_quoted

    def reveal(self) -> str:
        """Returns the key itself."""
        return self.__value

    def hint(self) -> str:
        """Returns the last four characters, enough to tell two keys apart: `***a1b2`."""
        return MASK + (self.__value[-4:] if len(self.__value) >= 12 else "")

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.__value

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")


def parse_key(text: str) -> Secret:
    """Reads a key as a person typed or pasted it; quotes around it, as env files have them, are left out.

    Raises:
        ValueError: it is empty, or holds a space or a character that no header may carry; says which, without the key.
    """
    key = text.strip()
    was_quoted = len(key) > 1 and key[0] + key[-1] in _QUOTES
    if was_quoted:
        key = key[1:-1].strip()
    if not key:
        raise ValueError("the key is empty")
    if any(not "!" <= char <= "~" for char in key):
        raise ValueError("a key is made of printable ASCII characters without spaces; this one has others")
    return Secret(key, was_quoted=was_quoted)


def redact(text: str, *known: Secret) -> str:
    """Returns `text` with the known keys, and all that looks like a key, replaced by `***`.

    A known key is found as it stands in a URL or in JSON too: servers give back what they were sent in such forms.
    """
    for secret in known:
        if value := secret.reveal():
            for form in sorted(_forms(value), key=len, reverse=True):
                text = text.replace(form, MASK)
    return _SHAPES.sub(MASK, text)


def _forms(value: str) -> set[str]:
    if value.isalnum():
        return {value}
    import json
    from urllib.parse import quote

    escaped = json.dumps(value)[1:-1]
    return {value, quote(value, safe=""), quote(value), escaped, json.dumps(escaped)[1:-1]}
