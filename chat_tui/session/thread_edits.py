"""What a user does to an open thread without asking a model: settings, versions, marks, and taking it all back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.draft import CHIPS, images_of
from chat_tui.domain.conversation.message import EDITED_FROM, Message, Role, Status, now
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tree import ASIDE, aside_of
from chat_tui.domain.conversation.unfinished import set_unfinished
from chat_tui.domain.errors import UsageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.saved_prompts import changes
from chat_tui.i18n import tr
from chat_tui.session.autosave import Autosaver

if TYPE_CHECKING:
    from chat_tui.domain.conversation.summary import Compaction
    from chat_tui.domain.conversation.undo import Change
    from chat_tui.domain.settings import PromptTemplate

WRITTEN_ELSEWHERE = tr("Another program is writing this answer; wait until it is finished.")


class ThreadEdits:
    """Changes to an open thread: each is on disk within a second; `on_change` is called with what can be undone."""

    def __init__(self, thread: Thread, autosaver: Autosaver, default_model: ModelRef | None) -> None:
        """Takes up a thread.

        Args:
            thread: new or loaded; from now on changed by this object alone.
            autosaver: saves it.
            default_model: answers where the thread names no model.
        """
        self.thread = thread
        self.started: float | None = None
        """When the running request began (`time.monotonic`); None while none runs."""
        self.on_change: Callable[[Change], None] = lambda change: None
        """Called with each change that can be undone."""
        self._autosaver = autosaver
        self._default_model = default_model

    @property
    def is_streaming(self) -> bool:
        """Whether an answer is running."""
        return self.started is not None

    @property
    def is_calling(self) -> bool:
        """Whether calls of tools run, or wait for the user."""
        return False

    @property
    def model(self) -> ModelRef | None:
        """The model that answers the next turn."""
        if self.thread.model:
            try:
                return ModelRef.parse(self.thread.model)
            except ValueError:
                return self._default_model
        return self._default_model

    def set_model(self, model: ModelRef) -> None:
        """Lets another model answer from the next turn on."""
        self.thread.model = str(model)
        self._autosaver.changed()

    def set_system_prompt(self, text: str) -> None:
        """Changes the system prompt."""
        self._note_undo(tr("system prompt"), {"system_prompt": self.thread.system_prompt})
        self.thread.system_prompt = text
        self._autosaver.changed()

    def use_saved_prompt(self, text: str, chosen: PromptTemplate, before: PromptTemplate | None) -> None:
        """Uses a saved system prompt, with the settings that come with it; see `saved_prompts.changes`."""
        self.change(tr("system prompt"), **changes(self.thread, text, chosen, before))

    def set_parameters(self, parameters: JsonObject) -> None:
        """Replaces the thread's own parameters."""
        self._note_undo(tr("parameters"), {"parameters": self.thread.parameters})
        self.thread.parameters = parameters
        self._autosaver.changed()

    def set_tools(self, tools: list[str]) -> None:
        """Changes which tools are offered to the model: servers (`time`) and single ones (`git:git_log`)."""
        self.change(tr("tools"), tools=tools)

    def set_draft(self, text: str) -> None:
        """Keeps the draft in the prompt."""
        if text != self.thread.draft:
            self.thread.draft = text
            self._autosaver.changed()

    def set_unfinished(self, name: str, text: str | None) -> None:
        """Keeps what is being written in a dialog (`domain.unfinished`); None once it is kept elsewhere or dropped."""
        if set_unfinished(self.thread, name, text):
            self._autosaver.changed()

    # The thread

    def change(self, what: str, **values: object) -> None:
        """Sets fields of the thread (`undo.UNDOABLE`): its title, its tags; can be undone.

        Args:
            what: the name of the change, as `rename`.
            values: the fields' new values.
        """
        self._note_undo(what, {name: getattr(self.thread, name) for name in values})
        for name, value in values.items():
            setattr(self.thread, name, value)
        self._autosaver.changed()

    def delete(self, message_id: str) -> None:
        """Takes a message, and what follows it, out of the thread; can be undone.

        Raises:
            UsageError: an answer is running, or another program writes this one.
        """
        self._require_rest()
        self._require_ended(self.thread.messages[message_id])
        self._note_undo(tr("delete message"), {"head": self.thread.head}, {message_id: ""})
        self.thread.delete(message_id)
        self._autosaver.changed(self.thread.messages[message_id])

    def mark(self, message_id: str, **marks: bool) -> None:
        """Sets `pinned` or `muted` of a message: what of the branch is sent.

        Raises:
            UsageError: another program writes it.
        """
        message = self.thread.messages[message_id]
        self._require_ended(message)
        for name, value in marks.items():
            setattr(message, name, value)
        self._autosaver.changed(message)

    def star(self, message_id: str | None) -> None:
        """Lets a message's branch be the one that is shown when the thread is opened; None for the last shown."""
        self.thread.starred = message_id
        self._autosaver.changed()

    def clear(self) -> None:
        """Clears the thread: the messages stay as a branch; can be undone.

        Raises:
            UsageError: an answer is running.
        """
        self._require_rest()
        self._note_undo("clear", {"head": self.thread.head})
        self.thread.head = None
        self._autosaver.changed()

    def undo(self, change: Change) -> None:
        """Takes a change back.

        Raises:
            UsageError: an answer is running.
        """
        from chat_tui.domain.conversation.undo import take_back

        self._require_rest()
        take_back(self.thread, change)
        self._autosaver.changed(*(each for each in self.thread.messages.values() if each.id in change.deleted))

    def shorten(self) -> int:
        """Stops sending the oldest half of the turns; they stay in the thread.

        Returns:
            How many prompts are still sent.

        Raises:
            UsageError: there is only one.
        """
        prompts = [each for each in self.thread.sent() if each.role is Role.USER]
        if len(prompts) < 2:
            raise UsageError(tr("Nothing to trim: only the last prompt is sent."))
        kept = prompts[(len(prompts) + 1) // 2 :]
        self.thread.send_from = kept[0].id
        self._autosaver.changed()
        return len(kept)

    def send_everything(self) -> None:
        """Sends the whole branch again, in place of its summaries."""
        self.thread.send_from = None
        summaries = [each for each in self.thread.branch() if each.summarizes]
        for each in summaries:
            each.muted = True
        self._autosaver.changed(*summaries)

    def add_summary(self, planned: Compaction, text: Message) -> Message:
        """Adds a summary to the shown branch, and the prompt that waits for an answer again below it; can be undone.

        Args:
            planned: what it stands for.
            text: as a model wrote it.
        """
        before = self.thread.head
        summary = self.thread.add(Role.SYSTEM, text.content.strip(), parent=planned.parent)
        summary.summarizes = planned.count
        for name in ("model", "answered_by", "status", "finish_reason", "usage", "timing", "hidden"):
            setattr(summary, name, getattr(text, name))
        added = [summary]
        if (prompt := planned.prompt) is not None:
            again = self.thread.add(Role.USER, prompt.content, parent=summary.id)
            again.parts, again.extra, again.pinned = prompt.parts, dict(prompt.extra), prompt.pinned
            added.append(again)
        self._note_undo("compact", {"head": before}, {summary.id: now()})
        self._autosaver.changed(*added)
        return summary

    def open_aside(self) -> None:
        """Lets what is sent next be an aside: a side branch, from which `close_aside` goes back to here."""
        self.thread.extra[ASIDE] = self.thread.head
        self._autosaver.changed()

    def close_aside(self, *, keeps: bool) -> None:
        """Goes back to where the shown aside left; it stays as a branch or is deleted. Can be undone.

        Raises:
            UsageError: an answer is running, or no aside is shown.
        """
        self._require_rest()
        thread, aside = self.thread, aside_of(self.thread)
        if not aside:
            raise UsageError(tr("No aside is open."))
        first = aside[0]
        self._note_undo(tr("close aside"), {"head": thread.head}, {} if keeps else {first.id: ""})
        thread.head = first.parent
        thread.extra.pop(ASIDE, None)
        if not keeps:
            first.deleted = now()
        self._autosaver.changed(first)

    def show_sibling(self, step: int, message_id: str | None = None) -> bool:
        """Shows the message before (-1) or after (1) one among its siblings; whether there is one.

        Args:
            step: -1 or 1.
            message_id: of the shown branch; the last answer, if none is given.

        Raises:
            UsageError: an answer is running.
        """
        self._require_rest()
        branch = self.thread.branch()
        if message_id is None:
            message_id = next((each.id for each in reversed(branch) if each.is_answer), None)
        if message_id is None:
            return False
        siblings = self.thread.siblings(message_id)
        at = [each.id for each in siblings].index(message_id) + step
        if not 0 <= at < len(siblings):
            return False
        self.thread.head = self.thread.leaf_below(siblings[at].id)
        self._autosaver.changed()
        return True

    def show_message(self, message_id: str) -> bool:
        """Shows the branch that a message is on; whether it is shown now. A running answer stays where it is."""
        thread = self.thread
        if all(each.id != message_id for each in thread.branch()):
            if message_id not in thread.messages or self.is_streaming or self.is_calling:
                return False
            thread.head = thread.leaf_below(message_id)
            self._autosaver.changed()
        return True

    def edit_answer(self, message_id: str, text: str) -> None:
        """Adds the user's edited version of an answer as a sibling; nothing is sent.

        Raises:
            UsageError: an answer is running.
        """
        self._require_rest()
        before, original = self.thread.head, self.thread.messages[message_id]
        message = self._sibling(message_id, text)
        message.model, message.reasoning, message.status = original.model, original.reasoning, Status.COMPLETE
        message.extra[EDITED_FROM], message.summarizes = message_id, original.summarizes
        self._note_undo("edit", {"head": before}, {message.id: now()})
        self._autosaver.changed(message)

    def _sibling(self, message_id: str, text: str) -> Message:
        """A new message of the same place and role."""
        original = self.thread.messages[message_id]
        message = self.thread.add(original.role, text, parent=original.parent, as_root=original.parent is None)
        beside = [each for each in original.parts or () if not (isinstance(each, dict) and each.get("type") == "text")]
        if beside:  # the images go with the new text
            message.parts = [{"type": "text", "text": text}, *beside]
            message.extra[CHIPS] = {"images": [each.name for each in images_of(original)]}
        return message

    def _note_undo(self, what: str, fields: JsonObject, deleted: JsonObject | None = None) -> None:
        from chat_tui.domain.conversation.undo import Change

        self.on_change(Change(what, self.thread.id, self.thread.display_title, fields, deleted or {}))

    def _require_ended(self, message: Message) -> None:
        if message.written_elsewhere:
            raise UsageError(WRITTEN_ELSEWHERE)

    def _require_rest(self) -> None:
        if self.is_streaming or self.is_calling:
            raise UsageError(tr("An answer is still running. Stop it first."))
