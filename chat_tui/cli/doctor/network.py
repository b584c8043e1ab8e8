"""Checks of keys, proxies, certificates, providers, tool servers and the local model."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from chat_tui.backends.http.environment import CA_VARIABLES, ca_variable, proxy_for
from chat_tui.backends.local.files import starter_file
from chat_tui.cli.choose import is_in_use
from chat_tui.cli.container import Container
from chat_tui.cli.doctor.findings import Finding, Findings, Grade, awaited
from chat_tui.domain.conversation.message import Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import UsageError
from chat_tui.domain.models.provider import Provider
from chat_tui.i18n import tr
from chat_tui.storage.keys.keyring_access import Keyring

KEYS, NETWORK, TOOLS = "Keys", "Network", "Tools"
PATIENCE = 20.0
"""Seconds for a server."""


def used_providers(container: Container) -> list[Provider]:
    """The providers that the user set up."""
    return [each for each in container.settings.providers.values() if is_in_use(each, container.keys.has)]


async def keys(container: Container) -> Findings:
    """Where keys are kept, and which providers have one."""
    name = await Keyring().name()
    where = tr("in {name}", name=name) if name else tr("in credentials.toml: no keyring found")
    found = [Finding(KEYS, "keyring", Grade.OK if name else Grade.NOTE, where)]
    ready = [each.name for each in used_providers(container) if each.needs_key]
    text = ", ".join(ready) or tr("no provider has a key")
    advice = "" if ready else tr("chat-tui keys set PROVIDER")
    return [*found, Finding(KEYS, "providers", Grade.OK if ready else Grade.NOTE, text, advice)]


def proxies(providers: Sequence[Provider]) -> Findings:
    """The proxies that requests go through, without user names and passwords."""
    by_proxy: dict[str, list[str]] = {}
    for each in providers:
        proxy = proxy_for(each.base_url) if each.base_url else None
        where = tr("{address} (from {source})", address=proxy.address, source=proxy.source) if proxy else ""
        by_proxy.setdefault(where, []).append(each.name)
    if by_proxy.keys() <= {""}:
        return [Finding(NETWORK, "proxy", Grade.OK, tr("none"))]
    return [
        Finding(NETWORK, "proxy", Grade.OK, f"{where or tr('none')}: {', '.join(names)}")
        for where, names in by_proxy.items()
    ]


def certificates() -> Findings:
    """Whether the certificates that the environment names can be read."""
    variable = ca_variable()
    if variable is None:
        return [Finding(NETWORK, "certificates", Grade.OK, tr("the system's"))]
    path = Path(os.environ[variable])
    advice = tr(
        "Correct or unset {variable}. These are looked at: {variables}.",
        variable=variable,
        variables=", ".join(CA_VARIABLES),
    )
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        return [Finding(NETWORK, "certificates", Grade.PROBLEM, f"{path} ({variable}): {error}", advice)]
    return [Finding(NETWORK, "certificates", Grade.OK, f"{path} ({variable})")]


async def lists(container: Container, providers: Sequence[Provider]) -> Findings:
    """Asks each provider for its list of models."""

    async def ask(provider: Provider) -> Findings:
        listed = await container.backend.models(provider.key, refresh=True)
        if listed.problem:
            return [Finding(NETWORK, provider.name, Grade.PROBLEM, listed.problem)]
        return [Finding(NETWORK, provider.name, Grade.OK, tr("{n:,} models", n=len(listed.models)))]

    found = await asyncio.gather(*(awaited(NETWORK, each.name, ask(each), PATIENCE) for each in providers))
    return [finding for each in found for finding in each]


async def question(container: Container, report: Callable[[str], None]) -> Findings:
    """Asks the default model for one token."""
    from chat_tui.cli.choose import default_model, require_key
    from chat_tui.cli.commands.spending import note_usage
    from chat_tui.session import ChatSession

    try:
        model = default_model(container.settings, container.backend.known_models(), container.keys.has)
        await require_key(container.provider(model.provider), container.keys)
    except UsageError as error:
        return [Finding(NETWORK, "question", Grade.NOTE, str(error))]
    report(tr("Asking {model} for one token...", model=model))

    async def ask() -> Findings:
        thread = Thread(model=str(model), parameters={"max_tokens": 1})
        session = ChatSession(thread, container.store, container.backend, keep=False, source="doctor")
        session.on_request_end = lambda answer: note_usage(container, answer)
        await session.send("Hi")
        reply = session.reply
        if reply is not None and reply.error is not None and reply.status is Status.FAILED:
            return [Finding(NETWORK, "question", Grade.PROBLEM, f"{model}: {reply.error.message}", reply.error.advice)]
        return [Finding(NETWORK, "question", Grade.OK, tr("{model} answers", model=model))]

    return await awaited(NETWORK, "question", ask(), 3 * PATIENCE)


async def tools(container: Container, *, start: bool) -> Findings:
    """The tool servers: whether their commands are there, and where they are started, what they offer."""
    servers = [each for each in container.settings.tool_servers.values() if each.enabled]
    if importlib.util.find_spec("mcp") is None and servers:
        advice = "pip install 'chat-tui[mcp]'"
        return [Finding(TOOLS, "servers", Grade.PROBLEM, tr("The package mcp is not installed."), advice)]
    found = []
    for each in servers:
        path = container.environ.get("PATH", "")
        if each.command and shutil.which(each.command, path=path) is None:
            found.append(
                Finding(
                    TOOLS,
                    each.name,
                    Grade.PROBLEM,
                    tr("Its command is not found."),
                    tr("See {place}.", place=each.place),
                )
            )
        elif start:
            found += await awaited(TOOLS, each.name, _offered(container, each.name), PATIENCE)
        else:
            found.append(Finding(TOOLS, each.name, Grade.OK, tr("configured; --online starts it")))
    return found


async def _offered(container: Container, name: str) -> Findings:
    offered = await container.toolbox.offered([name])
    if offered.problems:
        return [Finding(TOOLS, name, Grade.PROBLEM, offered.problems[0])]
    return [Finding(TOOLS, name, Grade.OK, tr("{n:,} tools", n=len(offered.tools)))]


def local_model(container: Container) -> Findings:
    """Whether the local model can run."""
    if importlib.util.find_spec("xllamacpp") is None:
        return [Finding(TOOLS, "local model", Grade.NOTE, tr("not installed"), "pip install 'chat-tui[local]'")]
    file = starter_file(container.paths.data)
    if not file.exists():
        return [Finding(TOOLS, "local model", Grade.NOTE, tr("not downloaded yet"))]
    return [Finding(TOOLS, "local model", Grade.OK, f"{file.stat().st_size / 1e6:,.0f} MB")]
