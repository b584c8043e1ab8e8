"""Collects the decoder's chunks: consecutive text becomes one delta, split into text and reasoning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat_tui.backends.decoder.extras import Extras, storable
from chat_tui.backends.decoder.reasoning_tags import ReasoningTagSplitter, TagPart
from chat_tui.backends.decoder.sources import SourceReader
from chat_tui.backends.decoder.tool_calls import ToolCalls
from chat_tui.domain.conversation.chunk import Chunk, ReasoningDelta, TextDelta, TextWasReasoning, UsageUpdate
from chat_tui.domain.json import Json
from chat_tui.domain.text.clean import clean

_MOST_LOGPROBS = 50_000


class Choice:
    """What is remembered of one choice."""

    __slots__ = (
        "by_messages",
        "calls",
        "extras",
        "filters",
        "finish",
        "index",
        "logprobs",
        "pieces",
        "reasoning_pieces",
        "refusal",
        "sources",
        "think",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.think = ReasoningTagSplitter()
        self.calls = ToolCalls(index)
        self.extras = Extras(index)
        self.finish: str | None = None
        self.pieces: list[str] = []
        """The raw text so far, to know what is new in a cumulative `message`."""
        self.reasoning_pieces: list[str] = []
        self.by_messages = False
        """Whether its text has come in messages, not in deltas, from the start."""
        self.sources = SourceReader()
        self.refusal: list[str] = []
        self.logprobs: list[Json] = []
        self.filters: dict[str, Any] = {}
        """Categories of a content filter that found something."""

    def add_logprobs(self, value: object) -> None:
        """Keeps log probabilities, which come only where they were asked for: a list by token, or a server's own."""
        if not isinstance(value, dict) or len(self.logprobs) > _MOST_LOGPROBS:
            return
        entries = [*(value.get("content") or ()), *(value.get("refusal") or ())]
        if entries or not any(value.values()):
            self.logprobs += [storable(entry) for entry in entries]
        else:
            self.logprobs.append(storable(value))

    def values(self) -> Iterator[tuple[str, Json]]:
        """What is reported once, at the end: by name."""
        if self.refusal:
            yield "refusal", clean("".join(self.refusal))
        if self.logprobs:
            yield "logprobs", self.logprobs
        if self.filters:
            yield "content_filter", storable(self.filters)


def _append(pieces: list[str], text: str) -> None:
    """Adds a piece, and joins the last ones where they are of a length: an object for each token would take megabytes.

    A text of n characters is then in about log n pieces, and each character is copied as often.
    """
    while pieces and len(pieces[-1]) <= len(text):
        text = pieces.pop() + text
    pieces.append(text)


class ChunkOutput:
    """Collects the chunks of one read, so that a burst of tokens is one `TextDelta`."""

    def __init__(self) -> None:
        self.has_content = False
        """Whether any text, reasoning, image or tool call came."""
        self._chunks: list[Chunk] = []
        self._run: list[str] = []
        self._run_choice: Choice | None = None
        self._run_is_text = True

    def take(self) -> list[Chunk]:
        """Returns the chunks since the last call."""
        self._end_run()
        chunks, self._chunks = self._chunks, []
        return chunks

    def put(self, chunk: Chunk, *, is_content: bool = False) -> None:
        """Adds a chunk that is no text."""
        self._end_run()
        self._chunks.append(chunk)
        self.has_content = self.has_content or is_content

    def put_usage(self, update: UsageUpdate) -> None:
        """Adds a usage; where every chunk carries one, only the last of a read is worth handing on."""
        self._end_run()
        if self._chunks and isinstance(self._chunks[-1], UsageUpdate):
            self._chunks.pop()
        self._chunks.append(update)

    def text(self, text: str, choice: Choice) -> None:
        """Adds content as the server has it: what a cumulative `message` will repeat."""
        if text:
            self.add(text, choice)
            _append(choice.pieces, text)

    def add(self, text: str, choice: Choice) -> None:
        """Adds text in place of something that is no text."""
        if not (self._run_is_text and self._run_choice is choice):
            self._end_run()
            self._run_choice, self._run_is_text = choice, True
        self._run.append(text)

    def reasoning(self, text: str, choice: Choice) -> None:
        """Adds reasoning from a field of its own."""
        if text:
            if self._run_is_text or self._run_choice is not choice:
                self._end_run()
                self._run_choice, self._run_is_text = choice, False
                choice.think.reasoning_came()
            self._run.append(text)
            _append(choice.reasoning_pieces, text)

    def end(self, choice: Choice) -> None:
        """Settles what the choice's splitter holds back."""
        self._end_run()
        self._emit(choice.think.flush(), choice.index)

    def _end_run(self) -> None:
        choice, pieces = self._run_choice, self._run
        if choice is None or not pieces:
            return
        self._run = []
        text = "".join(pieces)
        self._run_choice = None
        if self._run_is_text:
            self._emit(choice.think.feed(text), choice.index)
        else:
            self.has_content = True
            self._chunks.append(ReasoningDelta(text, choice.index))

    def _emit(self, parts: Iterator[tuple[TagPart, str]], index: int) -> None:
        for part, text in parts:
            self.has_content = True
            match part:
                case TagPart.TEXT:
                    self._chunks.append(TextDelta(text, index))
                case TagPart.REASONING:
                    self._chunks.append(ReasoningDelta(text, index))
                case TagPart.WAS_REASONING:
                    self._chunks.append(TextWasReasoning(index))
