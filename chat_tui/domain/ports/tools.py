"""The ports of tools: who has and runs them, and which of them the user approved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from chat_tui.domain.json import JsonObject
from chat_tui.domain.tools import Approval, OfferedTools, Tool, ToolResult, ToolServer


class ToolError(Exception):
    """A call, or a request to a server, failed: a sentence, already clean."""


@dataclass(frozen=True, slots=True)
class ServerPrompt:
    """A prompt that a server offers."""

    server: str
    name: str
    description: str = ""
    arguments: tuple[str, ...] = ()
    """Names of what it can be filled with."""


@dataclass(frozen=True, slots=True)
class ServerResource:
    """A document that a server offers."""

    server: str
    uri: str
    name: str = ""
    media_type: str = ""


class Toolbox(Protocol):
    """Has the tools of all servers of the settings, and the program's own. Servers start when they are first needed."""

    def servers(self) -> Sequence[ToolServer]:
        """Every server as it is now. Quick: nothing is started or read."""
        ...

    async def offered(self, selected: Sequence[str], progress: Callable[[str], None] | None = None) -> OfferedTools:
        """The tools that a thread offers; starts the servers that it needs, all at once.

        Args:
            selected: servers (`time`) and tools (`git:git_log`).
            progress: called with what is waited for: "Starting time".
        """
        ...

    def approval(self, tool: Tool) -> Approval:
        """What the settings say of a tool's calls."""
        ...

    def scope(self, tool: Tool, arguments: JsonObject) -> str:
        """What an approval "always" of this call covers: the tool; of `web_fetch` its host as well."""
        ...

    async def run(
        self, tool: Tool, arguments: JsonObject, thread_id: str, progress: Callable[[str], None] | None = None
    ) -> ToolResult:
        """Runs one call. Cancelling it tells the server, and does not wait for it.

        Args:
            tool: of `offered`.
            arguments: valid by its schema.
            thread_id: whose call it is: files with long results are kept by thread; empty for none.
            progress: called with what the server reports meanwhile: a clean line.

        Raises:
            ToolError: the server was lost, took too long, or refused it.
        """
        ...

    async def prompts(self) -> Sequence[ServerPrompt]:
        """The prompts of the servers that are ready."""
        ...

    async def prompt(self, server: str, name: str, arguments: dict[str, str]) -> str:
        """The text of a server's prompt.

        Raises:
            ToolError: it can't be had.
        """
        ...

    async def resources(self) -> Sequence[ServerResource]:
        """The documents of the servers that are ready."""
        ...

    async def resource(self, server: str, uri: str) -> str:
        """The text of a server's document.

        Raises:
            ToolError: it can't be had, or is no text.
        """
        ...

    async def aclose(self) -> None:
        """Stops every server."""
        ...


class ToolApprovals(Protocol):
    """Keeps which definitions of tools the user approved. On this machine only: no thread file can approve anything."""

    async def get(self, thread_id: str, scope: str) -> str | None:
        """The fingerprint of the tool that was approved; None where none was.

        Args:
            thread_id: where; empty for the settings' "always".
            scope: see `Toolbox.scope`.
        """
        ...

    async def set(self, thread_id: str, scope: str, fingerprint: str) -> None:
        """Notes an approval. One that can't be noted is not: it is asked again."""
        ...
