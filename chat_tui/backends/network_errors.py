"""Exceptions of the network to `ProviderError`s in words; httpx is not imported to tell them apart.

Its exceptions are told by the names of their classes, so that a module which only reports errors does not load it.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from chat_tui.backends.errors import Reporter
from chat_tui.domain.clean import clean
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.provider import is_loopback

_PROXY_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def error_of_exception(report: Reporter, error: BaseException) -> ProviderError:
    """Makes an error of what went wrong between here and the server."""
    chain = list(_chain(error))
    names = {kind.__name__ for each in chain for kind in type(each).__mro__}
    text = " ".join(str(each) for each in chain)
    host = urlsplit(report.provider.base_url).hostname or "the server"
    kind, message, advice, retryable = _explain(chain, names, text, host)
    return ProviderError(
        kind,
        clean(message.format(name=report.provider.name, host=host), multiline=False),
        advice.format(name=report.provider.name, host=host),
        detail=report.tidy(str(error)),
        request_id=report.request_id,
        retryable=retryable,
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _explain(chain: list[BaseException], names: set[str], text: str, host: str) -> tuple[ErrorKind, str, str, bool]:
    if "ProxyError" in names:
        return ErrorKind.CONNECTION, "The proxy did not let the request through to {host}.", _proxy_advice(), False
    certificate = next((each for each in chain if isinstance(each, ssl.SSLCertVerificationError)), None)
    if certificate is not None or "CERTIFICATE_VERIFY_FAILED" in text:
        return ErrorKind.TLS, *_certificate(text), False
    if any(isinstance(each, ssl.SSLError) for each in chain):
        advice = "Check whether the base URL should begin with http:// rather than https://."
        return ErrorKind.TLS, "No secure connection to {host} could be made.", advice, False
    if any(isinstance(each, socket.gaierror) for each in chain) or re.search(
        r"name or service|getaddrinfo|nodename", text, re.I
    ):
        advice = "Check the base URL, and whether this machine is online."
        return ErrorKind.CONNECTION, "There is no server by the name of {host}.", advice, True
    if names & {"ConnectTimeout", "PoolTimeout"}:
        return ErrorKind.TIMEOUT, "{host} did not answer the call.", "Check the network, or try again.", True
    if names & {"ReadTimeout", "WriteTimeout", "TimeoutException"}:
        return ErrorKind.TIMEOUT, "{name} took too long.", "Try again.", False
    if any(isinstance(each, ConnectionRefusedError) for each in chain) or f"[Errno {errno.ECONNREFUSED}]" in text:
        return ErrorKind.CONNECTION, "Nothing answers at {host}: the connection was refused.", _refused(host), True
    if "ConnectError" in names:
        if "All connection attempts failed" in text:
            return ErrorKind.CONNECTION, "Nothing answers at {host}.", _refused(host), True
        return (
            ErrorKind.CONNECTION,
            "No connection to {host} could be made.",
            "Check the network and the base URL.",
            True,
        )
    if names & {"RemoteProtocolError", "ReadError", "WriteError", "CloseError", "NetworkError"}:
        advice = "Try again; if it stays so, check whether the base URL should begin with https://."
        return ErrorKind.CONNECTION, "{host} closed the connection without an answer.", advice, True
    if names & {"InvalidURL", "UnsupportedProtocol", "LocalProtocolError"}:
        return (
            ErrorKind.CONFIGURATION,
            "The request to {host} could not be put together.",
            "Check its base URL and key.",
            False,
        )
    return ErrorKind.INTERNAL, "Something in this program went wrong.", "Try again; if it stays so, report it.", False


def _certificate(text: str) -> tuple[str, str]:
    lowered = text.lower()
    if "expired" in lowered or "not yet valid" in lowered:
        return (
            "The certificate of {host} is not valid today.",
            "Check this machine's clock; else the server is at fault.",
        )
    if "self-signed" in lowered or "self signed" in lowered:
        return (
            "The certificate of {host} is self-signed.",
            "If a proxy or your own server is meant to do so, name its certificate in SSL_CERT_FILE.",
        )
    if "hostname mismatch" in lowered or "doesn't match" in lowered or "not valid for" in lowered:
        return "The certificate of {host} belongs to another name.", "Check the base URL."
    return (
        "The certificate of {host} is not trusted.",
        "If your network has its own authority, name its certificate in SSL_CERT_FILE.",
    )


def _refused(host: str) -> str:
    if is_loopback(host):
        return "Start the server, or check the port in the base URL."
    return "Check the base URL and the network."


def _set_variables(names: tuple[str, ...]) -> list[str]:
    return [name for each in names for name in (each, each.lower()) if os.environ.get(name)]


def _proxy_advice() -> str:
    found = " or ".join(_set_variables(_PROXY_VARIABLES))
    return f"Check {found}." if found else "Check the proxy settings."


def error_of_setup(error: Exception) -> ProviderError:
    """Makes an error of a client that could not even be built: a bad proxy or certificate variable (SAFETY.md N8)."""
    if isinstance(error, OSError):  # ssl.SSLError and a missing file
        names, what = _set_variables(_CA_VARIABLES), "certificate file"
    else:
        names, what = _set_variables(_PROXY_VARIABLES), "proxy"
    where = " or ".join(names) or "the environment"
    return ProviderError(
        ErrorKind.CONFIGURATION,
        f"The {what} named in {where} can't be used.",
        f"Correct or unset {where}, then try again.",
        detail=clean(re.sub(r"//[^/@\s]+@", "//***@", str(error)))[:500],
    )
