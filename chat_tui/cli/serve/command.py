"""`chat-tui serve`: the app in a browser, for this machine or, with a password, for others."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from chat_tui.cli.exit_codes import DONE
from chat_tui.cli.serve.access import Access, is_loopback
from chat_tui.domain.errors import UsageError
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from chat_tui.cli.container import Container
    from chat_tui.cli.output import Output

PASSWORD = "CHAT_TUI_SERVE_PASSWORD"
"""The variable that may hold the password."""
SHORTEST_PASSWORD = 8


def run(args: Namespace, container: Container, out: Output) -> int:
    """Serves until ctrl+c.

    Raises:
        UsageError: the extra is missing, the port is taken, or there is no password for a wide address.
    """
    if sys.platform == "win32":
        raise UsageError(tr("`chat-tui serve` needs a pseudo-terminal, which Windows has only within WSL."))
    try:
        from chat_tui.cli.serve.server import AppServer, environment, serve
    except ImportError as error:
        raise UsageError(tr("Install what serves a page: pip install 'chat-tui[serve]'.")) from error
    is_wide = not is_loopback(args.host)
    password = _password(out) if is_wide else None
    port = args.port or _free_port(args.host)
    access = Access(args.host, port, password, args.allow_host)
    server = AppServer(access, args.sessions, environment())

    def ready() -> None:
        shown = f"[{args.host}]" if ":" in args.host else args.host
        out.line(f"http://{shown}:{port}/" + ("" if is_wide else f"?token={access.token}"))
        out.note(tr("Open this address in a browser. Ctrl+C ends the server; everything is saved."))

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(server, args.host, port, ready, stop)

    try:
        asyncio.run(work())
    except OSError as error:
        what = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else str(error)
        raise UsageError(
            tr("Can't listen at {host}:{port}: {error}. Choose another --port.", host=args.host, port=port, error=what)
        ) from error
    return DONE


def _password(out: Output) -> str:
    """The password for an address that others can reach."""
    out.note(
        tr(
            "Whoever has the password reads and changes all threads, and asks models with your keys. "
            "The connection is not encrypted: use a network that you trust, ssh, or a proxy with TLS."
        )
    )
    password = os.environ.get(PASSWORD, "")
    if not password and sys.stdin.isatty():
        from getpass import getpass

        password = getpass(tr("Password for the page: "))
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(
            tr(
                "An address that others can reach needs a password of {n} characters or more: type it, or set {name}.",
                n=SHORTEST_PASSWORD,
                name=PASSWORD,
            )
        )
    return password


def _free_port(host: str) -> int:
    """Any port that is free. Another program may take it before the server does, which is then told."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as found:
            found.bind((host, 0))
            return int(found.getsockname()[1])
    except OSError as error:
        raise UsageError(tr("Can't listen at {host}: {error}.", host=host, error=error.strerror or error)) from error
