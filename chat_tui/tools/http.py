"""The SDK's streams to a server over HTTP: bounded bodies, no compression, the user's proxy and certificates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import httpx2
from mcp.client.streamable_http import streamable_http_client

from chat_tui import __version__
from chat_tui.backends.http.environment import ca_variable, proxy_for
from chat_tui.backends.http.transport import make_context
from chat_tui.i18n import tr
from chat_tui.tools.lines import LINE_LIMIT, is_too_complex
from chat_tui.tools.stdio import Streams

EVENT_LIMIT = 2 * 1024 * 1024
"""Bytes of one event of a stream."""
_TIMEOUT = httpx2.Timeout(30, read=600)
"""A call has a clock of its own; an open stream may say nothing for long."""


class HttpTrouble:
    """Why a server's last answer could not be used: the SDK passes on only that it could not."""

    def __init__(self) -> None:
        self.words = ""


@asynccontextmanager
async def http_streams(url: str, headers: Mapping[str, str], trouble: HttpTrouble) -> AsyncGenerator[Streams]:
    """Connects when the first message is sent.

    Args:
        url: https, or http to this machine.
        headers: go with every request.
        trouble: gets what is wrong with answers.

    Raises:
        OSError: the certificates can't be read.
        ValueError: the proxy's address is none.
    """
    is_secure = url.startswith("https:")
    context = await asyncio.to_thread(make_context, ca_variable()) if is_secure else False
    proxy = proxy_for(url)
    transport = httpx2.AsyncHTTPTransport(verify=context, trust_env=False, proxy=proxy.url if proxy else None)
    own = {"User-Agent": f"chat-tui/{__version__}", "Accept-Encoding": "identity", **headers}
    async with (
        httpx2.AsyncClient(
            transport=_Bounded(transport, trouble), trust_env=False, headers=own, timeout=_TIMEOUT
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=EVENT_LIMIT) as (read, write),
    ):
        yield read, write


class _Bounded(httpx2.AsyncBaseTransport):
    """Lets no body through that is compressed or too large; one that is not a stream is read here."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, trouble: HttpTrouble) -> None:
        self._inner = inner
        self._trouble = trouble

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        kind = response.headers.get("content-type", "").lower()
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            return await self._refuse(response, tr("sent a compressed answer, which was not requested"))
        if response.status_code >= 400:
            self._trouble.words = _words_of(response.status_code)
        if kind.startswith("text/event-stream"):
            return response
        body = bytearray()
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        async for part in response.stream:
            body += part
            if len(body) > LINE_LIMIT:
                return await self._refuse(response, tr("sent more than {n} MB in one answer", n=LINE_LIMIT >> 20))
        await response.aclose()
        if is_too_complex(bytes(body)):
            return await self._refuse(response, tr("sent an answer of too many parts"))
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in ("content-length", "transfer-encoding")
        ]
        return httpx2.Response(response.status_code, headers=headers, content=bytes(body))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _refuse(self, response: httpx2.Response, words: str) -> httpx2.Response:
        await response.aclose()
        self._trouble.words = words
        return httpx2.Response(502)


def _words_of(status: int) -> str:
    if status in (401, 403):
        return tr("refused access ({status}): check the headers that are set for it", status=status)
    return tr("answered with {status}", status=status)
