"""Fetches one web page that the user asked for, or a model with leave: bounded, with redirects only within its host."""

from __future__ import annotations

import asyncio
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from chat_tui import __version__
from chat_tui.backends.errors.reporter import ErrorReporter
from chat_tui.backends.http.environment import proxy_for
from chat_tui.backends.http.errors import error_of_exception
from chat_tui.backends.http.public import PrivateAddressError, public_addresses
from chat_tui.backends.http.transport import Transport, is_plain, read_capped
from chat_tui.backends.requests.builder import HttpRequest
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.models.provider import Auth, AuthKind, Provider
from chat_tui.domain.ports.files import WebPage
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

if TYPE_CHECKING:
    import httpx

SECONDS = 30.0
"""That a page may take, redirects and all."""
MOST_REDIRECTS = 5
_HEADERS = {
    "Accept": "text/html, text/plain;q=0.9, */*;q=0.5",
    "Accept-Encoding": "identity",  # a compressed answer can be a bomb
    "Connection": "close",
    "User-Agent": f"chat-tui/{__version__}",
}


async def fetch_page(transport: Transport, url: str, limit: int, *, public: bool = False) -> WebPage:
    """Gets what is at an address.

    Args:
        transport: sends; proxies and certificates are as for providers.
        url: http or https.
        limit: bytes; what is larger is refused.
        public: refuse addresses that are not on the internet: this machine's, its network's. What is connected to is
            the very address that was checked.

    Raises:
        ProviderError: it can't be had; the message says why.
    """
    try:
        async with asyncio.timeout(SECONDS):
            for _ in range(MOST_REDIRECTS):
                answer = await _get(transport, url, limit, await _addresses(url) if public else [""])
                if isinstance(answer, WebPage):
                    return answer
                url = answer
    except TimeoutError:
        raise _refuse(url, tr("did not send the page within {seconds:.0f} s", seconds=SECONDS)) from None
    raise _refuse(url, tr("redirects too many times"))


async def _addresses(url: str) -> list[str]:
    """Where the host is, all of it public; one empty string where a proxy finds that out, as it does for browsers."""
    import httpx

    try:
        requested = httpx.URL(url)  # its host is what will be asked for, however it was written
        return await public_addresses(requested.raw_host.decode(), requested.port, proxy_for(url))
    except PrivateAddressError:
        raise _refuse(url, tr("is not a public address, and models can only fetch public pages")) from None
    except (OSError, ValueError, httpx.InvalidURL):
        raise _refuse(url, tr("could not be resolved")) from None


async def _get(transport: Transport, url: str, limit: int, addresses: list[str]) -> WebPage | str:
    """The page, or the address within the same host that it has moved to."""
    host = urlsplit(url).hostname or url
    provider = Provider("web", host, url, auth=Auth(AuthKind.NONE))
    request = HttpRequest("GET", url, dict(_HEADERS))
    try:
        response = await _first_response(transport, request, provider.timeouts.connect, addresses)
        try:
            body = await read_capped(response, limit + 1)
        finally:
            await response.aclose()
    except ProviderError:
        raise
    except Exception as error:
        raise error_of_exception(ErrorReporter(provider, None), error) from error
    if 300 <= response.status_code < 400 and (location := response.headers.get("location", "")):
        return _follow(url, urljoin(url, location))
    if response.status_code != 200:
        raise _refuse(url, tr("answered with {status_code} instead of the page", status_code=response.status_code))
    if not is_plain(response.headers):
        raise _refuse(url, tr("sent a compressed page, which was not requested"))
    if len(body) > limit:
        raise _refuse(url, tr("sent more than {limit:.0f} MB", limit=limit / 2**20))
    kind = Message()
    kind["content-type"] = response.headers.get("content-type", "")
    return WebPage(body, kind.get_content_type(), kind.get_content_charset() or "")


async def _first_response(
    transport: Transport, request: HttpRequest, seconds: float, addresses: list[str]
) -> httpx.Response:
    """Tries one address after the other, as a host may have one that can't be reached from here."""
    import httpx

    for address in addresses[:-1]:
        try:
            return await transport.send(request, seconds, address=address)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
    return await transport.send(request, seconds, address=addresses[-1])


def _follow(url: str, target: str) -> str:
    """An address that a page has moved to: the user asked for its host, and for no other."""
    here, there = urlsplit(url), urlsplit(target)
    is_same = _bare(here.hostname) == _bare(there.hostname) and there.username is None
    if not is_same or there.scheme not in ("http", "https") or (here.scheme, there.scheme) == ("https", "http"):
        shown = clean(target, multiline=False)[:200]
        raise _refuse(url, tr("redirects to {shown}. Attach that address if you want it", shown=shown))
    return target


def _bare(host: str | None) -> str:
    return (host or "").removeprefix("www.")


def _refuse(url: str, what: str) -> ProviderError:
    host = clean(urlsplit(url).hostname or url, multiline=False)
    return ProviderError(ErrorKind.CONNECTION, f"{host} {what}.")
