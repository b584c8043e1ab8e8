"""Sends requests: an httpx client for each route, made when first needed."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_tui.backends.http.environment import Proxy, ca_variable, proxy_for
from chat_tui.backends.http.errors import error_of_certificates, error_of_proxy
from chat_tui.backends.requests.builder import HttpRequest
from chat_tui.domain.models.provider import is_this_machine, split_socket

if TYPE_CHECKING:
    import ssl

    import httpx

WRITE_TIMEOUT = 30.0
"""Seconds that one piece of a request may take to be sent."""


@dataclass(frozen=True, slots=True)
class _Route:
    """The way of a request: each has a client of its own."""

    is_this_machine: bool = False
    """Nothing secret is trusted to a certificate there, and reading the authorities takes time."""
    socket: str = ""
    """The path of a Unix socket."""
    proxy: Proxy | None = None

    @classmethod
    def of(cls, url: str) -> _Route:
        return cls(is_this_machine(url), split_socket(url)[0], proxy_for(url))


class Transport:
    """Sends requests. Never follows a redirect; never sends a loopback request through a proxy."""

    def __init__(self) -> None:
        self._clients: dict[_Route, httpx.AsyncClient] = {}
        self._context: ssl.SSLContext | None = None
        """With the authorities that are trusted, for all routes off this machine."""
        self._leaving: set[asyncio.Task[httpx.Response]] = set()
        """Calls that were given up before their first byte; each ends once it is connected, or with its timeout."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Imports httpx and reads the certificates, a tenth of a second's work; any thread may call it.

        A failure is left to the first request, which reports it.
        """
        try:
            for route in (_Route(is_this_machine=True), _Route()):
                self._client(route)
        except Exception:  # noqa: BLE001 - it comes again, and is reported, when a request needs the client
            return

    async def send(self, request: HttpRequest, connect_timeout: float, *, address: str = "") -> httpx.Response:
        """Sends a request and returns the response with its body still to come. The caller sets the other clocks.

        Args:
            request: what is sent.
            connect_timeout: seconds.
            address: the IP address of the host, where it must not be looked up again. The request must ask for its
                connection to be closed, as that would serve every other host at the address.

        Raises:
            ProviderError: CONFIGURATION, the proxy or certificate variables can't be used.
            Exception: what httpx raises.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None:
                self._clients.clear()  # their connections belong to a loop that is gone
            self._loop = loop
        client = self._client(_Route.of(request.url))
        timeout = {"connect": connect_timeout, "pool": connect_timeout, "write": WRITE_TIMEOUT, "read": None}
        call = _OpenRequest()
        extensions: dict[str, Any] = {"timeout": timeout, "trace": call.trace}
        built = client.build_request(
            request.method,
            split_socket(request.url)[1],
            headers=request.headers,
            content=request.content(),
            extensions=extensions,
        )
        if address:
            built.extensions["sni_hostname"] = built.url.host  # also what the certificate is checked by
            built.url = built.url.copy_with(host=address)
        task = asyncio.create_task(client.send(built, stream=True))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await self._give_up(call, task)
            raise

    async def _give_up(self, call: _OpenRequest, task: asyncio.Task[httpx.Response]) -> None:
        if call.is_early:
            call.is_given_up = True
            self._leaving.add(task)
            task.add_done_callback(self._left)
            return
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled() and task.exception() is None:  # the response arrived all the same
            await task.result().aclose()

    def _left(self, task: asyncio.Task[httpx.Response]) -> None:
        self._leaving.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not log it

    async def aclose(self) -> None:
        """Closes all connections."""
        for task in list(self._leaving):
            task.cancel()
        clients, self._clients = list(self._clients.values()), {}
        if self._loop is asyncio.get_running_loop():
            for client in clients:
                await client.aclose()

    def _client(self, route: _Route) -> httpx.AsyncClient:
        with self._lock:
            client = self._clients.get(route)
            if client is None:
                client = self._clients[route] = self._make_client(route)
            return client

    def _make_client(self, route: _Route) -> httpx.AsyncClient:
        import logging

        _import_httpx()
        import httpx

        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # at INFO they write whole URLs
        limits = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=30.0)
        context = httpx.create_ssl_context(verify=False) if route.is_this_machine else self._trusting_context()
        try:
            transport = httpx.AsyncHTTPTransport(
                verify=context,
                limits=limits,
                uds=route.socket or None,
                proxy=route.proxy.url if route.proxy else None,
            )
        except Exception as error:
            if route.proxy is None:
                raise
            raise error_of_proxy(error, route.proxy) from error
        return httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)

    def _trusting_context(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = make_context(ca_variable())
            except OSError as error:  # ssl.SSLError is one, and so is a file that is missing
                raise error_of_certificates(error) from error
        return self._context


def make_context(variable: str | None) -> ssl.SSLContext:
    """The authorities that are trusted: those that an environment variable names, else those of certifi.

    Raises:
        OSError: they can't be read.
    """
    import ssl

    import certifi

    named = os.environ[variable] if variable else certifi.where()
    if variable == "SSL_CERT_DIR" or Path(named).is_dir():
        context = ssl.create_default_context(capath=named)
    else:
        context = ssl.create_default_context(cafile=named)
    context.keylog_filename = None  # type: ignore[assignment]  # SSLKEYLOGFILE would lay the traffic open
    return context


class _OpenRequest:
    """Knows how far one request has come.

    A task that is cancelled between the moment its connection is there and the first byte loses the socket: anyio's
    `connect_tcp` drops it, or httpcore's pool keeps a connection that it will neither use nor close. So nothing is
    cancelled before the first byte: it is let go, and ends by itself where httpcore cleans up, with nothing sent.
    """

    def __init__(self) -> None:
        self.is_early = True
        self.is_given_up = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by httpcore for each step of the request."""
        if event.endswith(".send_request_headers.started"):
            self.is_early = False
            if self.is_given_up:
                raise asyncio.CancelledError


def _import_httpx() -> None:
    """Imports httpx without its own command line: that is click and parts of rich, half of the time and of the memory.

    httpx does without it where it can't be imported.
    """
    if "httpx" in sys.modules:
        return
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # Python's mark of a module that can't be imported
    try:
        import httpx  # noqa: F401
    finally:
        del sys.modules["httpx._main"]


async def read_capped(response: httpx.Response, limit: int) -> bytes:
    """Reads a body up to `limit` bytes; one in a compressed form is not read."""
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
