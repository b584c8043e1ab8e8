"""Who may use the served app: whoever has the token of this run or the password, from the page of this server."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
WRONG_PASSWORD_DELAY = 1.0
"""Seconds until the next password is read, after a wrong one."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Access:
    """Checks requests; keeps nothing but the secrets of this run."""

    def __init__(self, host: str, port: int, password: str | None, names: Iterable[str] = ()) -> None:
        """Makes a new token and a new cookie.

        Args:
            host: the address that the server listens at.
            port: its port.
            password: lets in instead of the token; None where only the token does.
            names: other host names by which the server may be called, as a reverse proxy passes them on.
        """
        self.token = secrets.token_urlsafe(32)
        self.cookie_name = f"chat-tui-{port}"
        """Cookies are of a host, whatever its port."""
        self._cookie = secrets.token_urlsafe(32)
        self._password = password
        self._reads_password = asyncio.Lock()
        self._is_wide = not is_loopback(host)
        called = {*LOOPBACK_NAMES, f"[{host}]" if ":" in host else host.lower()}
        if self._is_wide:
            called |= {socket.gethostname().lower(), socket.getfqdn().lower()}
        self._hosts = {f"{each}:{port}" for each in called} | {each.lower() for each in names}
        self._port = port

    @property
    def cookie(self) -> str:
        """The value of the cookie that a browser gets for the token or the password."""
        return self._cookie

    @property
    def asks_for_password(self) -> bool:
        """Whether there is a password."""
        return self._password is not None

    def is_known_host(self, host: str | None) -> bool:
        """Whether the `Host` header names this server.

        A page of another name that resolves to this address (DNS rebinding) is not this server's. Numeric addresses
        are never names of others, so that a wide server is reached by any address of its machine.
        """
        if host is None:
            return False
        if host.lower() in self._hosts:
            return True
        name, _, port = host.rpartition(":")
        if not self._is_wide or port != str(self._port):
            return False
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    @staticmethod
    def is_same_origin(origin: str | None, host: str) -> bool:
        """Whether a request comes from a page of this server; of a browser, each that changes something says it."""
        return origin is not None and origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")

    def has_cookie(self, value: str | None) -> bool:
        """Whether a browser has been let in."""
        return value is not None and _equal(value, self._cookie)

    def is_token(self, value: str) -> bool:
        """Whether a value is the token. Where there is a password, there is no token."""
        return self._password is None and _equal(value, self.token)

    async def is_password(self, value: str) -> bool:
        """Whether a value is the password. After a wrong one, the next waits for a second, whoever sends it."""
        async with self._reads_password:
            if self._password is not None and _equal(value, self._password):
                return True
            await asyncio.sleep(WRONG_PASSWORD_DELAY)
            return False


def _equal(one: str, other: str) -> bool:
    # What a header holds need not be UTF-8.
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
