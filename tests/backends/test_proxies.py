"""Proxies, certificates and sockets: what the environment and a base URL say of the way to a server."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import certifi
import pytest

from chat_tui.backends.http import transport
from chat_tui.backends.http.environment import SYSTEM, Proxy, proxy_for
from chat_tui.backends.requests.preview import preview
from chat_tui.domain.conversation.chunk import Notice
from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.models.provider import Auth, normalise_base_url
from tests.backends.helpers import KEY, custom, run, turn
from tests.servers import ScriptedServer, hello

FAR = custom("http://llm.invalid", auth=Auth.parse("none"))
DEAD = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@contextlib.asynccontextmanager
async def socks_proxy(target: str) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A SOCKS5 proxy that leads to `target`, an http URL, whatever is asked for; its URL and the hosts asked for."""
    hosts: list[bytes] = []
    port = int(target.rpartition(":")[2])

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\x05\x00")  # no authentication
        _, _, _, kind = await reader.readexactly(4)
        assert kind == 3  # a name: it is the proxy that resolves it
        (length,) = await reader.readexactly(1)
        hosts.append(await reader.readexactly(length))
        await reader.readexactly(2)
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(relay(reader, back), relay(there, writer))
        for each in (back, writer):
            await each.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(serve(reader, writer)))

    tasks: list[asyncio.Task[None]] = []
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}", hosts
        await asyncio.gather(*tasks)


async def test_the_three_lines_of_clash_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedServer(hello()) as proxy:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("all_proxy", f"socks5://{DEAD}")
        assert (await run(FAR, tmp_path)).message.content == "Hello there"
        assert proxy.requests[0].target == "http://llm.invalid/v1/chat/completions"


@pytest.mark.parametrize("scheme", ["socks5", "socks"])
async def test_a_socks_proxy_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    async with ScriptedServer(hello()) as server, socks_proxy(server.url) as (url, hosts):
        monkeypatch.setenv("ALL_PROXY", url.replace("socks5", scheme))
        assert (await run(FAR, tmp_path)).message.content == "Hello there"
    assert hosts == [b"llm.invalid"]


@pytest.mark.parametrize(("name", "scheme"), [("http_proxy", "http"), ("ALL_PROXY", "socks5")])
async def test_a_dead_proxy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str) -> None:
    monkeypatch.setenv(name, f"{scheme}://{DEAD}")
    failure = (await run(FAR, tmp_path)).failure
    assert failure.message == f"The proxy {DEAD} (set in {name}) does not respond."
    assert name in failure.advice


@pytest.mark.parametrize(
    ("environ", "url", "expected"),
    [
        ({}, "https://a.example", None),
        ({"https_proxy": "http://p:1"}, "https://a.example", Proxy("http://p:1", "https_proxy")),
        ({"https_proxy": "http://p:1"}, "http://a.example", None),
        ({"HTTPS_PROXY": "p:1"}, "https://a.example", Proxy("http://p:1", "HTTPS_PROXY")),
        ({"all_proxy": "socks://p:1"}, "https://a.example", Proxy("socks5://p:1", "all_proxy")),
        (
            {"all_proxy": "socks5://s:1", "https_proxy": "http://p:1"},
            "https://a.example",
            Proxy("http://p:1", "https_proxy"),
        ),
        ({"all_proxy": "http://p:1"}, "http://127.0.0.1:8080/v1", None),
        ({"all_proxy": "http://p:1"}, "http+unix://%2Frun%2Fllm.sock/v1", None),
        ({"all_proxy": "http://p:1", "no_proxy": "b.example,a.example"}, "https://x.a.example", None),
        ({"all_proxy": "http://p:1", "no_proxy": "*.a.example"}, "https://x.a.example", None),
        ({"all_proxy": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3/v1", None),
        (
            {"all_proxy": "http://p:1", "NO_PROXY": "10.0.0.0/8"},
            "https://11.1.2.3/v1",
            Proxy("http://p:1", "all_proxy"),
        ),
        ({"all_proxy": "http://p:1", "no_proxy": "*"}, "https://a.example", None),
    ],
)
def test_which_proxy_is_used(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], url: str, expected: Proxy | None
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == expected


def test_a_proxy_of_the_system_is_named_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://user:pw@p:1/"})
    proxy = proxy_for("https://a.example")
    assert proxy is not None
    assert (proxy.source, proxy.address) == (SYSTEM, "p:1")


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"])
async def test_other_authorities_are_trusted_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    loaded: list[str | None] = []
    create = ssl.create_default_context

    def noting(cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
        loaded.append(cafile or capath)
        return create(cafile=certifi.where())

    monkeypatch.setattr(ssl, "create_default_context", noting)
    monkeypatch.setenv(name, str(tmp_path / "ca"))
    transport.Transport().warm()
    assert loaded == [str(tmp_path / "ca")]
    monkeypatch.setattr(ssl, "create_default_context", create)
    if name != "SSL_CERT_DIR":  # OpenSSL looks into it when it needs to
        failure = (await run(custom("https://llm.invalid"), tmp_path)).failure
        assert (failure.kind, name in failure.message) == (ErrorKind.CONFIGURATION, True)


async def test_a_server_behind_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "llm.sock"
    async with ScriptedServer(hello()) as server:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server._accept(reader, writer)

        listening = await asyncio.start_unix_server(serve, path)
        async with listening:
            provider = custom(normalise_base_url(f"http+unix://{path}").removesuffix("/v1"))
            assert (await run(provider, tmp_path)).message.content == "Hello there"
        assert server.requests[0].target == "/v1/chat/completions"
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    path.unlink(missing_ok=True)
    failure = (await run(provider, tmp_path)).failure
    assert failure.message == f"Could not connect to the socket {path}: no such file."
    command = preview(turn("work"), provider)[1]
    assert command.startswith(f"curl -N --unix-socket {path} http://localhost/v1/chat/completions")


async def test_a_quoted_key_is_sent_without_its_quotes_and_a_word_is_said(tmp_path: Path) -> None:
    from chat_tui.backends.client import HttpBackend
    from chat_tui.domain.models.provider import Provider
    from chat_tui.domain.text.secrets import Secret, parse_key
    from tests.backends.helpers import Keys

    class Quoted(Keys):
        async def get(self, provider: Provider) -> Secret | None:
            return parse_key(f'"{KEY}"')

    async with ScriptedServer(hello()) as server:
        provider = custom(server.url)
        backend = HttpBackend(lambda: {"work": provider}, Quoted(), tmp_path, tmp_path)
        told = [[each.text async for each in backend.stream(turn()) if isinstance(each, Notice)] for _ in range(2)]
        await backend.aclose()
    assert [each.headers["authorization"] for each in server.requests] == [f"Bearer {KEY}"] * 2
    assert told == [["The API key of Work was in quotes; they were removed."], []]
