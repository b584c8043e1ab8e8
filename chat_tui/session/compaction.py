"""Has a model write a summary that stands for what is above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.summary import compaction
from chat_tui.domain.errors import UsageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.session.requests.single_request import ask_once

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import Backend
    from chat_tui.session.chat_session import ChatSession


async def compact(
    session: ChatSession,
    backend: Backend,
    model: ModelRef,
    on_text: Callable[[Message], None] = lambda message: None,
) -> Message:
    """Adds a summary of the shown branch to it, saved and undoable; nothing changes where that fails.

    A prompt at the end that has no answer follows the summary.

    Args:
        session: the thread.
        backend: asks the model.
        model: writes the summary.
        on_text: called with the summary whenever it has grown.

    Raises:
        UsageError: there is nothing to summarize, or the thread can't be changed.
        ProviderError: the summary can't be had, or not whole.
    """
    from chat_tui.domain.ports.backend import ChatRequest

    thread, head = session.thread, session.thread.head
    if (planned := compaction(thread)) is None:
        raise UsageError(tr("Nothing to summarize."))
    message = await ask_once(backend, ChatRequest(model, planned.request()), "summary", on_text)
    if thread.head != head or session.is_streaming or session.is_calling:
        session.on_request_end(message)  # it is to be paid for all the same
        raise UsageError(tr("The thread has changed meanwhile."))
    summary = session.add_summary(planned, message)
    session.on_request_end(summary)
    await session.save_quietly()
    return summary
