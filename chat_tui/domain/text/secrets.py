"""Keeps API keys out of everything that is shown or written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NoReturn

from chat_tui.domain.json import Json

_SHAPES = re.compile(
    r"\b(?:sk|gsk|hf|xai|rk|pk)[-_][A-Za-z0-9_\-]{8,}|\bAIza[A-Za-z0-9_\-]{20,}"
    r"|(?<=Bearer )\S+|(?<=[?&]key=)[^&\s]+|(?<=api_key=)[^&\s]+"
)
MASK = "***"
_QUOTES = ('""', "''", "``", "\u201c\u201d", "\u2018\u2019")
_SHORTEST_ENCODED = 8
"""Characters of a key from which its encoded forms are looked for: shorter ones occur in any text."""


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


_SECRET_NAME = re.compile(
    r"(?:^|[_\-. ])(?:api|access|secret|private|subscription|auth)?[_\-]?(?:key|token|secret|password|passwd|pwd)$"
    r"|apikey|accesstoken|secretkey|authorization|credential|cookie|bearer",
    re.I,
)
_NO_SECRET = ("idempotency-key", "prompt_cache_key", "cache_key", "stop_token", "eos_token", "bos_token", "pad_token")

_SCHEMAS = ("messages", "tools", "functions", "response_format", "json_schema", "schema", "properties")
"""Request fields whose own fields are names of other things: a tool may well take a `token`."""


def names_secret(name: str) -> bool:
    """Whether a header or field of this name holds a key: `api_key`, `X-Api-Key`, `token`, `Authorization`, `key`."""
    return name.lower() not in _NO_SECRET and _SECRET_NAME.search(name) is not None


def secrets_in(value: Json, *, is_secret: bool = False) -> Iterator[Secret]:
    """The keys that headers or request fields hold, wherever they are nested.

    Args:
        value: an object, a list, or an item of one.
        is_secret: whether it stands under a name that says so.
    """
    match value:
        case str() if is_secret and value.strip():
            yield Secret(value)
            scheme, _, rest = value.strip().partition(" ")
            if rest and scheme.lower() in ("bearer", "basic", "token", "api-key"):
                yield Secret(rest.strip())
        case dict():
            for name, each in value.items():
                if name not in _SCHEMAS:
                    yield from secrets_in(each, is_secret=is_secret or names_secret(name))
        case list():
            for each in value:
                yield from secrets_in(each, is_secret=is_secret)


def without_secret_arguments(arguments: Sequence[str]) -> list[str]:
    """Arguments of a command with their keys as `***`: `--token x`, `--token=x`, `Authorization: x`."""
    shown = []
    is_value = False
    for each in arguments:
        shown.append(MASK if is_value and "${" not in each and not each.startswith("-") else _without_secret(each))
        is_value = each.startswith("-") and names_secret(each.lstrip("-"))
    return shown


def without_secret_url(url: str) -> str:
    """An address with the user name, and the keys in its query, as `***`."""
    base, mark, query = url.partition("?")
    base = re.sub(r"(?<=//)[^/@]+(?=@)", MASK, redact(base))
    return base + mark + "&".join(_without_secret(each) for each in query.split("&"))


def _without_secret(argument: str) -> str:
    if "${" in argument:
        return argument
    for sign in ("=", ":"):
        name, found, value = argument.partition(sign)
        if found and value.strip() and names_secret(name.lstrip("-")):
            return f"{name}{sign}{value[: len(value) - len(value.lstrip())]}{MASK}"
    return redact(argument)


def holds_secret(value: Json) -> bool:
    """Whether there is a key in it, by the names of its fields."""
    return next(secrets_in(value), None) is not None


def without_secrets(value: Json, *, is_secret: bool = False) -> Json:
    """The same value with its keys as `***`."""
    match value:
        case str() if is_secret and value.strip():
            return MASK
        case dict():
            return {
                name: each if name in _SCHEMAS else without_secrets(each, is_secret=is_secret or names_secret(name))
                for name, each in value.items()
            }
        case list():
            return [without_secrets(each, is_secret=is_secret) for each in value]
        case _:
            return value


def redact(text: str, *known: Secret) -> str:
    """Returns `text` with the known keys, and all that looks like a key, replaced by `***`.

    A known key is found in the forms in which servers give back what they were sent, too: as in a URL, in
    JSON, percent-encoded throughout, and within base64 (`Basic` puts a name before it).
    """
    for secret in known:
        if value := secret.reveal():
            for form in sorted(_forms(value), key=len, reverse=True):
                text = text.replace(form, MASK)
    return _SHAPES.sub(MASK, text)


def _forms(value: str) -> set[str]:
    import json
    from urllib.parse import quote, quote_plus

    escaped = json.dumps(value)[1:-1]
    forms = {value, quote(value, safe=""), quote(value), quote_plus(value), escaped, json.dumps(escaped)[1:-1]}
    forms |= {each.replace("%2F", "%2f").replace("%3D", "%3d").replace("%2B", "%2b") for each in forms}
    if len(value) >= _SHORTEST_ENCODED:
        hexed = "".join(f"%{byte:02X}" for byte in value.encode())
        forms |= {hexed, hexed.lower(), *_base64_forms(value)}
    return forms


def _base64_forms(value: str) -> Iterator[str]:
    """A key within base64, whatever stands before and behind it: the part that those can't change."""
    import base64

    data = value.encode()
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * before + data).decode().rstrip("=")
            start = (0, 2, 3)[before]
            end = len(text) if (before + len(data)) % 3 == 0 else len(text) - 1
            yield text[start:end]
