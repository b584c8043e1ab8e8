"""What can be taken back, and how."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from chat_tui.domain.conversation.message import now
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import JsonObject

UNDOABLE = (
    *("title", "pinned", "archived", "tags", "system_prompt", "model", "parameters", "tools", "head", "draft"),
    *("saved_prompt", "fallback", "request_budget"),
)
"""The fields of a thread that a change can bring back."""
_OF_LIST = {"title", "pinned", "archived", "tags"}


@dataclass(frozen=True, slots=True)
class Change:
    """Something the user did to a thread, and what was there before."""

    what: str
    """In words, as in "Undone: ...": `rename`, `delete message`."""
    thread_id: str
    thread_title: str = ""
    fields: JsonObject = field(default_factory=dict, hash=False)
    """Of `UNDOABLE`, as they were."""
    deleted: JsonObject = field(default_factory=dict, hash=False)
    """For messages by id, what `Message.deleted` is to be: empty brings one back, a time takes one out."""
    trashed: bool = False
    """Whether the thread itself went to the trash."""
    id: str = field(default_factory=lambda: os.urandom(4).hex())
    created: str = field(default_factory=now)

    @property
    def is_of_list(self) -> bool:
        """Whether it is seen in a list of threads: a deletion, a title, a pin."""
        return self.trashed or (bool(self.fields) and self.fields.keys() <= _OF_LIST and not self.deleted)


def take_back(thread: Thread, change: Change) -> None:
    """Brings back what the change says; what happened since stays where it does not touch that."""
    for name, value in change.fields.items():
        if name in UNDOABLE:
            setattr(thread, name, value)
    for message_id, value in change.deleted.items():
        if (message := thread.messages.get(message_id)) and isinstance(value, str):
            message.deleted = value
    if thread.head is not None and thread.head not in thread.messages:
        thread.head = next(reversed(thread.messages), None)
