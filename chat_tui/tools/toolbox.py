"""All tools of this program: those of the servers in the settings, which start when they are needed, and its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.ports.tools import ServerPrompt, ServerResource, ToolError
from chat_tui.domain.settings import Settings, ToolServerSettings
from chat_tui.domain.tools import (
    BUILT_IN,
    Approval,
    OfferedTools,
    ServerState,
    Tool,
    ToolResult,
    ToolServer,
    is_offered,
)
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import remove
from chat_tui.tools.words import one_line

if TYPE_CHECKING:
    from chat_tui.tools.built_in import BuiltInTools
    from chat_tui.tools.connection import Connection

INSTALL = 'pip install "chat-tui[mcp]"'
FRESH_SECONDS = 60.0
"""For which a list of tools is taken as it was, unless its server says that it has changed."""
T = TypeVar("T")


class _Server:
    """One server of the settings: at most one connection, however many ask for it."""

    def __init__(self, settings: ToolServerSettings) -> None:
        self.settings = settings
        self.connection: Connection | None = None
        self.is_starting = False
        self.problem = ""
        self.tools: tuple[Tool, ...] = ()
        self.problems: tuple[str, ...] = ()
        self.log = ""
        """Of the last start; empty where nothing was started."""
        self.listed_at = 0.0
        self.changes = 0
        """`Connection.lists_changed` when the tools were listed."""
        self.lock = asyncio.Lock()

    @property
    def is_ready(self) -> bool:
        return self.connection is not None and self.connection.is_ready

    @property
    def is_listed(self) -> bool:
        """Whether the tools are as the server has them, as far as that is known."""
        if self.connection is None or self.connection.lists_changed != self.changes:
            return False
        return time.monotonic() - self.listed_at < FRESH_SECONDS

    @property
    def state(self) -> ServerState:
        if not self.settings.enabled:
            return ServerState.OFF
        if self.is_starting:
            return ServerState.STARTING
        if self.connection is None:
            return ServerState.FAILED if self.problem else ServerState.IDLE
        return ServerState.READY if self.connection.is_ready else ServerState.FAILED


class ServerToolbox:
    """Implements `Toolbox`."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        environ: Mapping[str, str],
        built_in: BuiltInTools,
        logs: Path,
        results: Path,
    ) -> None:
        """Starts and reads nothing.

        Args:
            settings: as they are now.
            environ: fills in the variables of the settings; little of it goes to servers.
            built_in: the program's own tools.
            logs: the directory of what servers write on standard error.
            results: the directory of long results.
        """
        self._settings = settings
        self._environ = environ
        self._built_in = built_in
        self._logs = logs
        self._results = results
        self._servers: dict[str, _Server] = {}

    def servers(self) -> Sequence[ToolServer]:
        """See `Toolbox.servers`."""
        own = ToolServer(BUILT_IN, tr("built in"), ServerState.READY, tools=self._built_in.tools())
        return [*(self._shown(self._server(each)) for each in self._settings().tool_servers.values()), own]

    async def offered(self, selected: Sequence[str], progress: Callable[[str], None] | None = None) -> OfferedTools:
        """See `Toolbox.offered`."""
        names = list(dict.fromkeys(each.partition(":")[0] for each in selected))
        found = await asyncio.gather(*(self._tools_of(each, progress or _ignore) for each in names))
        problems = [problem for _, each in found for problem in each]
        tools: dict[str, Tool] = {}
        chosen = list(selected)
        for tool in (tool for listed, _ in found for tool in listed if is_offered(tool, chosen)):
            if tool.wire_name in tools:
                problems.append(
                    tr(
                        "{tool} is left out: it can't be told from {other}.",
                        tool=one_line(tool.ref),
                        other=tools[tool.wire_name].ref,
                    )
                )
            else:
                tools[tool.wire_name] = tool
        there = {each.ref for each in tools.values()}
        listed_servers = {name for name, (listed, _) in zip(names, found, strict=True) if listed}
        for each in chosen:
            server, _, name = each.partition(":")
            if name and each not in there and server in listed_servers:
                problems.append(tr("{name} has no tool {tool}.", name=server, tool=one_line(name, 60)))
        return OfferedTools(tuple(tools.values()), tuple(problems))

    def approval(self, tool: Tool) -> Approval:
        """See `Toolbox.approval`."""
        server = self._settings().tool_servers.get(tool.server)
        return server.approval(tool) if server is not None else Approval.ASK

    def scope(self, tool: Tool, arguments: JsonObject) -> str:
        """See `Toolbox.scope`."""
        if tool.server == BUILT_IN and tool.name == "web_fetch":
            from chat_tui.tools.built_in import page_host

            return f"{tool.ref} {page_host(arguments)}"
        return tool.ref

    async def run(
        self, tool: Tool, arguments: JsonObject, thread_id: str, progress: Callable[[str], None] | None = None
    ) -> ToolResult:
        """See `Toolbox.run`."""
        from chat_tui.tools.results import pieces_of, result_of

        if tool.server == BUILT_IN:
            pieces = await self._built_in.run(tool, arguments)
        else:
            connection = await self._connection_of(tool)
            answer = await connection.call(tool.name, arguments, progress)
            pieces = await asyncio.to_thread(pieces_of, answer.content, answer.structured_content, answer.is_error)
        return await result_of(pieces, tool, thread_id, self._results)

    async def prompts(self) -> Sequence[ServerPrompt]:
        """See `Toolbox.prompts`."""
        from chat_tui.tools.listing import list_prompts

        return await self._of_all(list_prompts)

    async def prompt(self, server: str, name: str, arguments: dict[str, str]) -> str:
        """See `Toolbox.prompt`."""
        from chat_tui.tools.documents import prompt_text

        return await prompt_text(self._running(server), name, arguments)

    async def resources(self) -> Sequence[ServerResource]:
        """See `Toolbox.resources`."""
        from chat_tui.tools.listing import list_resources

        return await self._of_all(list_resources)

    async def resource(self, server: str, uri: str) -> str:
        """See `Toolbox.resource`."""
        from chat_tui.tools.documents import resource_text

        return await resource_text(self._running(server), uri)

    async def aclose(self) -> None:
        """See `Toolbox.aclose`."""
        servers, self._servers = list(self._servers.values()), {}
        await asyncio.gather(*(each.connection.aclose() for each in servers if each.connection is not None))

    def _server(self, settings: ToolServerSettings) -> _Server:
        server = self._servers.get(settings.name)
        if server is None:
            server = self._servers[settings.name] = _Server(settings)
        elif server.settings != settings and not server.lock.locked():
            server.settings = settings  # its connection has the old ones: it is replaced when it is next needed
        return server

    def _shown(self, server: _Server) -> ToolServer:
        connection = server.connection
        problem = (connection.problem if connection is not None else "") or server.problem
        state = server.state
        return ToolServer(
            server.settings.name,
            one_line(server.settings.address),
            state,
            problem if state is ServerState.FAILED else "",
            server.tools,
            server.log,
        )

    async def _tools_of(self, name: str, progress: Callable[[str], None]) -> tuple[Sequence[Tool], Sequence[str]]:
        """The tools of a server, and what is wrong with it or them."""
        if name == BUILT_IN:
            return self._built_in.tools(), ()
        settings = self._settings().tool_servers.get(name)
        if settings is None:
            return (), (tr("There is no tool server {name} in the settings.", name=one_line(name, 60)),)
        if not settings.enabled:
            return (), (tr("The tool server {name} is switched off in the settings.", name=name),)
        server = self._server(settings)
        try:
            await self._ensure(server, progress)
        except ToolError as error:
            return (), (str(error),)
        return server.tools, server.problems

    async def _ensure(self, server: _Server, progress: Callable[[str], None]) -> None:
        """Has a server run, and its tools listed.

        Raises:
            ToolError: it does not.
        """
        async with server.lock:
            if server.connection is not None and server.connection.settings != server.settings:
                await server.connection.aclose()
            if not server.is_ready:
                progress(tr("Starting {name}", name=server.settings.name))
                await self._start(server)
            if not server.is_listed:
                await self._list(server)

    async def _start(self, server: _Server) -> None:
        if find_spec("mcp") is None:
            server.problem = tr("Tool servers need an optional package: {command}", command=INSTALL)
            raise ToolError(server.problem)
        server.is_starting = True
        try:
            if server.connection is not None:  # it has ended; what is left of it is cleared away
                await server.connection.aclose()
                server.connection = None
            await asyncio.to_thread(import_module, "chat_tui.tools.listing")  # the SDK takes its time
            from chat_tui.tools.connection import Connection

            server.problem, server.tools, server.listed_at = "", (), 0.0
            log = self._logs / f"{server.settings.name}.log"
            await asyncio.to_thread(remove, log, sync=False)
            connection = Connection(server.settings, self._environ, log)
            try:
                await connection.start()
            except BaseException:
                await connection.aclose()
                raise
            finally:
                server.log = str(log) if await asyncio.to_thread(log.exists) else ""
            server.connection = connection
        except (ToolError, StorageError) as error:
            server.problem = str(error)
            raise ToolError(server.problem) from error
        finally:
            server.is_starting = False

    async def _list(self, server: _Server) -> None:
        from chat_tui.tools.listing import list_tools

        assert server.connection is not None  # it was just started
        changes = server.connection.lists_changed
        listed = await list_tools(server.connection)
        server.tools, server.problems = tuple(listed.tools), tuple(listed.problems)
        server.changes, server.listed_at = changes, time.monotonic()

    async def _connection_of(self, tool: Tool) -> Connection:
        """The server of a tool that was offered: it, and the tool, must still be what they were then.

        Raises:
            ToolError: they are not.
        """
        settings = self._settings().tool_servers.get(tool.server)
        server = self._servers.get(tool.server)
        if settings is None or not settings.enabled or server is None:
            raise ToolError(tr("The tool server {name} no longer exists.", name=one_line(tool.server, 60)))
        await self._ensure(server, _ignore)
        now = next((each for each in server.tools if each.name == tool.name), None)
        if now is None or now.fingerprint != tool.fingerprint:
            raise ToolError(tr("{tool} has changed since it was offered. It was not called.", tool=one_line(tool.ref)))
        assert server.connection is not None  # as it is ready
        return server.connection

    def _running(self, name: str) -> Connection:
        server = self._servers.get(name)
        if server is None or server.connection is None or not server.is_ready:
            raise ToolError(tr("The tool server {name} is not running.", name=one_line(name, 60)))
        return server.connection

    async def _of_all(self, what: Callable[[Connection], Coroutine[Any, Any, list[T]]]) -> list[T]:
        """What the servers that are ready list; one that fails lists nothing."""

        async def one(connection: Connection) -> list[T]:
            try:
                return await what(connection)
            except ToolError:
                return []

        ready = [each.connection for each in self._servers.values() if each.connection is not None and each.is_ready]
        return [each for listed in await asyncio.gather(*map(one, ready)) for each in listed]


def _ignore(line: str) -> None:
    pass
