"""Tells addresses of the internet from those of this machine and its network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

MOST_ADDRESSES = 4
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(Exception):
    """A host is, by one of its addresses, not on the internet."""


async def public_addresses(host: str, port: int | None, *, is_proxied: bool) -> list[str]:
    """The addresses of a host, of which every one is public.

    Args:
        host: a name or an address.
        port: to connect to.
        is_proxied: whether a proxy resolves the name: then only what is an address itself is judged.

    Returns:
        At most `MOST_ADDRESSES`; one empty string where a proxy resolves the name.

    Raises:
        PrivateAddressError: see there.
        OSError: it has none.
        UnicodeError: no name may be like this.
    """
    if is_proxied:
        found = [host] if _is_address(host) or host.endswith(("localhost", ".local", ".internal")) else []
    else:
        infos = await asyncio.get_running_loop().getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(str(info[4][0]) for info in infos))
    if not all(map(is_public, found)):
        raise PrivateAddressError(host)
    return found[:MOST_ADDRESSES] if not is_proxied else [""]


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


def _is_address(host: str) -> bool:
    try:
        socket.inet_aton(host)  # takes 127.1 and 0x7f000001, as a proxy may
    except OSError:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
    return True
