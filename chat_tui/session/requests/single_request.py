"""One request beside a thread: for a summary or a title, not for an answer in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from chat_tui.domain.conversation.message import Message, Role, new_message_id
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.i18n import tr
from chat_tui.session.requests.reply_builder import ReplyBuilder

if TYPE_CHECKING:
    from chat_tui.domain.ports.backend import Backend, ChatRequest


async def ask_once(
    backend: Backend, request: ChatRequest, source: str, on_text: Callable[[Message], None] = lambda message: None
) -> Message:
    """Sends a request and returns the whole answer, which belongs to no thread.

    Args:
        backend: asks the model.
        request: to the model.
        source: what sends it, for the usage ledger.
        on_text: called with the answer whenever it has grown.

    Raises:
        ProviderError: it failed, broke off, was refused, cut at the token limit, or is empty.
    """
    message = Message(new_message_id(), None, Role.ASSISTANT, model=str(request.model))
    builder = ReplyBuilder(Thread(), message, source)
    async with aclosing(backend.stream(request)) as chunks:
        async for chunk in chunks:
            builder.take(chunk)
            on_text(message)
    builder.complete()
    if message.error is not None:
        raise ProviderError(ErrorKind(message.error.kind), message.error.message, message.error.advice)
    if not message.content.strip() or message.finish_reason == "length":
        raise ProviderError(
            ErrorKind.INTERRUPTED, tr("The answer was cut at the token limit."), tr("Choose another model.")
        )
    return message
