"""`chat-tui keys`: stores and removes API keys, which are never arguments."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.cli.standard_input import read_line
from chat_tui.domain.errors import UsageError
from chat_tui.domain.text.secrets import parse_key, redact
from chat_tui.i18n import tr

_LONGEST = 16 * 1024
"""Bytes of a key's line."""


def run(args: Namespace, container: Container, out: Output) -> int:
    """Stores or removes the key of a provider.

    Raises:
        UsageError: there is no such provider, or what was given is no key.
        StorageError: it can't be stored.
    """
    looks_like_key = redact(args.provider) != args.provider and args.provider not in container.settings.providers
    if args.key or looks_like_key:
        name = "PROVIDER" if looks_like_key else args.provider
        raise UsageError(
            tr(
                "An API key can't be an argument: it would show in the shell's history and the process "
                "list. Run `chat-tui keys delete {provider}`",
                provider=name,
            )
            if args.action == "delete"
            else tr(
                "An API key can't be an argument: it would show in the shell's history and the process "
                "list. Run `chat-tui keys set {provider}` and paste it when asked.",
                provider=name,
            )
        )
    provider = container.provider(args.provider)
    if args.action == "delete":
        there = asyncio.run(container.keys.delete(provider.key))
        out.note(
            tr("API key for {name} removed.", name=provider.name)
            if there
            else tr("No API key for {name} was stored.", name=provider.name)
        )
        return 0
    if not provider.needs_key:
        raise UsageError(tr("{name} needs no key.", name=provider.name))
    try:
        key = parse_key(_read(provider.name, out))
    except ValueError as error:
        raise UsageError(tr("API key not saved: {error}.", error=error)) from None
    if key.was_quoted:
        out.note(tr("The key is saved without the quotes around it."))
    where = asyncio.run(container.keys.set(provider.key, key))
    out.note(tr("API key for {name} ({key}) saved {where}.", name=provider.name, key=key.hint(), where=where))
    if name := next((each for each in provider.key_variables if container.environ.get(each)), ""):
        out.note(tr("The environment variable {name} is set and takes precedence.", name=name))
    return 0


def _read(name: str, out: Output) -> str:
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return read_line(_LONGEST, out, tr("the key")).decode("utf-8-sig", "replace")
    from getpass import getpass

    try:
        return getpass(tr("{name} API key (hidden): ", name=name), stream=sys.stderr)
    except EOFError:
        return ""
