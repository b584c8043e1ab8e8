"""Exceptions of httpx, TLS and sockets to `ProviderError`s: a cause, a message, what to do."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

from chat_tui.backends.errors.reporter import ErrorReporter
from chat_tui.backends.http.environment import SYSTEM, Proxy, ca_variable, proxy_for
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.models.provider import is_this_machine, shown_host
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

_Explanation = tuple[ErrorKind, str, str, bool]
"""Kind, message, advice, and whether it is worth another try."""


def error_of_exception(report: ErrorReporter, error: BaseException) -> ProviderError:
    """Makes an error of what went wrong between here and the server."""
    chain = list(_chain(error))
    text = " ".join(str(link) for link in chain)
    url = report.provider.base_url
    proxy = proxy_for(url)
    names = {"name": report.provider.name, "host": shown_host(url)}
    if proxy is not None:
        names |= {"proxy": proxy.address, "source": _source(proxy), "variable": proxy.source}
    explanation = _of_proxy(chain, text) if proxy is not None else None
    kind, message, advice, retryable = explanation or _explain(chain, text, url)
    return ProviderError(
        kind,
        clean(message.format_map(names), multiline=False),
        clean(advice.format_map(names), multiline=False),
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


def _of_proxy(chain: list[BaseException], text: str) -> _Explanation | None:
    """What went wrong with the proxy itself; None where it did its part."""
    import httpx  # loaded by the request that failed

    if _holds(chain, httpx.ProxyError):
        advice = tr("Check {variable}.")
        if "407" in text:
            advice = tr("Put your user name and password into {variable}: http://USER:PASSWORD@HOST:PORT")
        return ErrorKind.CONNECTION, tr("The proxy {proxy} ({source}) rejected the request."), advice, False
    if not _holds(chain, httpx.ConnectError, httpx.ConnectTimeout):
        return None
    if _holds(chain, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in text:
        return None
    advice = tr("Start the proxy, correct or unset {variable}, or add {host} to NO_PROXY.")
    message = tr("The proxy {proxy} ({source}) does not respond.")
    if _holds(chain, socket.gaierror):
        message = tr("The proxy {proxy} ({source}) can't be resolved: unknown host.")
    return ErrorKind.CONNECTION, message, advice, True


def _holds(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(link, kinds) for link in chain)


def _source(proxy: Proxy) -> str:
    return (
        tr("from {source}", source=proxy.source)
        if proxy.source == SYSTEM
        else tr("set in {source}", source=proxy.source)
    )


def _explain(chain: list[BaseException], text: str, url: str) -> _Explanation:
    import httpx

    if _holds(chain, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in text:
        return ErrorKind.TLS, *_certificate(text), False
    if _holds(chain, ssl.SSLError):
        advice = tr("Check whether the base URL should begin with http:// rather than https://.")
        return ErrorKind.TLS, tr("Could not make a secure connection to {host}."), advice, False
    if _holds(chain, socket.gaierror) or re.search(r"name or service|getaddrinfo|nodename", text, re.I):
        advice = tr("Check the base URL, and whether this machine is online.")
        return ErrorKind.CONNECTION, tr("Could not resolve {host}."), advice, True
    if _holds(chain, httpx.ConnectTimeout, httpx.PoolTimeout):
        return ErrorKind.TIMEOUT, tr("{host} did not respond."), tr("Check the network, or try again."), True
    if _holds(chain, httpx.TimeoutException):
        return ErrorKind.TIMEOUT, tr("{name} took too long."), tr("Try again."), False
    if _holds(chain, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in text:
        return ErrorKind.CONNECTION, tr("Could not connect to {host}: connection refused."), _refused(url), True
    if _holds(chain, FileNotFoundError):  # a Unix socket
        return ErrorKind.CONNECTION, tr("Could not connect to {host}: no such file."), _refused(url), True
    if _holds(chain, httpx.ConnectError):
        if "All connection attempts failed" in text:
            return ErrorKind.CONNECTION, tr("Could not connect to {host}."), _refused(url), True
        return (
            ErrorKind.CONNECTION,
            tr("Could not connect to {host}."),
            tr("Check the network and the base URL."),
            True,
        )
    if _holds(chain, httpx.RemoteProtocolError, httpx.NetworkError):
        advice = tr("Try again; if it keeps happening, check whether the base URL should begin with https://.")
        return ErrorKind.CONNECTION, tr("{host} closed the connection without an answer."), advice, True
    if _holds(chain, httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError):
        return (
            ErrorKind.CONFIGURATION,
            tr("Invalid request to {host}."),
            tr("Check its base URL and key."),
            False,
        )
    return ErrorKind.INTERNAL, tr("Internal error."), tr("Try again; if it keeps happening, report it."), False


def _certificate(text: str) -> tuple[str, str]:
    lowered = text.lower()
    if "expired" in lowered or "not yet valid" in lowered:
        return (
            tr("The certificate of {host} has expired or is not valid yet."),
            tr("Check this machine's clock; if it is right, the server must renew the certificate."),
        )
    if "self-signed" in lowered or "self signed" in lowered:
        return (
            tr("The certificate of {host} is self-signed."),
            tr("If this is your own server or proxy, set SSL_CERT_FILE to its certificate."),
        )
    if "hostname mismatch" in lowered or "doesn't match" in lowered or "not valid for" in lowered:
        return tr("The certificate of {host} is for a different host name."), tr("Check the base URL.")
    return (
        tr("The certificate of {host} is not trusted."),
        tr("If your network has its own authority, set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to its certificate."),
    )


def _refused(url: str) -> str:
    if is_this_machine(url):
        return tr("Start the server, or check the base URL.")
    return tr("Check the base URL and the network.")


def error_of_proxy(error: Exception, proxy: Proxy) -> ProviderError:
    """Makes an error of a proxy that no client can be made for."""
    if isinstance(error, ImportError):
        advice = tr("Install it with: pip install socksio")
        return ProviderError(
            ErrorKind.CONFIGURATION,
            tr(
                "The SOCKS proxy {proxy} ({source}) needs a package that is missing.",
                proxy=proxy.address,
                source=_source(proxy),
            ),
            advice,
        )
    message = tr("The proxy named in {where} can't be used.", where=proxy.source)
    return _unusable(message, proxy.source, error)


def error_of_certificates(error: OSError) -> ProviderError:
    """Makes an error of a variable whose certificates can't be read."""
    where = ca_variable() or tr("the environment")
    return _unusable(tr("The certificate file named in {where} can't be used.", where=where), where, error)


def _unusable(message: str, where: str, error: Exception) -> ProviderError:
    return ProviderError(
        ErrorKind.CONFIGURATION,
        message,
        tr("Correct or unset {where}, then try again.", where=where),
        detail=clean(re.sub(r"//[^/@\s]+@", "//***@", str(error)))[:500],
    )
