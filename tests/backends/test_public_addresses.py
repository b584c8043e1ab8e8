"""What a model may fetch: pages of the internet, at the very address that was checked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chat_tui.backends.http import public
from chat_tui.backends.http.environment import Proxy
from chat_tui.backends.http.public import is_public
from chat_tui.backends.http.transport import Transport
from chat_tui.backends.web import fetch_page
from chat_tui.domain.errors import ProviderError


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "localhost"),
    ],
)
def test_addresses_that_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.fixture
async def server() -> AsyncIterator[tuple[int, list[bytes]]]:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi")
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1], seen
    listening.close()


class Names:
    """Answers of a name server, another each time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        loop = asyncio.get_running_loop()
        real = loop.getaddrinfo

        async def resolve(host: Any, port: Any, **options: Any) -> Any:
            if host == "127.0.0.1":
                return await real(host, port, **options)
            self.asked.append(host)
            if not self.answers[0]:
                raise socket.gaierror
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in self.answers.pop(0)]

        monkeypatch.setattr(loop, "getaddrinfo", resolve)


async def fetch(url: str) -> bytes:
    transport = Transport()
    try:
        return (await fetch_page(transport, url, 1000, public=True)).data
    finally:
        await transport.aclose()


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"]])
async def test_a_name_with_a_private_address_is_refused(
    answers: list[str], server: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch, answers)
    with pytest.raises(ProviderError, match=r"evil\.example is not a public address"):
        await fetch(f"http://evil.example:{server[0]}/")
    assert server[1] == []


async def test_what_is_connected_to_is_what_was_checked(
    server: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that points elsewhere the second time it is looked up: it is looked up once."""
    names = Names(monkeypatch, ["127.0.0.1"], ["192.0.2.1"])
    monkeypatch.setattr(public, "is_public", lambda address: address == "127.0.0.1")
    assert await fetch(f"http://rebinding.example:{server[0]}/page") == b"hi"
    assert names.asked == ["rebinding.example"]
    assert f"Host: rebinding.example:{server[0]}\r\n".encode() in server[1][0]


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        *(
            (each, "is not a public address")
            for each in ("127.0.0.1", "169.254.169.254", "127.1", "2130706433", "[::1]")
        ),
        *((each, "is not a public address") for each in ("metadata.internal", "LOCALHOST.", "intranet", "nas.lan.")),
        ("127.0.0.1.", "is not a public address"),
        ("a%2eb.example", "could not be resolved"),
        ("127\u30020\u30020\u30021", "(is not a public address|could not be resolved)"),
        ("inside.example", "is not a public address"),
    ],
)
async def test_a_proxy_is_not_asked_for_what_is_private(
    host: str, reason: str, server: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server[0]}")
    Names(monkeypatch, {"inside.example": ["192.168.0.1"], "[::1]": ["::1"]}.get(host, []))
    with pytest.raises(ProviderError, match=reason):
        await fetch(f"http://{host}/")
    assert server[1] == []


@pytest.mark.parametrize("answer", [[], ["8.8.8.8"], ["198.18.0.7"]])
async def test_a_proxy_is_asked_for_a_name_that_may_be_public(
    answer: list[str], server: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this machine knows no address, or one that stands for all, the proxy knows more."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server[0]}")
    Names(monkeypatch, answer)
    assert await fetch("http://bücher.example/page") == b"hi"
    assert server[1][0].startswith(b"GET http://xn--bcher-kva.example/page ")


async def test_a_name_is_kept_from_the_network_of_a_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch)
    assert await public.public_addresses("hidden.example", None, Proxy("socks5://127.0.0.1:9", "all_proxy")) == [""]
    assert names.asked == []
