"""Loopback servers that answer as they are told, byte for byte: the providers' own framings, and faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass
class Request:
    """What a client sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


_EVENT = re.compile(rb"(?<=\n)(?=data:)")
CUT = object()
"""A step that resets the connection."""


@dataclass
class Reply:
    """A scripted answer: a status, headers and steps. A step is bytes to send, an event to wait for, or `CUT`.

    Bytes are sent as real servers do, one event per HTTP chunk, or `whole`.
    """

    steps: Iterable[bytes | asyncio.Event | object] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})
    chunked: bool = True
    """Whether the end of the body can be told from a broken connection."""
    whole: bool = False
    """Whether each step is one HTTP chunk."""
    reason: str = "Scripted"


class ScriptedServer:
    """Answers the first request with the first reply, and so on; the last one is repeated.

    A reply may be a function of the request.
    """

    def __init__(self, *replies: Reply | Callable[[Request], Reply]) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []
        self.disconnected = asyncio.Event()
        """Set once a client has closed its connection before the reply's end."""
        self.url = ""
        self.open = 0
        """Connections that a client holds."""
        self.idle = asyncio.Event()
        """Set while there is none."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        self.open += 1
        self.idle.clear()
        task.add_done_callback(self._closed)

    def _closed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.open -= 1
        if not self.open:
            self.idle.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                request = await _read_request(reader)
                self.requests.append(request)
                reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
                sender = asyncio.create_task(_send(writer, reply(request) if callable(reply) else reply))
                watcher = asyncio.create_task(self._watch(reader))
                try:
                    await asyncio.wait((sender, watcher), return_when=asyncio.FIRST_COMPLETED)
                    if not (watcher.done() and watcher.result()):
                        await sender
                finally:  # a client that has gone ends the reply
                    sender.cancel()
                    watcher.cancel()
                    await asyncio.gather(sender, watcher, return_exceptions=True)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _watch(self, reader: asyncio.StreamReader) -> bool:
        """Whether the client has closed its side; waits until it says anything."""
        with contextlib.suppress(ConnectionError):
            if await reader.read(1):
                return False
        self.disconnected.set()
        return True


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body)


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    head = f"HTTP/1.1 {reply.status} {reply.reason}\r\nConnection: close\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    if reply.chunked:
        head += "Transfer-Encoding: chunked\r\n"
    writer.write(head.encode() + b"\r\n")
    for step in reply.steps:
        if isinstance(step, bytes):
            for piece in [step] if reply.whole else filter(None, _EVENT.split(step)):
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if reply.chunked else piece)
                await writer.drain()
        elif isinstance(step, asyncio.Event):
            await writer.drain()
            await step.wait()
        else:
            await writer.drain()
            writer.transport.abort()
            return
    if reply.chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


def sse(*payloads: object, done: bool = True, end: bytes = b"\n\n") -> bytes:
    """Writes payloads as a stream in the usual form; strings go as they are."""
    lines = [each.encode() if isinstance(each, str) else _dump(each) for each in payloads]
    return b"".join(b"data: " + line + end for line in [*lines, *([b"[DONE]"] if done else [])])


def _dump(payload: object) -> bytes:
    try:
        return json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a pair of surrogates, as servers cut them
        return json.dumps(payload).encode()


def delta(content: str | None = None, *, finish: str | None = None, index: int = 0, **fields: object) -> dict[str, Any]:
    """One chunk as OpenAI sends it."""
    inner: dict[str, Any] = dict(fields)
    if content is not None:
        inner["content"] = content
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "choices": [{"index": index, "delta": inner, "finish_reason": finish}],
    }


def json_reply(payload: object, status: int = 200, **headers: str) -> Reply:
    """A body of JSON; underscores of header names are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(payload, ensure_ascii=False).encode()
    return Reply([body], status, {"Content-Type": "application/json", **named})


def hello() -> Reply:
    """A plain OpenAI answer: "Hello there"."""
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
    return Reply([sse(delta("Hello", role="assistant"), delta(" there"), delta(finish="stop"), usage)])
