"""The one place that holds httpx: clients that are made when first needed, and their settings (SAFETY.md N1, N8)."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_tui.backends.network_errors import error_of_setup
from chat_tui.backends.requests import HttpRequest
from chat_tui.domain.provider import is_loopback

if TYPE_CHECKING:
    import httpx

WRITE_TIMEOUT = 30.0
"""Seconds that one piece of a request may take to be sent."""


class Transport:
    """Sends requests. Never follows a redirect; never sends a loopback request through a proxy."""

    def __init__(self) -> None:
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._leaving: set[asyncio.Task[httpx.Response]] = set()
        """Calls that were given up before their first byte; each ends once it is connected, or with its timeout."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Imports httpx and reads the certificates, a tenth of a second's work; any thread may call it.

        What goes wrong is left to be told by the first request.
        """
        try:
            for loopback in (True, False):
                self._client(loopback=loopback)
        except Exception:  # noqa: BLE001 - it comes again, and is reported, when a request needs the client
            return

    async def send(self, made: HttpRequest, connect_timeout: float) -> httpx.Response:
        """Sends a request and returns the response with its body still to come. The caller sets the other clocks.

        Raises:
            ProviderError: CONFIGURATION, the proxy or certificate variables can't be used.
            Exception: what httpx raises.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None:
                self._clients.clear()  # their connections belong to a loop that is gone
            self._loop = loop
        host = urlsplit(made.url).hostname or ""
        client = self._client(loopback=is_loopback(host) and made.url.startswith("http:"))
        timeout = {"connect": connect_timeout, "pool": connect_timeout, "write": WRITE_TIMEOUT, "read": None}
        call = _Call()
        extensions = {"timeout": timeout, "trace": call.trace}
        request = client.build_request(
            made.method, made.url, headers=made.headers, content=made.content(), extensions=extensions
        )
        task = asyncio.create_task(client.send(request, stream=True))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await self._give_up(call, task)
            raise

    async def _give_up(self, call: _Call, task: asyncio.Task[httpx.Response]) -> None:
        if call.is_early:
            call.is_given_up = True
            self._leaving.add(task)
            task.add_done_callback(self._left)
            return
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled() and task.exception() is None:  # it came all the same
            await task.result().aclose()

    def _left(self, task: asyncio.Task[httpx.Response]) -> None:
        self._leaving.discard(task)
        if not task.cancelled():
            task.exception()  # nobody else asks for it

    async def aclose(self) -> None:
        """Closes all connections."""
        for task in list(self._leaving):
            task.cancel()
        clients, self._clients = list(self._clients.values()), {}
        if self._loop is asyncio.get_running_loop():
            for client in clients:
                await client.aclose()

    def _client(self, *, loopback: bool) -> httpx.AsyncClient:
        with self._lock:
            client = self._clients.get(loopback)
            if client is None:
                try:
                    client = _make_client(loopback=loopback)
                except Exception as error:
                    raise error_of_setup(error) from error
                self._clients[loopback] = client
            return client


class _Call:
    """Knows how far one request has come.

    A task that is cancelled between the moment its connection is there and the first byte loses the socket: anyio's
    `connect_tcp` drops it, or httpcore's pool keeps a connection that it will neither use nor close. So nothing is
    cancelled before the first byte: it is let go, and ends by itself where httpcore cleans up, with nothing sent.
    """

    def __init__(self) -> None:
        self.is_early = True
        self.is_given_up = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Hears of each step from httpcore."""
        if event.endswith(".send_request_headers.started"):
            self.is_early = False
            if self.is_given_up:
                raise asyncio.CancelledError


def _make_client(*, loopback: bool) -> httpx.AsyncClient:
    import logging

    _import_httpx()
    import httpx

    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # at INFO they write whole URLs (SAFETY.md K5)
    # Nothing secret is trusted to a certificate on plain http to this machine, and reading the authorities takes time.
    context = httpx.create_ssl_context(verify=not loopback)
    context.keylog_filename = None  # type: ignore[assignment]  # SSLKEYLOGFILE would lay the traffic open (K8)
    return httpx.AsyncClient(
        verify=context,
        trust_env=not loopback,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=30.0),
    )


def _import_httpx() -> None:
    """Imports httpx without its own command line: that is click and parts of rich, half of the time and of the memory.

    httpx does without it where it can't be imported.
    """
    if "httpx" in sys.modules:
        return
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # how Python says that
    try:
        import httpx  # noqa: F401
    finally:
        del sys.modules["httpx._main"]


async def read_capped(response: httpx.Response, limit: int) -> bytes:
    """Reads a body up to `limit` bytes; one in a compressed form is not read (SAFETY.md N2)."""
    if not is_plain(response.headers):
        return b""
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) >= limit:
            break
    return bytes(body[:limit])


def is_plain(headers: Mapping[str, str]) -> bool:
    """Whether the body comes uncompressed, as it was asked for."""
    return headers.get("content-encoding", "").strip().lower() in ("", "identity")
