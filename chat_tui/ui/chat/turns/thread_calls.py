"""The calls of tools of a thread, as its turns are drawn with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.json import JsonObject

if TYPE_CHECKING:
    from chat_tui.session.conversations import Conversation
    from chat_tui.ui.transcript.calls.source import CallActivity


class ThreadCalls:
    """The `CallSource` of an open thread."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def call(self, result: Message) -> JsonObject | None:
        """The call that a message of role tool answers."""
        return self._conversation.thread.call_of(result)

    def has_results(self, answer: Message) -> bool:
        """Whether the calls of an answer have messages of their own."""
        messages = self._conversation.thread.messages.values()
        return any(each.role is Role.TOOL and each.parent == answer.id and not each.deleted for each in messages)

    def activity(self, result: Message) -> CallActivity:
        """What the call of a message is doing now."""
        from chat_tui.ui.transcript.calls.source import CallActivity

        session = self._conversation.session
        if session.calls is None or not session.is_calling:
            return CallActivity()
        asks = any(each.message is result and not each.decision.done() for each in session.calls.pending)
        return CallActivity(True, asks, session.calls.progress.get(result.id, ""))

    def can_take_up(self, message: Message) -> bool:
        """Whether the thread ends with this message, and its calls can be continued."""
        conversation = self._conversation
        thread = conversation.thread
        return thread.head == message.id and not conversation.is_busy and thread.has_calls_to_take_up
