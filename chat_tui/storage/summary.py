"""What a list shows of a thread, read from its file with as little work as can be."""

from __future__ import annotations

from chat_tui.domain.clean import clean
from chat_tui.domain.thread import Thread, ThreadSummary, title_from
from chat_tui.storage.codec import FORMAT, MESSAGES, decode
from chat_tui.storage.strict_json import CodecError

_START = f'{{\n "format": "{FORMAT}",\n'.encode()
_MESSAGES = f'\n "{MESSAGES}": ['.encode()
_MESSAGE_LINE = b"\n  {"
_END = b"\n}\n"


def summarise(data: bytes, thread_id: str) -> ThreadSummary:
    r"""Reads a summary out of a thread's file.

    Of a file in this program's own layout only the header is parsed: no raw newline can stand inside a JSON string, so
    the line `"messages": [` is where it seems to be, and each line behind it that opens a brace is a message. Any
    other layout is read whole.

    Raises:
        CodecError: it is no thread.
    """
    cut = data.find(_MESSAGES)
    if cut < 0 or not data.startswith(_START) or not data.endswith(_END):
        return summary_of(decode(data), thread_id)
    try:
        thread = decode(data[:cut].rstrip(b",") + b"\n}\n")
    except CodecError:
        return summary_of(decode(data), thread_id)
    return summary_of(thread, thread_id, data.count(_MESSAGE_LINE, cut))


def summary_of(thread: Thread, thread_id: str, message_count: int | None = None) -> ThreadSummary:
    """Makes a summary, clean to be shown."""
    return ThreadSummary(
        id=thread_id,
        title=clean(thread.title, multiline=False) or title_from(thread.draft),
        updated=clean(thread.updated or thread.created, multiline=False),
        created=clean(thread.created, multiline=False),
        model=thread.model,
        message_count=len(thread.messages) if message_count is None else message_count,
        pinned=thread.pinned,
        archived=thread.archived,
        tags=tuple(thread.tags),
        has_draft=bool(thread.draft.strip()),
    )
