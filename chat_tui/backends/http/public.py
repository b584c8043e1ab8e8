"""Tells addresses of the internet from those of this machine and its network."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from contextlib import suppress

from chat_tui.backends.http.environment import Proxy

MOST_ADDRESSES = 4
LOOKUP_SECONDS = 3.0
"""For a name that a proxy looks up anyway: where no name server answers, it alone knows."""
_NAME = re.compile(r"[a-z0-9_.-]+")
_LOCAL_NAMES = (
    ".localhost",
    ".localdomain",
    ".local",
    ".internal",
    ".intranet",
    ".lan",
    ".home",
    ".corp",
    ".home.arpa",
)
_PLACEHOLDERS = ipaddress.ip_network("198.18.0.0/15")
"""What programs that redirect all traffic to a proxy give in place of every address."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(Exception):
    """A host is, by one of its addresses, not on the internet."""


async def public_addresses(host: str, port: int | None, proxy: Proxy | None) -> list[str]:
    """The addresses of a host, of which every one is public.

    Args:
        host: a name or an address, as it is requested: in ASCII.
        port: to connect to.
        proxy: what the request goes through. It looks the name up itself, so only what this machine knows of the name
            is judged; a SOCKS proxy may be there to keep names from this network, so for it none is looked up.

    Returns:
        At most `MOST_ADDRESSES`; one empty string where a proxy resolves the name.

    Raises:
        PrivateAddressError: see there.
        OSError: it has none.
        UnicodeError: no name may be like this.
    """
    if proxy is None:
        found = await _look_up(host, port)
        if not all(map(is_public, found)):
            raise PrivateAddressError(host)
        return found[:MOST_ADDRESSES]
    found = []
    name = host.rstrip(".").lower()
    if _is_address(name):
        found = [name]
    elif not _NAME.fullmatch(name):
        raise UnicodeError(host)
    elif "." not in name or name.endswith(_LOCAL_NAMES):
        raise PrivateAddressError(host)
    elif not proxy.url.startswith("socks"):
        with suppress(OSError):  # TimeoutError too; names beyond the proxy may be known to it alone
            async with asyncio.timeout(LOOKUP_SECONDS):
                found = [each for each in await _look_up(name, port) if not _is_placeholder(each)]
    if not all(map(is_public, found)):
        raise PrivateAddressError(host)
    return [""]


def is_public(text: str) -> bool:
    """Whether an address is on the internet; those that carry another address within are judged by that one, too."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_global(inner)
    return _is_global(address)


def _is_global(address: _Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


async def _look_up(host: str, port: int | None) -> list[str]:
    infos = await asyncio.get_running_loop().getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


def _is_placeholder(address: str) -> bool:
    return ":" not in address and ipaddress.ip_address(address) in _PLACEHOLDERS


def _is_address(host: str) -> bool:
    try:
        socket.inet_aton(host)  # takes 127.1 and 0x7f000001, as a proxy may
    except OSError:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
    return True
