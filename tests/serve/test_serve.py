"""The served app over HTTP and a websocket, as a browser uses them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMsgType

from chat_tui.cli.main import run
from chat_tui.cli.serve.access import Access, is_loopback
from chat_tui.cli.serve.command import PASSWORD, _free_port
from chat_tui.cli.serve.server import ELSEWHERE, ENDED, FULL, AppServer, serve
from chat_tui.ui.terminal.served import SOCKET, show
from tests.faults.conftest import Home, home
from tests.faults.screen import Screen
from tests.servers import ScriptedServer, hello

__all__ = ["home"]
NAME = "session-of-a-tab"


class Page:
    """A page with its terminal."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.screen = Screen(100, 30)
        self.told: list[Any] = []
        self._code: int | None = None

    async def type(self, keys: str) -> None:
        await self._socket.send_json(["stdin", keys])

    async def read(self) -> bool:
        """Takes one message; whether there was one."""
        message = await self._socket.receive(60)
        if message.type is WSMsgType.BINARY:
            self.screen.feed(message.data)
        elif message.type is WSMsgType.TEXT:
            self.told.append(json.loads(message.data))
        elif message.type is WSMsgType.CLOSE:
            self._code = message.data
        return message.type in (WSMsgType.BINARY, WSMsgType.TEXT)

    async def ended(self) -> int | None:
        """Waits until the server has closed the connection; its code."""
        while await self.read():
            pass
        return self._code

    async def shows(self, text: str) -> None:
        while text not in self.screen.text:
            assert await self.read(), self.screen.text


class Served:
    """A server that runs, and a browser that has its cookie."""

    def __init__(
        self, app: AppServer, access: Access, origin: str, http: aiohttp.ClientSession, stop: asyncio.Event
    ) -> None:
        self.stop = stop
        self.app = app
        self.access = access
        self.origin = origin
        self.http = http

    @asynccontextmanager
    async def page(self, name: str = NAME) -> AsyncIterator[Page]:
        url = f"{self.origin}/session/{name}?width=100&height=30"
        async with self.http.ws_connect(url, headers={"Origin": self.origin}) as socket:
            yield Page(socket)


@asynccontextmanager
async def served(
    home: Home, limit: int = 2, password: str | None = None, patience: float = 60.0
) -> AsyncIterator[Served]:
    port, ready, stop = _free_port("127.0.0.1"), asyncio.Event(), asyncio.Event()
    access = Access("127.0.0.1", port, password)
    server = AppServer(access, limit, home.environ, patience=patience)
    work = asyncio.create_task(serve(server, "127.0.0.1", port, ready.set, stop))
    await ready.wait()
    origin = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            if password is None:
                async with http.get(f"{origin}/?token={access.token}") as response:
                    assert (response.status, str(response.url)) == (200, f"{origin}/")
            yield Served(server, access, origin, http, stop)
    finally:
        stop.set()
        await work


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/?token=wrong", {}),
        ("/?token=%ED%A0%80", {}),
        ("/page.js", {}),
        ("/download/key", {}),
        ("/", {"Host": "evil.example", "Cookie": "{cookie}"}),
        ("/?token={token}", {"Host": "evil.example"}),
        ("/", {"Cookie": "{name}=\xff\xfe"}),
        (f"/session/{NAME}", {"Origin": "{origin}"}),
        (f"/session/{NAME}", {"Cookie": "{cookie}"}),
        (f"/session/{NAME}", {"Cookie": "{cookie}", "Origin": "http://evil.example"}),
        (f"/session/{NAME}", {"Cookie": "{cookie}", "Origin": "null"}),
    ],
)
async def test_who_has_no_token_or_comes_from_another_page_is_refused(
    home: Home, path: str, headers: dict[str, str]
) -> None:
    async with served(home) as server:
        name = server.access.cookie_name
        values = {"cookie": f"{name}={server.access.cookie}", "name": name, "token": server.access.token}
        values["origin"] = server.origin
        headers = {key: value.format(**values) for key, value in headers.items()}
        if path.startswith("/session"):
            headers |= {"Upgrade": "websocket", "Connection": "Upgrade"}
        async with (
            aiohttp.ClientSession() as other,
            other.get(server.origin + path.format(**values), headers=headers) as no,
        ):
            assert no.status == 403
            assert "chat-tui" in await no.text() or "Refused" in await no.text() or "address" in await no.text()
            assert no.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_a_file_is_uploaded_from_a_page_of_the_server_alone(home: Home) -> None:
    async with served(home) as server:
        for headers in ({}, {"Origin": "http://evil.example"}):
            async with server.http.post(f"{server.origin}/upload/{NAME}", headers=headers, data=b"x") as response:
                assert response.status == 403


