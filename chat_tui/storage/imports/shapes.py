"""Says what a value looks like that no importer takes: whose it may be, its kind and its fields."""

from __future__ import annotations

from chat_tui.domain.json import Json
from chat_tui.i18n import tr
from chat_tui.storage.imports.foreign import as_line

_MOST_FIELDS = 6
_KNOWN: tuple[tuple[str, frozenset[str]], ...] = (
    (tr("a HAR recording of a browser"), frozenset({"log"})),
    (tr("bookmarks or settings of a browser"), frozenset({"roots", "checksum"})),
    (tr("an OpenAPI description"), frozenset({"openapi", "paths"})),
    (tr("a Jupyter notebook"), frozenset({"cells", "nbformat"})),
    (tr("a package of Node.js"), frozenset({"name", "version", "dependencies"})),
    (tr("Slack's or Discord's messages"), frozenset({"channel", "messages", "guild"})),
    (tr("Telegram's messages"), frozenset({"chats", "personal_information"})),
    (tr("Perplexity's threads"), frozenset({"backend_uuid", "query_str"})),
    (tr("Copilot's threads"), frozenset({"conversationId", "messages", "isStarred"})),
)


def shape_of(value: Json) -> str:
    """What a value looks like, for the sentence `… can't be read yet`."""
    if isinstance(value, list):
        first = next((each for each in value if isinstance(each, dict)), None)
        if first is None:
            kinds = ", ".join(sorted({_kind(each) for each in value[:100]}))
            return tr("a list of {kinds}", kinds=kinds) if kinds else tr("an empty list")
        return f"{len(value)} × {shape_of(first)}" if len(value) > 1 else shape_of(first)
    if isinstance(value, dict):
        whose = next((name for name, fields in _KNOWN if fields <= value.keys()), "")
        names = [as_line(each)[:40] for each in value]
        more = ", …" if len(names) > _MOST_FIELDS else ""
        fields = (
            tr("an object with the fields {fields}", fields=", ".join(names[:_MOST_FIELDS]) + more)
            if names
            else tr("an empty object")
        )
        return f"{whose} ({fields})" if whose else fields
    return _kind(value)


def _kind(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return tr("nothing")
    return (
        tr("a text") if isinstance(value, str) else tr("a number") if isinstance(value, int | float) else tr("objects")
    )
