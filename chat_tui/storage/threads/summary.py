"""What a list shows of a thread, read from its file with as little work as can be."""

from __future__ import annotations

from chat_tui.domain.conversation.thread import ThreadSummary
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.threads.codec import FORMAT, MESSAGES, decode

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
        return _whole(data, thread_id)
    try:
        thread = decode(data[:cut].rstrip(b",") + b"\n}\n")
    except CodecError:
        return _whole(data, thread_id)
    thread.id = thread_id
    return thread.summary(data.count(_MESSAGE_LINE, cut))


def _whole(data: bytes, thread_id: str) -> ThreadSummary:
    thread = decode(data)
    thread.id = thread_id
    return thread.summary()
