"""Pages of the web: one address, bounded, never another host's."""

from __future__ import annotations

import pytest

from chat_tui.backends.http.transport import Transport
from chat_tui.backends.web import MOST_REDIRECTS, fetch_page
from chat_tui.domain.errors import ProviderError
from chat_tui.domain.ports.files import WebPage
from chat_tui.storage.attachments.reader import FileAttachments
from tests.servers import Reply, Request, ScriptedServer

HTML = {"Content-Type": "text/html; charset=utf-8"}


async def fetch(url: str, limit: int = 1000) -> WebPage:
    transport = Transport()
    try:
        return await fetch_page(transport, url, limit)
    finally:
        await transport.aclose()


async def test_a_page_and_what_its_server_says_of_it() -> None:
    async with ScriptedServer(Reply([b"<p>hi"], headers={"Content-Type": 'text/HTML; charset="GBK"'})) as server:
        assert await fetch(server.url + "/a?b=c") == WebPage(b"<p>hi", "text/html", "gbk")
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/a?b=c")
    assert not {"authorization", "cookie", "referer"} & set(request.headers)


async def test_a_redirect_is_followed_within_the_host_alone() -> None:
    def moved(request: Request) -> Reply:
        return Reply([], 301, {"Location": "/new"}) if request.target == "/old" else Reply([b"new"], headers=HTML)

    async with ScriptedServer(moved) as server:
        assert (await fetch(server.url + "/old")).data == b"new"
    async with ScriptedServer(Reply([], 302, {"Location": "http://169.254.169.254/secret"})) as server:
        with pytest.raises(ProviderError, match="redirects to http://169.254.169.254/secret. Attach that address"):
            await fetch(server.url)
        assert len(server.requests) == 1
    async with ScriptedServer(Reply([], 302, {"Location": "/again"})) as server:
        with pytest.raises(ProviderError, match="redirects too many times"):
            await fetch(server.url)
        assert len(server.requests) == MOST_REDIRECTS


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply([b"gone"], 404), "answered with 404 instead of the page"),
        (Reply([b"x" * 2000], headers=HTML), "sent more than"),
        (Reply([b"x"], headers=HTML | {"Content-Encoding": "gzip"}), "compressed"),
    ],
)
async def test_what_is_no_page_is_refused(reply: Reply, words: str) -> None:
    async with ScriptedServer(reply) as server:
        with pytest.raises(ProviderError, match=words):
            await fetch(server.url)


async def test_a_page_becomes_an_attachment() -> None:
    pages = {
        "https://a.example/code.py?raw=1": WebPage("# 你好".encode("gbk"), "text/plain", "gbk"),
        "https://a.example/p.png": WebPage(b"\x89PNG\r\n\x1a\n", "image/png", ""),
    }
    asked: list[str] = []

    async def get(url: str, limit: int) -> WebPage:
        asked.append(url)
        return pages[url]

    files = FileAttachments(get)
    code, image = [await files.read(each) for each in pages]
    assert code.block == "```py https://a.example/code.py?raw=1\n# 你好\n```"
    assert image.url.startswith("data:image/png;base64,")
    asked.clear()
    assert await files.matches("https://a.example/", 9) == ["https://a.example"]
    assert not await files.exists("https://a.example/")
    assert asked == []
