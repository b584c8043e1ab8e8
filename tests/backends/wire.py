"""Runs bytes through everything that reads an answer, in memory: no socket, no clock, no session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import httpx

from chat_tui.backends.answer import open_answer
from chat_tui.backends.errors.reporter import ErrorReporter
from chat_tui.backends.http.transport import Transport
from chat_tui.backends.requests.builder import HttpRequest
from chat_tui.domain.conversation.chunk import Chunk
from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.reply import Reply
from chat_tui.domain.errors import ProviderError
from tests.backends.helpers import custom

PROVIDER = custom("https://llm.example")


class _Body(httpx.AsyncByteStream):
    def __init__(self, pieces: Sequence[bytes], cut: bool, yields: bool) -> None:
        self._pieces = pieces
        self._cut = cut
        self._yields = yields

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
            if self._yields:
                await asyncio.sleep(0)
        if self._cut:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class _Wire:
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def send(self, made: HttpRequest, connect_timeout: float) -> httpx.Response:
        return self._response


@dataclass
class Read:
    """What came out: the messages by choice, and the error that ended it."""

    messages: dict[int, Message] = field(default_factory=dict)
    error: ProviderError | None = None
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def message(self) -> Message:
        return self.messages[0]

    @property
    def state(self) -> Status:
        """As the session would call it."""
        if self.error is None:
            return Status.COMPLETE
        return Status.FAILED if self.message.is_blank else Status.INTERRUPTED

    @property
    def outcome(self) -> object:
        """All that the cutting of the bytes must not change."""
        return self.messages, self.error


async def read(
    pieces: Sequence[bytes],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    n: int = 1,
    cut: bool = False,
    interval: float = 0,
    yields: bool = True,
) -> Read:
    """One answer whose body comes in these pieces, with this interval between two batches.

    Each piece is decoded by itself, as from a slow server, unless the body never `yields` to the loop.

    Raises:
        Exception: a defect; every failure of the server's is in `error`.
    """
    response = httpx.Response(status, headers=dict(headers or {}), stream=_Body(pieces, cut, yields))
    made = HttpRequest("POST", "https://llm.example/v1/chat/completions", {}, {"n": n})
    replies = {0: Reply(Message("0", None, Role.ASSISTANT, created=""))}
    result = Read()
    try:
        report = ErrorReporter(PROVIDER, clock=lambda: 1_700_000_000.0)
        transport = cast(Transport, _Wire(response))
        async with open_answer(transport, made, report, PROVIDER.timeouts, interval=interval) as answer:
            while chunks := await answer.read():
                for chunk in chunks:
                    result.chunks.append(chunk)
                    index = getattr(chunk, "index", 0)
                    if index not in replies:
                        replies[index] = Reply(Message(str(index), None, Role.ASSISTANT, created=""), index)
                    for reply in replies.values():
                        reply.apply(chunk)
    except ProviderError as error:
        result.error = error
    for reply in replies.values():
        reply.finish()
    result.messages = {index: reply.message for index, reply in replies.items()}
    return result


def split(stream: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The bytes, cut at these places."""
    edges = sorted({0, len(stream), *(cut for cut in cuts if 0 < cut < len(stream))})
    return [stream[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def single(stream: bytes) -> list[bytes]:
    """The bytes, one by one."""
    return [stream[at : at + 1] for at in range(len(stream))]


def functions(message: Message) -> list[tuple[str, str]]:
    """Names and arguments of a message's tool calls."""
    made: list[Any] = [each["function"] for each in message.tool_calls]
    return [(each["name"], each["arguments"]) for each in made]