async def test_a_password_lets_in_where_there_is_one_and_the_token_does_not(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_tui.cli.serve.access.WRONG_PASSWORD_DELAY", 0.0)
    async with served(home, password="correct horse") as server:
        headers = {"Origin": server.origin}
        async with server.http.get(f"{server.origin}/?token={server.access.token}") as response:
            assert 'type="password"' in await response.text()
        async with server.http.post(f"{server.origin}/login", headers=headers, data={"password": "x"}) as response:
            assert response.status == 403
        async with server.http.post(f"{server.origin}/login", data={"password": "correct horse"}) as response:
            assert response.status == 403  # from another page
        data = {"password": "correct horse"}
        async with server.http.post(f"{server.origin}/login", headers=headers, data=data) as response:
            assert "textual-terminal" in await response.text()


async def test_the_app_answers_and_goes_on_after_a_reload(home: Home) -> None:
    async with ScriptedServer(hello()) as model:
        home.use_server(model.url)
        async with served(home) as server:
            async with server.page() as page:
                await page.shows("Write a message")
                await page.type("Hi\r")
                await page.shows("Hello")
                await page.type("half a thought")
                await page.shows("half a thought")
            async with server.page() as page:  # the page was loaded again
                await page.shows("half a thought")
                await page.shows("Hello")
        assert [each["role"] for each in home.thread()["messages"]] == ["user", "assistant"]
        assert home.thread()["draft"] == "half a thought"


async def test_uploads_are_attached_and_downloads_and_links_go_to_the_page(home: Home, tmp_path: Path) -> None:
    exported = tmp_path / "Ein Export.md"
    exported.write_text("# Title")
    async with served(home) as server, server.page() as page:
        await page.shows("Write a message")
        url = f"{server.origin}/upload/{NAME}?name=../notes.txt"
        async with server.http.post(url, headers={"Origin": server.origin}, data=b"some notes") as response:
            assert response.status == 204
        await page.shows("notes.txt")
        socket = str(server.app._sessions[NAME].folder / "open")
        for address in ("https://example.org/", "javascript:alert(1)", exported.as_uri()):
            await asyncio.to_thread(show, address, {SOCKET: socket})
        while len(page.told) < 3:
            assert await page.read()
        background, link, (kind, key) = page.told
        assert background == ["background", "#0e1116"]
        assert link == ["open_url", {"url": "https://example.org/", "new_tab": True}]
        assert kind == "deliver_file_start"
        async with server.http.get(f"{server.origin}/download/{key}") as response:
            assert await response.text() == "# Title"
            assert "Ein" in response.headers["Content-Disposition"]
        async with server.http.get(f"{server.origin}/download/{key}") as response:
            assert response.status == 404


async def test_a_page_is_told_why_its_connection_is_closed(home: Home) -> None:
    async with served(home, limit=1) as server:
        async with server.page() as page, server.page("another-session") as other:
            assert await other.ended() == FULL
            await page.shows("Write a message")
            async with server.page() as duplicate:
                await duplicate.shows("Write a message")
                assert await page.ended() == ELSEWHERE
                await duplicate.type("\x11")
                assert await duplicate.ended() == ENDED
        async with server.page() as page:
            await page.shows("Write a message")
            server.stop.set()
            assert await page.ended() == WSCloseCode.GOING_AWAY


async def test_the_page_that_took_a_session_over_keeps_it(home: Home) -> None:
    async with served(home, patience=0.0) as server, server.page() as page:
        await page.shows("Write a message")
        async with server.page() as duplicate:
            await duplicate.shows("Write a message")
            await page.ended()
            for number in range(3):  # an app without a page would end meanwhile
                await duplicate.type(f"still{number} ")
                await duplicate.shows(f"still{number}")


def test_a_wide_address_needs_a_password(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in home.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(PASSWORD, "short")
    monkeypatch.setattr("sys.stdin", None)
    assert run(["serve", "--host", "0.0.0.0"]) == 2
    assert "needs a password of 8 characters" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("example.org", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_wide_server_is_called_by_addresses_and_its_own_names() -> None:
    access = Access("0.0.0.0", 8000, "correct horse", ["chat.example.org"])
    known = {
        host: access.is_known_host(host)
        for host in ("192.168.1.5:8000", "[fe80::1]:8000", "chat.example.org", "evil.example:8000", "192.168.1.5:81")
    }
    assert known == {
        "192.168.1.5:8000": True,
        "[fe80::1]:8000": True,
        "chat.example.org": True,
        "evil.example:8000": False,
        "192.168.1.5:81": False,
    }
