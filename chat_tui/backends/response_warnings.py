"""Warnings about a complete answer: fewer choices than requested, a prompt that the server did not read whole."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tui.domain.conversation.chunk import Chunk, UsageUpdate
from chat_tui.domain.ports.backend import ChatRequest
from chat_tui.i18n import tr

_MIN_CHARACTERS = 8_000
_CHARACTERS_A_TOKEN = 12
"""More than any tokenizer puts into one token of real text on average."""


class ResponseWarnings:
    """Watches the chunks of one answer."""

    def __init__(self, request: ChatRequest, name: str) -> None:
        self._request = request
        self._name = name
        self._prompt_tokens: int | None = None
        self._indices: set[int] = set()

    def see(self, chunk: Chunk) -> None:
        """Takes note of a chunk."""
        if isinstance(chunk, UsageUpdate):
            counted = chunk.usage.get("prompt_tokens")
            self._prompt_tokens = counted if isinstance(counted, int) else None
        elif (index := getattr(chunk, "index", None)) is not None:
            self._indices.add(index)

    def notices(self) -> Iterator[str]:
        """The warnings at the answer's end."""
        requested, received = self._request.parameters.get("n"), len(self._indices)
        if isinstance(requested, int) and 0 < received < requested:
            yield tr(
                "{received} of {requested} answers received: {name} does not support n here.",
                received=received,
                requested=requested,
                name=self._name,
            )
        sent = sum(len(message.content) for message in self._request.messages)
        read = self._prompt_tokens
        if read and sent > _MIN_CHARACTERS and sent > _CHARACTERS_A_TOKEN * read:
            # Ollama and others drop the beginning without a word.
            yield tr(
                "{name} read {read:,} tokens of {sent:,} characters: the beginning may have been cut off.",
                name=self._name,
                read=read,
                sent=sent,
            )
