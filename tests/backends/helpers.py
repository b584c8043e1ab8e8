"""What the backends' tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chat_tui.backends.catalog import builtin_providers
from chat_tui.backends.client import HttpBackend
from chat_tui.domain.conversation.chunk import Chunk
from chat_tui.domain.conversation.message import Message, Role, new_message_id
from chat_tui.domain.conversation.reply import Reply
from chat_tui.domain.errors import ProviderError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.provider import Auth, Provider, Timeouts
from chat_tui.domain.ports.backend import ChatRequest
from chat_tui.domain.text.secrets import Secret
from tests.servers import Reply as Scripted
from tests.servers import Request, ScriptedServer

KEY = "sk-canary-0123456789abcdef"


class Keys:
    """A key store with one key for everybody, or several."""

    def __init__(self, key: str | None = KEY, *others: str) -> None:
        self.key = key
        self.others = others

    async def all(self, provider: Provider) -> list[Secret]:
        key = await self.get(provider)
        return [*([key] if key else []), *map(Secret, self.others)]

    async def get(self, provider: Provider) -> Secret | None:
        return Secret(self.key) if self.key else None

    def has(self, provider: Provider) -> bool:
        return not provider.needs_key or self.key is not None

    async def set(self, provider: str, key: Secret) -> str:
        raise NotImplementedError

    async def delete(self, provider: str) -> bool:
        raise NotImplementedError


def custom(url: str, **fields: Any) -> Provider:
    """A provider of the user's own."""
    return Provider("work", "Work", url + "/v1", **{"auth": Auth(), **fields})


def at(key: str, url: str) -> Provider:
    """A built-in provider, its server replaced by the one at `url`: path and all the rest stay."""
    profile = builtin_providers()[key]
    path = profile.base_url.partition("//")[2].partition("/")[2]
    return replace(profile, base_url=f"{url}/{path}")


def user(text: str, **fields: Any) -> Message:
    return Message(new_message_id(), None, Role.USER, text, **fields)


def turn(
    provider: str = "work", model: str = "m", *, parameters: JsonObject | None = None, stream: bool = True
) -> ChatRequest:
    return ChatRequest(ModelRef(provider, model), [user("Hi")], parameters or {}, stream)


def reduced(chunks: Iterable[Chunk]) -> Message:
    """The message that chunks make."""
    reply = Reply(Message("x", None, Role.ASSISTANT))
    for chunk in chunks:
        reply.apply(chunk)
    reply.finish()
    return reply.message


class Outcome:
    """What came of a turn: its chunks, the message they make, and the error that ended it."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.error: ProviderError | None = None
        self.waits: list[float] = []

    @property
    def message(self) -> Message:
        return reduced(self.chunks)

    @property
    def failure(self) -> ProviderError:
        assert self.error is not None, f"no error, but {self.message.content!r}"
        return self.error


async def run(provider: Provider, tmp_path: Path, request: ChatRequest | None = None, key: str | None = KEY) -> Outcome:
    """One turn through a fresh backend whose retries don't wait."""
    outcome = Outcome()

    async def sleep(seconds: float) -> None:
        outcome.waits.append(seconds)

    backend = HttpBackend(
        lambda: {provider.key: provider},
        Keys(key),
        tmp_path / "cache",
        tmp_path / "data",
        sleep=sleep,
        jitter=lambda: 0,
    )
    try:
        async for chunk in backend.stream(request or turn(provider.key)):
            outcome.chunks.append(chunk)
    except ProviderError as error:
        outcome.error = error
    finally:
        await backend.aclose()
    return outcome


async def ask(
    tmp_path: Path, *replies: Scripted | Callable[[Request], Scripted], **fields: object
) -> tuple[Outcome, ScriptedServer]:
    """One turn with a provider of the user's own, whose server answers so."""
    async with ScriptedServer(*replies) as server:
        return await run(custom(server.url, **fields), tmp_path), server


SHORT = Timeouts(connect=5, first_token=0.15, idle=0.15)
"""For tests of the clocks: the only real waiting in the suite."""
