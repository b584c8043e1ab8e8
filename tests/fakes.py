"""Stand-ins for the ports, driven by events: nothing here sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path

from chat_tui.domain.conversation.chunk import Chunk
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.conversation.thread import Thread, ThreadDamage, ThreadSummary, TrashedThread
from chat_tui.domain.errors import StorageError, ThreadNotFoundError
from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.ports.backend import ChatRequest, ProgressCallback
from chat_tui.domain.ports.threads import News
from chat_tui.domain.search.results import SearchResult
from chat_tui.domain.text.secrets import Secret

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
