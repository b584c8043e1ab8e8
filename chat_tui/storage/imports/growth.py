"""A later export of a conversation that is there already: what it has beyond it is added, what was done here stays."""

from __future__ import annotations

from dataclasses import replace

from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.imports.tree import LONE_THOUGHT


def grow(thread: Thread, later: Thread) -> int:
    """Adds the messages that a thread lacks, each below its parent; how many that were.

    Messages are the same where their ids are, as ids are the source's own. One that is there stays as it is, also where
    it was edited or deleted; an answer that was cut in the export takes its rest. Where no message is the same, they
    are no one conversation, and nothing is added.

    Args:
        thread: as it is here; changed.
        later: what the later export says.
    """
    if thread.messages and not thread.messages.keys() & later.messages.keys():
        return 0
    only_imported = thread.messages.keys() <= later.messages.keys()
    _drop_thoughts(thread, later)
    count = 0
    for name, message in later.messages.items():
        known = thread.messages.get(name)
        if known is None:
            thread.messages[name] = replace(message)
            count += 1
        elif _is_rest(known, message):
            known.content, known.parts = message.content, message.parts
            known.status, known.finish_reason = message.status, message.finish_reason
            count += 1
    if count:
        _follow(thread, later, only_imported=only_imported)
        thread.updated = max(thread.updated, later.updated)
    return count


def _follow(thread: Thread, later: Thread, *, only_imported: bool) -> None:
    """Moves the head where the conversation went on from it; a branch that was begun here stays the shown one."""
    goes_on = later.head in thread.messages and thread.is_below(later.head, thread.head)
    if goes_on or only_imported or thread.head not in thread.messages:
        thread.head = later.head
    if thread.head is not None:
        thread.head = thread.leaf_below(thread.head)


def _is_rest(known: Message, later: Message) -> bool:
    was_cut = known.status is Status.INTERRUPTED and not known.deleted
    return was_cut and later.content != known.content and later.content.startswith(known.content)


def _drop_thoughts(thread: Thread, later: Thread) -> None:
    """Takes out thoughts that had no answer yet: in the later export they are that answer's."""
    parents = {each.parent for each in thread.messages.values()}
    thoughts = [
        each
        for each in thread.messages.values()
        if each.id.endswith(LONE_THOUGHT) and each.id not in later.messages and each.id not in parents
    ]
    for each in thoughts:
        if any(other.reasoning.startswith(each.reasoning) for other in later.messages.values()):
            del thread.messages[each.id]
            if thread.head == each.id:
                thread.head = each.parent
