"""Says what a value looks like that no importer takes: whose it may be, its kind and its fields."""

from __future__ import annotations

from chat_tui.domain.json import Json
from chat_tui.storage.imports.foreign import as_line

_MOST_FIELDS = 6
_KNOWN: tuple[tuple[str, frozenset[str]], ...] = (
    ("a HAR recording of a browser", frozenset({"log"})),
    ("bookmarks or settings of a browser", frozenset({"roots", "checksum"})),
    ("an OpenAPI description", frozenset({"openapi", "paths"})),
    ("a Jupyter notebook", frozenset({"cells", "nbformat"})),
    ("a package of Node.js", frozenset({"name", "version", "dependencies"})),
    ("Slack's or Discord's messages", frozenset({"channel", "messages", "guild"})),
    ("Telegram's messages", frozenset({"chats", "personal_information"})),
    ("Perplexity's threads", frozenset({"backend_uuid", "query_str"})),
    ("Copilot's threads", frozenset({"conversationId", "messages", "isStarred"})),
)


def shape_of(value: Json) -> str:
    """What a value looks like, for the sentence `… can't be read yet`."""
    if isinstance(value, list):
        first = next((each for each in value if isinstance(each, dict)), None)
        if first is None:
            kinds = ", ".join(sorted({_kind(each) for each in value[:100]}))
            return f"a list of {kinds}" if kinds else "an empty list"
        return f"{len(value)} × {shape_of(first)}" if len(value) > 1 else shape_of(first)
    if isinstance(value, dict):
        whose = next((name for name, fields in _KNOWN if fields <= value.keys()), "")
        names = [as_line(each)[:40] for each in value]
        more = ", …" if len(names) > _MOST_FIELDS else ""
        fields = f"an object with the fields {', '.join(names[:_MOST_FIELDS])}{more}" if names else "an empty object"
        return f"{whose} ({fields})" if whose else fields
    return _kind(value)


def _kind(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return "nothing"
    return "a text" if isinstance(value, str) else "a number" if isinstance(value, int | float) else "objects"
