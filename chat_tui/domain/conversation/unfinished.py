"""What is being written in a dialog, kept in its thread until the dialog is done: a crash must not take it."""

from __future__ import annotations

from chat_tui.domain.conversation.thread import Thread

SYSTEM_PROMPT = "system_prompt"
"""The name of the system prompt's text; that of a message's is the message's id."""
_FIELD = "unfinished"
"""Of the thread's file: texts by name."""


def unfinished(thread: Thread) -> dict[str, str]:
    """The texts that were begun and neither kept nor dropped, by name; those of messages that are gone left out."""
    texts = thread.extra.get(_FIELD)
    known = texts if isinstance(texts, dict) else {}
    return {
        name: text
        for name, text in known.items()
        if isinstance(text, str) and (name == SYSTEM_PROMPT or name in thread.messages)
    }


def set_unfinished(thread: Thread, name: str, text: str | None) -> bool:
    """Keeps a text, or drops it for None; whether that changed anything."""
    before = unfinished(thread)
    after = {key: value for key, value in before.items() if key != name} | ({} if text is None else {name: text})
    if after == before:
        return False
    thread.extra.pop(_FIELD, None)
    if after:
        thread.extra[_FIELD] = {**after}
    return True
