"""A thread as a tree: its branches as a graph, and threads made of a part of it. Deleted branches are not in it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace

from chat_tui.domain.conversation.message import Message, now
from chat_tui.domain.conversation.thread import Thread, new_thread_id
from chat_tui.i18n import tr

MOST_RAILS = 64
"""Characters of rails that are kept: nobody sees more, and each level of branches off branches adds two."""
Children = dict[str | None, list[Message]]
"""Messages by their parent, oldest first; those without one, or whose parent is missing, by None."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One message in the graph."""

    message: Message
    rails: str
    """What is drawn before it: the lines of branches that pass by, and where it leaves one; of many, the last."""
    is_shown: bool
    """Whether it is on the shown branch."""
    version: int = 0
    """Its number among the versions of one place, from 1; 0 where it is the only one."""


def children(thread: Thread) -> Children:
    """The tree from its roots."""
    found: Children = {}
    for message in thread.messages.values():
        if not message.deleted:
            parent = message.parent if message.parent in thread.messages and message.parent != message.id else None
            found.setdefault(parent, []).append(message)
    return found


def living(thread: Thread) -> dict[str, Message]:
    """The messages that are not deleted, nor follow a deleted one; parents before children."""
    tree, found = children(thread), dict[str, Message]()
    todo = list(reversed(tree.get(None, [])))
    while todo:
        message = todo.pop()
        found[message.id] = message
        todo += reversed(tree.get(message.id, []))
    return found


def graph(thread: Thread) -> list[TreeNode]:
    """The tree from top to bottom: versions in order; the shown branch straight down, others indented."""
    tree, shown = children(thread), {each.id for each in thread.branch()}
    rows: list[TreeNode] = []
    todo: list[TreeNode | tuple[list[Message], str]] = [(tree.get(None, []), "")]
    while todo:
        at = todo.pop()
        if isinstance(at, TreeNode):
            rows.append(at)
            continue
        messages, rails = at
        if len(messages) == 1:
            rows.append(TreeNode(messages[0], rails, messages[0].id in shown))
            todo.append((tree.get(messages[0].id, []), rails))
            continue
        aside: list[TreeNode | tuple[list[Message], str]] = []
        for version, message in enumerate(messages, 1):
            is_last, is_shown = version == len(messages), message.id in shown
            first = f"{rails}{'└─ ' if is_last else '├─ '}"[-MOST_RAILS:]
            aside.append(TreeNode(message, first, is_shown, version))
            following = tree.get(message.id, [])
            if is_shown:
                todo.append((following, rails))
            else:
                aside.append((following, f"{rails}{'   ' if is_last else '│  '}"[-MOST_RAILS:]))
        todo += reversed(aside)
    return rows


def fork(thread: Thread, message_id: str, *, whole: bool) -> Thread:
    """A new thread of a message and what follows it.

    Args:
        thread: stays as it is.
        message_id: where the new thread leaves.
        whole: with all that stands before the message; else the message is the first one.
    """
    keep = _with_descendants(thread, message_id)
    above = thread.messages[message_id].parent
    while whole and above is not None and above not in keep and (message := thread.messages.get(above)):
        keep.add(above)
        above = message.parent
    messages = {name: _copied(each) for name, each in living(thread).items() if name in keep}
    if not whole:
        messages[message_id].parent = None
    head = thread.head if thread.head in messages else None
    copied = replace(
        thread,
        id=new_thread_id(),
        title=tr("{title} (fork)", title=thread.display_title),
        created=now(),
        updated=now(),
        pinned=False,
        draft="",
        tags=list(thread.tags),
        parameters=deepcopy(thread.parameters),
        extra={},
        messages=messages,
        head=head,
        send_from=thread.send_from if thread.send_from in messages else None,
        starred=None,
    )
    copied.head = head or copied.leaf_below(message_id)
    return copied


ASIDE = "aside"
"""In a thread's `extra`: the id of the message that an aside follows."""


def aside_of(thread: Thread) -> list[Message]:
    """The messages of the side branch that the user opened last, if it is shown and not closed; oldest first."""
    branch = thread.branch()
    above = next((at for at, each in enumerate(branch, 1) if each.id == thread.extra.get(ASIDE)), len(branch))
    return branch[above:]


def _with_descendants(thread: Thread, message_id: str) -> set[str]:
    """A message and what follows it; once, however the parents go round in circles."""
    tree, found, todo = children(thread), set[str](), [message_id]
    while todo:
        if (name := todo.pop()) not in found:
            found.add(name)
            todo += (each.id for each in tree.get(name, []))
    return found


def _copied(message: Message) -> Message:
    """A copy that nobody writes but the new thread."""
    return replace(deepcopy(message), written_elsewhere=False)
