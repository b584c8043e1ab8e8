"""Reads aichat's sessions, which are YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.files.yaml_text import read_yaml
from chat_tui.storage.imports.content import get
from chat_tui.storage.imports.foreign import ImportContext, UnreadableFileError, as_line, as_list
from chat_tui.storage.imports.layout import Layout, read_layout

_LAYOUT = Layout("aichat", identity="~identity", title="~title", parameters="~parameters")


def read(text: str, context: ImportContext) -> Iterator[Thread] | None:
    """Makes a thread of a session; None where the text is none."""
    if not re.search(r"^model: ", text, re.MULTILINE) or not re.search(r"^messages:\s*$", text, re.MULTILINE):
        return None
    try:
        source = read_yaml(text)
    except CodecError as error:
        raise UnreadableFileError(str(error)) from None
    if not isinstance(source, dict):
        return None
    provider, _, model = as_line(source.get("model")).partition(":")
    older = as_list(source.get("compressed_messages"))
    messages: list[Json] = [*older, *as_list(source.get("messages"))]
    first = next((get(each, "content") for each in messages if get(each, "role") == "user"), "")
    about = source | {"~identity": f"{context.name} {str(first)[:2000]}", "~title": context.name, "~parameters": source}
    about |= {"model": f"{provider}/{model}" if model else provider}
    return iter([read_layout(_LAYOUT, about, context, messages)])
