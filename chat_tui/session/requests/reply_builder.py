"""One answer while it streams: its chunks become messages, its end a status. Pure; whoever runs it saves and draws."""

from __future__ import annotations

import time
from collections.abc import Callable

from chat_tui.domain.conversation.chunk import (
    Chunk,
    ModelSwitched,
    Notice,
    ReasoningDelta,
    RetryWait,
    TextDelta,
    ToolCallDelta,
)
from chat_tui.domain.conversation.message import Message, MessageError, Role, Status, Timing
from chat_tui.domain.conversation.reply import Reply
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.usage.requests import APP, RequestLog
from chat_tui.i18n import tr


class ReplyBuilder:
    """Fills an answer, and its siblings where several were asked for (`n` > 1)."""

    def __init__(
        self,
        thread: Thread,
        message: Message,
        source: str = APP,
        on_end: Callable[[Message], None] = lambda message: None,
    ) -> None:
        """Begins or continues an answer.

        Args:
            thread: gets the siblings.
            message: blank, or with the text that is being continued.
            source: what sends the request; see `RequestLog`.
            on_end: called once with the answer when its request has ended, in whatever way.
        """
        self._log = RequestLog(message, source)
        self._on_end = on_end
        self._was_answered = False
        self._thread = thread
        self._replies = {0: Reply(message)}
        """By the number of the choice."""
        self._usage_before = message.usage
        self._seconds_before = (message.timing and message.timing.total_s) or 0.0
        self.started = time.monotonic()
        """When the request began."""
        self._reasoning_since: float | None = None
        self._timing = message.timing = message.timing or Timing()
        message.usage, message.error, message.finish_reason = None, None, None
        message.status = Status.INTERRUPTED

    @property
    def messages(self) -> list[Message]:
        """All that grow."""
        return [each.message for each in self._replies.values()]

    def take(self, chunk: Chunk) -> None:
        """Gives a chunk to its answer."""
        index = getattr(chunk, "index", 0)
        reply = self._replies.get(index)
        if reply is None:
            reply = self._replies[index] = Reply(self._sibling(), index)
        reply.apply(chunk)
        if isinstance(chunk, ModelSwitched):
            self.started = time.monotonic()  # what failed before is no time of this model's
        self._was_answered = self._was_answered or not isinstance(chunk, ModelSwitched | Notice | RetryWait)
        self._see(chunk)

    def complete(self) -> None:
        """The answer has ended as it should."""
        self._was_answered = True
        for each in self._replies.values():
            each.finish()
            each.message.status = Status.COMPLETE
            if each.message.extra.get("refusal"):
                each.message.refuse()
            elif each.message.is_blank:
                message = tr("Empty answer.")
                self._fail_one(each, ProviderError(ErrorKind.EMPTY, message, tr("Try again, or choose another model.")))
        self._end()

    def stop(self, status: Status) -> None:
        """The answer was cut from here."""
        self._was_answered = True
        for each in self._replies.values():
            each.finish()
            each.message.status = status
        self._end()

    def fail(self, error: ProviderError) -> None:
        """Marks what the failure left unfinished; a choice that had ended before stays complete."""
        self._was_answered = self._was_answered or error.kind is ErrorKind.TIMEOUT
        for each in self._replies.values():
            if each.index and each.message.finish_reason and not each.message.is_blank:
                each.finish()
                each.message.status = Status.COMPLETE
            else:
                self._fail_one(each, error)
        self._end()

    def _sibling(self) -> Message:
        thread, first = self._thread, self._replies[0].message
        head = thread.head
        message = thread.add(Role.ASSISTANT, parent=first.parent, as_root=first.parent is None)
        message.model, message.parameters, message.status = first.model, first.parameters, Status.INTERRUPTED
        message.answered_by, message.upstream_provider = first.answered_by, first.upstream_provider
        thread.head = head
        return message

    def _fail_one(self, reply: Reply, error: ProviderError) -> None:
        reply.finish()
        message = reply.message
        message.status = Status.FAILED if message.is_blank else Status.INTERRUPTED
        message.error = MessageError(
            kind=str(error.kind),
            message=error.message,
            http_status=error.http_status,
            request_id=error.request_id,
            advice=error.advice,
            detail=error.detail,
            extra=dict(error.extra),
        )

    def _see(self, chunk: Chunk) -> None:
        """Notes when the first of each kind was received."""
        if not isinstance(chunk, TextDelta | ReasoningDelta | ToolCallDelta):
            return
        timing, elapsed = self._timing, time.monotonic() - self.started
        if timing.first_token_s is None:
            timing.first_token_s = round(elapsed, 3)
        if isinstance(chunk, ReasoningDelta):
            self._reasoning_since = elapsed if self._reasoning_since is None else self._reasoning_since
        elif self._reasoning_since is not None and timing.reasoning_s is None:
            timing.reasoning_s = round(elapsed - self._reasoning_since, 3)

    def _end(self) -> None:
        message = self._replies[0].message
        self._timing.total_s = round(self._seconds_before + time.monotonic() - self.started, 3)
        usage = message.usage
        message.usage = _added(self._usage_before, usage)
        self._log.end(usage, was_answered=self._was_answered)
        self._on_end(message)


def _added(before: JsonObject | None, after: JsonObject | None) -> JsonObject | None:
    """The tokens of an answer that took two requests: both were paid for."""
    if not before or not after:
        return after or before
    total = dict(after)
    for name, value in before.items():
        other = total.get(name)
        if isinstance(value, bool) or isinstance(other, bool):
            continue
        if isinstance(value, int | float) and isinstance(other, int | float):
            total[name] = value + other
        elif isinstance(value, dict) and isinstance(other, dict):
            total[name] = _added(value, other)
    return total
