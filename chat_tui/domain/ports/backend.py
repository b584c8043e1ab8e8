"""The port of the backends: a request, the progress before its answer, and what the models are asked through."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chat_tui.domain.conversation.chunk import Chunk
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import Model, ModelList, ModelRef
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.text.secrets import Secret
from chat_tui.domain.tools import Tool


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One turn to be answered."""

    model: ModelRef
    messages: Sequence[Message]
    """The branch, oldest first, without the answer to come. A turn of role system may stand first."""
    parameters: JsonObject = field(default_factory=dict, hash=False)
    """Only what the user set; nothing is null."""
    stream: bool = True
    tools: tuple[Tool, ...] = ()
    """What the model may call."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something long has come: a download, a model being loaded."""

    message: str
    done: int = 0
    total: int | None = None
    """In the unit of `done` (bytes, of a download); None where unknown."""


ProgressCallback = Callable[[Progress], None]


class Backend(Protocol):
    """Talks to the models."""

    def stream(self, request: ChatRequest, progress: ProgressCallback | None = None) -> AsyncGenerator[Chunk]:
        """Sends the turn and yields the answer as it comes.

        Ends normally only when the answer is complete. Closing the generator closes the connection. `progress` hears
        of what comes before the request: the local model's download and start.

        Raises:
            ProviderError: for every failure; after chunks were yielded its kind is `interrupted` or the server's.
        """
        ...

    def preview(self, request: ChatRequest) -> tuple[str, str]:
        """What `stream` would send, without the key: the body as JSON, and a curl command.

        Raises:
            ProviderError: the request would be refused before it is sent.
        """
        ...

    async def models(self, provider: str, *, refresh: bool = False, key: Secret | None = None) -> ModelList:
        """The models of a provider: from the cache, or its server. A list that can't be had says why in `problem`.

        Args:
            provider: its key in the settings.
            refresh: whether the server is asked in any case.
            key: an API key to ask with, to see whether it is accepted; else the stored one.
        """
        ...

    def known_models(self) -> Sequence[ModelList]:
        """What is known without asking anybody, for every provider: cached lists, configured and starter ids. Quick."""
        ...

    def model(self, ref: ModelRef) -> Model:
        """All that is known of one model without asking anybody, also of one that is in no list. Quick."""
        ...

    def has_key(self, provider: Provider) -> bool:
        """Whether the provider can be used: it has a key or needs none. Quick: no keyring, no command."""
        ...

    async def aclose(self) -> None:
        """Closes connections and stops the local model's process."""
        ...
