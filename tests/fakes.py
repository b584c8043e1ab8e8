"""Stand-ins for the ports, driven by events: nothing here sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path

from chat_tui.domain.conversation.chunk import Chunk
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread, ThreadDamage, ThreadSummary, TrashedThread
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.ports.backend import ChatRequest, ProgressCallback
from chat_tui.domain.ports.threads import News
from chat_tui.domain.ports.tools import ServerPrompt, ServerResource, ToolError
from chat_tui.domain.search.results import SearchResult
from chat_tui.domain.text.secrets import Secret
from chat_tui.domain.tools import Approval, OfferedTools, ServerState, Tool, ToolResult, ToolServer, is_offered

Step = Chunk | BaseException | asyncio.Event


class FakeBackend:
    """Plays scripts: a chunk is yielded, an exception raised, an event waited for."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts)
        self.requests: list[ChatRequest] = []
        self.waiting = asyncio.Event()
        """Set when a script waits for an event."""
        self.closed = 0
        """Streams that were closed before their end."""

    async def stream(self, request: ChatRequest, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        self.requests.append(request)
        try:
            for step in self.scripts.pop(0):
                if isinstance(step, BaseException):
                    raise step
                if isinstance(step, asyncio.Event):
                    self.waiting.set()
                    await step.wait()
                else:
                    yield step
        except (GeneratorExit, asyncio.CancelledError):
            self.closed += 1
            raise

    def preview(self, request: ChatRequest) -> tuple[str, str]:
        return "{}", "curl"

    async def models(self, provider: str, *, refresh: bool = False, key: Secret | None = None) -> ModelList:
        return ModelList(provider)

    def known_models(self) -> Sequence[ModelList]:
        return []

    def model(self, ref: ModelRef) -> Model:
        return Model(ref)

    def has_key(self, provider: Provider) -> bool:
        return True

    async def aclose(self) -> None:
        pass


class FakeStore:
    """Remembers what was saved, as it was when it was saved; can be told to fail."""

    def __init__(self) -> None:
        self.saved: list[list[str]] = []
        """The contents of all messages, a list for each save."""
        self.failure: StorageError | None = None
        self.wrote = asyncio.Event()
        """Set by each save."""

    def save_blocking(self, thread: Thread) -> None:
        if self.failure:
            raise self.failure
        self.saved.append([message.content for message in thread.messages.values()])
        self.wrote.set()

    async def save(self, thread: Thread) -> None:
        self.save_blocking(thread)

    async def note(self, thread: Thread, messages: Iterable[Message] = ()) -> None:
        self.save_blocking(thread)

    async def sync_from_disk(self, thread: Thread) -> News:
        return News.NONE

    def save_elsewhere(self, folder: Path) -> None:
        pass

    async def load(self, thread_id: str) -> Thread:
        raise ThreadNotFoundError(thread_id)

    async def resolve(self, part: str) -> str:
        raise ThreadNotFoundError(part)

    async def recent(self, limit: int = 100) -> list[ThreadSummary]:
        return []

    async def search(self, query: str, limit: int = 100, *, wait: bool = False) -> SearchResult:
        return SearchResult()

    async def duplicate(self, thread_id: str) -> str:
        raise ThreadNotFoundError(thread_id)

    async def version(self) -> object:
        return None

    async def delete(self, thread_id: str) -> None:
        pass

    async def restore(self, thread_id: str) -> None:
        pass

    async def trashed(self) -> list[TrashedThread]:
        return []

    async def delete_trashed(self, thread_id: str) -> None:
        raise ThreadNotFoundError(thread_id)

    async def empty_trash(self) -> int:
        return 0

    async def damaged(self) -> list[ThreadDamage]:
        return []

    async def salvage(self, name: str) -> str:
        raise ThreadNotFoundError(name)

    def broken(self) -> Sequence[str]:
        return []


class FakeToolbox:
    """Tools that answer with what they were called with, or as told; remembers what ran."""

    def __init__(self, *tools: Tool) -> None:
        self.tools = tools
        self.other_servers: list[ToolServer] = []
        self.rules: dict[str, Approval] = {}
        """By the tool's ref; `ask` for others."""
        self.ran: list[tuple[str, JsonObject]] = []
        self.kept_for: list[str] = []
        """The threads' ids with which they ran."""
        self.held: asyncio.Event | None = None
        """What each call waits for."""
        self.running = asyncio.Event()
        """Set when a call waits."""
        self.results: dict[str, ToolResult | ToolError] = {}
        """By the tool's name."""
        self.offered_prompts: list[ServerPrompt] = []
        self.offered_resources: list[ServerResource] = []
        self.texts: dict[str, str] = {}
        """Of prompts by name, of documents by address; an error for others."""

    def servers(self) -> Sequence[ToolServer]:
        names = dict.fromkeys(tool.server for tool in self.tools)
        listed = {each: tuple(tool for tool in self.tools if tool.server == each) for each in names}
        return [*(ToolServer(each, each, ServerState.READY, tools=listed[each]) for each in names), *self.other_servers]

    async def offered(self, selected: Sequence[str], progress: Callable[[str], None] | None = None) -> OfferedTools:
        return OfferedTools(tuple(each for each in self.tools if is_offered(each, list(selected))))

    def approval(self, tool: Tool) -> Approval:
        return self.rules.get(tool.ref, Approval.ASK)

    def scope(self, tool: Tool, arguments: JsonObject) -> str:
        return tool.ref

    async def run(
        self, tool: Tool, arguments: JsonObject, thread_id: str, progress: Callable[[str], None] | None = None
    ) -> ToolResult:
        self.ran.append((tool.name, arguments))
        self.kept_for.append(thread_id)
        if self.held is not None:
            self.running.set()
            await self.held.wait()
        result = self.results.get(tool.name, ToolResult(f"{tool.name}: {arguments}"))
        if isinstance(result, ToolError):
            raise result
        return result

    async def prompts(self) -> Sequence[ServerPrompt]:
        return self.offered_prompts

    async def prompt(self, server: str, name: str, arguments: dict[str, str]) -> str:
        return self._text(name) + "".join(f" {key}={value}" for key, value in arguments.items())

    async def resources(self) -> Sequence[ServerResource]:
        return self.offered_resources

    async def resource(self, server: str, uri: str) -> str:
        return self._text(uri)

    def _text(self, name: str) -> str:
        if name not in self.texts:
            raise ToolError(f"There is no {name}.")
        return self.texts[name]

    async def aclose(self) -> None:
        pass


class FakeChecker:
    """Finds what it is told to find."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        """Problems by the value's repr."""

    async def problems(self, value: Json, schema: JsonObject) -> list[str]:
        return self.found.get(repr(value), [])


class FakeApprovals:
    """Approvals in memory."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}

    async def get(self, thread_id: str, scope: str) -> str | None:
        return self.known.get((thread_id, scope))

    async def set(self, thread_id: str, scope: str, fingerprint: str) -> None:
        self.known[thread_id, scope] = fingerprint
