"""What calls of tools are drawn with beside their messages: who called them, and what they are doing."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from chat_tui.domain.conversation.message import Message, tool_call_text
from chat_tui.domain.json import JsonObject
from chat_tui.domain.text.clean import clean


class CallActivity(NamedTuple):
    """What a call is doing now."""

    is_active: bool = False
    """Whether calls of its thread are run, or asked about, by this program now."""
    asks: bool = False
    """Whether it waits for the user's approval."""
    progress: str = ""
    """What its server reports."""


class CallSource(Protocol):
    """Knows the calls of a thread."""

    def call(self, result: Message) -> JsonObject | None:
        """The call that a message of role tool answers; None where it is not in the thread."""

    def has_results(self, answer: Message) -> bool:
        """Whether the calls of an answer have messages of their own."""

    def activity(self, result: Message) -> CallActivity:
        """What the call of a message is doing now."""

    def can_take_up(self, message: Message) -> bool:
        """Whether the thread ends with this message, and its calls can be continued."""


class NoCalls:
    """A `CallSource` that knows of none."""

    def call(self, result: Message) -> JsonObject | None:
        """None."""
        return None

    def has_results(self, answer: Message) -> bool:
        """Never."""
        return False

    def activity(self, result: Message) -> CallActivity:
        """Nothing."""
        return CallActivity()

    def can_take_up(self, message: Message) -> bool:
        """Never."""
        return False


def arguments_of(message: Message, calls: CallSource) -> str:
    """What the call of a message of role tool was made with, as the model wrote it, clean."""
    call = calls.call(message)
    return clean(tool_call_text(call)[1]).strip() if call else ""


def tool_of(message: Message, calls: CallSource) -> tuple[str, str]:
    """The tool and its server, clean; the server is empty where it is not known."""
    run, call = message.tool_run, calls.call(message)
    name = run.name if run and run.name else tool_call_text(call)[0] if call else "tool"
    return clean(name, multiline=False), clean(run.server if run else "", multiline=False)
