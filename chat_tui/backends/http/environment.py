"""Proxies and certificates as the environment sets them."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from chat_tui.domain.models.provider import is_this_machine
from chat_tui.i18n import tr

SYSTEM = tr("the system's proxy settings")
CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where other authorities are named, the first that is set counts: OpenSSL's variables, then those of requests."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that a request goes through."""

    url: str
    """With the user name and password, if there are any."""
    source: str
    """The environment variable that names it, or `SYSTEM`."""

    @property
    def address(self) -> str:
        """Host and port, as far as they can be read; never the password."""
        return self.url.partition("://")[2].rpartition("@")[2].strip("/") or self.url


def proxy_for(url: str) -> Proxy | None:
    """The proxy that the environment (on macOS and Windows also the system) names for a URL.

    `all_proxy` counts where the URL's own scheme has no proxy, as in curl. What does not leave this machine goes
    through none, nor does what `no_proxy` lists: names with what is below them, addresses, networks (`10.0.0.0/8`).
    """
    if is_this_machine(url):
        return None
    from urllib.request import getproxies  # late: httpx has loaded it when a request is made

    parts = urlsplit(url)
    proxies = getproxies()
    kind = next((name for name in (parts.scheme, "all") if proxies.get(name)), None)
    if kind is None or _is_bypassed(parts.hostname or "", parts.netloc.rpartition("@")[2]):
        return None
    text = proxies[kind].strip()
    if "://" not in text:
        text = f"http://{text}"
    if text.startswith("socks://"):  # as GNOME exports it
        text = f"socks5{text[5:]}"
    names = (f"{kind}_proxy", f"{kind}_proxy".upper())
    return Proxy(text, next((name for name in names if os.environ.get(name)), SYSTEM))


def _is_bypassed(host: str, netloc: str) -> bool:
    from urllib.request import proxy_bypass

    if proxy_bypass(netloc):
        return True
    text = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return any(_covers(entry.strip().lower(), host) for entry in text.split(","))


def _covers(entry: str, host: str) -> bool:
    """Whether an entry of `no_proxy` that Python's own reader does not know covers a host: `*.name`, a network."""
    if entry.startswith("*."):
        return host.endswith(entry[1:])
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False


def ca_variable() -> str | None:
    """The environment variable that names the trusted certificates; None if none is set."""
    return next((name for name in CA_VARIABLES if os.environ.get(name)), None)
