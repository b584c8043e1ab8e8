"""A thread: a tree of messages, of which one branch is shown."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from chat_tui.domain.conversation.message import Message, Role, Status, new_message_id, now
from chat_tui.domain.json import JsonObject
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

UNTITLED = tr("New thread")
TITLE_LENGTH = 60
"""Characters of the first prompt that make a title."""
_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_thread_id() -> str:
    """The time in UTC and four random characters: `20261121-202700-k3f9`. Ids sort by age."""
    number = int.from_bytes(os.urandom(8), "big")  # not `secrets`, whose import takes as long as all of `domain`
    tail = "".join(_ID_ALPHABET[number // 36**place % 36] for place in range(4))
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{tail}"


def title_from(prompt: str) -> str:
    """The first words of a prompt, cut at a word where one is near."""
    line = " ".join(clean(prompt[:1000], multiline=False).split())
    if len(line) <= TITLE_LENGTH:
        return line
    cut = line[:TITLE_LENGTH]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > TITLE_LENGTH // 2 else cut) + "…"


def tags_from(text: str) -> list[str]:
    """The tags in a line of words that are separated by spaces or commas; a `#` before one is not part of it."""
    words = (each.strip("#") for each in clean(text, multiline=False).replace(",", " ").split())
    return list(dict.fromkeys(each for each in words if each))


class Header(TypedDict, total=False):
    """What can be changed of a thread without opening it."""

    title: str
    pinned: bool
    archived: bool
    tags: list[str]


@dataclass(slots=True, weakref_slot=True)
class Thread:
    """A saved conversation."""

    id: str = field(default_factory=new_thread_id)
    title: str = ""
    """Empty until the first prompt gives one or the user does."""
    created: str = field(default_factory=now)
    updated: str = field(default_factory=now)
    pinned: bool = False
    archived: bool = False
    tags: list[str] = field(default_factory=list)
    system_prompt: str = ""
    model: str | None = None
    """The model that the next turn uses, `provider/model-id`; None for the user's default."""
    parameters: JsonObject = field(default_factory=dict)
    tools: list[str] = field(default_factory=list)
    """The tools that are offered to the model: servers (`time`) and single ones (`git:git_log`)."""
    saved_prompt: str = ""
    """The name of the saved prompt that was chosen last: its settings are those of the thread."""
    fallback: list[str] = field(default_factory=list)
    """The models that are asked in place of one that fails, as the settings list them; empty: as the settings say."""
    request_budget: float | None = None
    """The most that a request may cost without a question, in the currency of the model's price."""
    draft: str = ""
    head: str | None = None
    """The leaf of the branch that is shown."""
    send_from: str | None = None
    """The message with which what is sent begins; None for all. Older turns are shown and not sent."""
    starred: str | None = None
    """The message whose branch is shown when the thread is opened; None: the one that was shown last."""
    messages: dict[str, Message] = field(default_factory=dict)
    """Every message of every branch by id, oldest first."""
    extra: JsonObject = field(default_factory=dict)
    """Fields of the file that this version does not know; written back as they were."""
    read_only: bool = False
    """The file's format is newer than this program: it is shown, never written. Not in the file."""
    is_temporary: bool = False
    """Nothing of it is written anywhere. Not in the file, as there is none."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep: no message, no draft, nothing begun in a dialog."""
        return not self.messages and not self.draft.strip() and "unfinished" not in self.extra

    @property
    def display_title(self) -> str:
        """The title to show: given, or "New thread", also where something is written and not sent."""
        return self.title or UNTITLED

    def branch(self) -> list[Message]:
        """The shown branch, root first. A parent that is missing, or a cycle, ends the walk."""
        path: list[Message] = []
        seen: set[str] = set()
        at = self.head
        while at is not None and at not in seen and (message := self.messages.get(at)):
            seen.add(at)
            path.append(message)
            at = message.parent
        path.reverse()
        return path

    def add(self, role: Role, content: str = "", *, parent: str | None = None, as_root: bool = False) -> Message:
        """Appends a message below `parent` (the head, if none is given) and moves the head to it.

        Args:
            role: who speaks.
            content: the text.
            parent: the message that this one follows.
            as_root: begin a new branch at the very start instead.
        """
        below = None if as_root else parent or self.head
        identity = new_message_id()
        while identity in self.messages:
            identity = new_message_id()
        message = Message(identity, below, role, content)
        self.messages[identity] = message
        self.head = identity
        if role is Role.USER and not self.title:
            self.title = title_from(content)
        self.updated = now()
        return message

    def change(self, **fields: Unpack[Header]) -> None:
        """Changes what is given. That is no use of the thread: its time stays."""
        for name, value in fields.items():
            setattr(self, name, value)

    def summary(self, message_count: int | None = None) -> ThreadSummary:
        """What a list shows of it, clean; `message_count` where the messages are not in memory."""
        return ThreadSummary(
            id=self.id,
            title=clean(self.title, multiline=False) or UNTITLED,
            updated=clean(self.updated or self.created, multiline=False),
            created=clean(self.created, multiline=False),
            model=self.model,
            message_count=len(self.messages) if message_count is None else message_count,
            pinned=self.pinned,
            archived=self.archived,
            tags=tuple(self.tags),
            has_draft=bool(self.draft.strip()),
        )

    def branches(self) -> list[str]:
        """The last message of each branch, the oldest branch first; none that is deleted, or follows a deleted one."""
        shown: list[Message] = []
        gone: set[str] = set()
        for each in self.messages.values():
            if each.deleted or each.parent in gone:
                gone.add(each.id)
            else:
                shown.append(each)
        followed = {each.parent for each in shown}
        return [each.id for each in shown if each.id not in followed]

    def turn(self) -> list[Message]:
        """The answers, and the results of their calls, that follow the last prompt of the shown branch."""
        branch = self.branch()
        prompt = next((at for at in range(len(branch) - 1, -1, -1) if branch[at].role is Role.USER), -1)
        return branch[prompt + 1 :]

    def open_calls(self) -> Message | None:
        """The answer at the end of the shown branch whose calls of tools have not all ended; None without one."""
        branch = self.branch()
        answer = next((each for each in reversed(branch) if each.role is not Role.TOOL), None)
        if answer is None or not answer.is_answer or not answer.tool_calls:
            return None
        results = branch[branch.index(answer) + 1 :]
        ended = {each.tool_call_id for each in results if each.tool_run is None or each.tool_run.has_ended}
        return None if ended.issuperset(call.get("id") for call in answer.tool_calls) else answer

    def call_of(self, result: Message) -> JsonObject | None:
        """The call, in OpenAI's shape, that a message of role tool answers; None where it is not in the thread."""
        at, seen = result.parent, {result.id}
        while at is not None and at not in seen and (message := self.messages.get(at)):
            if message.role is not Role.TOOL:
                return next((each for each in message.tool_calls if each.get("id") == result.tool_call_id), None)
            seen.add(at)
            at = message.parent
        return None

    @property
    def has_calls_to_take_up(self) -> bool:
        """Whether the shown branch ends with calls of tools, which are to run or to be answered."""
        head = self.messages.get(self.head or "")
        if head is None or not self.tools or head.written_elsewhere:
            return False
        return head.role is Role.TOOL or (head.status is Status.COMPLETE and self.open_calls() is not None)

    def siblings(self, message_id: str) -> list[Message]:
        """The messages with the same parent and role as this one, itself included, oldest first; none deleted.

        Goes through the whole thread: for many messages ask `positions` once.
        """
        message = self.messages[message_id]
        return [
            each
            for each in self.messages.values()
            if each.parent == message.parent and each.role == message.role and (not each.deleted or each is message)
        ]

    def positions(self) -> dict[str, tuple[int, int]]:
        """For each message, its position among its `siblings`, from 1, and how many there are."""
        counts: dict[tuple[str | None, Role], int] = {}
        places: dict[str, int] = {}
        for message in self.messages.values():
            group = message.parent, message.role
            count = counts.get(group, 0)
            places[message.id] = count + 1
            if not message.deleted:
                counts[group] = count + 1
        return {
            message.id: (places[message.id], counts.get((message.parent, message.role), 0) + bool(message.deleted))
            for message in self.messages.values()
        }

    def leaf_below(self, message_id: str) -> str:
        """The newest leaf below a message: where the head goes when this message's branch is shown."""
        children = {each.parent: each.id for each in self.messages.values() if not each.deleted}
        at, seen = message_id, {message_id}
        while (child := children.get(at)) and child not in seen:
            seen.add(child)
            at = child
        return at

    def delete(self, message_id: str) -> None:
        """Takes a message, and all that follows it, out of what is shown and sent; nothing leaves the file.

        The head goes to the nearest sibling's branch, else to what stands before.
        """
        message = self.messages[message_id]
        beside = self.siblings(message_id)
        message.deleted = now()
        if message not in self.branch():
            return
        at = beside.index(message)
        others = [*beside[at + 1 :], *reversed(beside[:at])]
        self.head = self.leaf_below(others[0].id) if others else message.parent

    def sent(self, branch: list[Message] | None = None) -> list[Message]:
        """What of the shown branch is sent: from `send_from` on, pinned turns in any case, muted ones never.

        The last summary stands for what is above it.

        Args:
            branch: the shown branch, where the caller has it already.
        """
        turns = self.branch() if branch is None else branch
        start = next((at for at, each in enumerate(turns) if each.id == self.send_from), 0)
        summary = next((at for at in reversed(range(len(turns))) if turns[at].summarizes and not turns[at].muted), -1)
        return [
            each
            for at, each in enumerate(turns)
            if not each.muted and (at == summary if each.summarizes else at >= max(start, summary) or each.pinned)
        ]

    def show_starred(self) -> None:
        """Moves the head to the starred branch, where there is one."""
        if self.starred in self.messages and not self.messages[self.starred].deleted:
            self.head = self.leaf_below(self.starred)

    def is_below(self, message_id: str | None, above: str | None) -> bool:
        """Whether a message is `above` itself or follows it; everything follows None."""
        seen: set[str] = set()
        at = message_id
        while at != above and at is not None and at not in seen and (message := self.messages.get(at)):
            seen.add(at)
            at = message.parent
        return at == above

    def last_model(self) -> str | None:
        """The model that answered last on the shown branch."""
        return next((each.model for each in reversed(self.branch()) if each.is_answer and each.model), None)


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """What a list of threads shows: enough to find one without opening its file."""

    id: str
    title: str
    updated: str
    created: str = ""
    model: str | None = None
    message_count: int = 0
    pinned: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    has_draft: bool = False


@dataclass(frozen=True, slots=True)
class TrashedThread:
    """A deleted thread."""

    summary: ThreadSummary
    deleted: str
    """When, as `2026-11-21T20:27:00Z`."""


@dataclass(frozen=True, slots=True)
class ThreadDamage:
    """A damaged thread file that was set aside."""

    name: str
    """Of the file."""
    path: str
    title: str = ""
    """Of what can be had of it."""
    message_count: int = 0
    """How many messages can be had of it; 0 for none."""
