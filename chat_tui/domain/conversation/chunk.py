"""What a streaming answer is made of, whatever server it comes from.

    bytes -> SSE events -> chunks -> message

`index` numbers the choices of an answer from 0; above 0 only where `n` > 1 was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_tui.domain.conversation.citations import Source
from chat_tui.domain.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text of the answer, as it came: not yet cleaned (see `clean`)."""

    text: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Text of the model's reasoning, as it came: not yet cleaned."""

    text: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class TextWasReasoning:
    """All the choice's text so far was reasoning: its `</think>` came without a `<think>`."""

    index: int = 0


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call; pieces with one `position` belong together."""

    position: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    """JSON; the input, which is any text, of a custom tool."""
    index: int = 0
    extra: JsonObject = field(default_factory=dict, hash=False)
    """What else the server put beside the function and wants back on the next turn."""
    is_custom: bool = False
    """Whether it calls OpenAI's `custom` kind of tool, which takes text."""


@dataclass(frozen=True, slots=True)
class ExtraDelta:
    """Parts of the answer that are no text: `images`, `annotations`, `citations`, `audio`."""

    name: str
    values: tuple[Json, ...] = field(hash=False)
    index: int = 0


@dataclass(frozen=True, slots=True)
class ExtraValue:
    """One value beside the text: `refusal` (its text), `logprobs` (a list), `content_filter` (by category)."""

    name: str
    value: Json = field(hash=False)
    index: int = 0


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """The model that the answer itself names, which need not be the one that was asked. Of all choices."""

    model: str
    upstream: str = ""
    """The provider behind a router (OpenRouter's `provider`); empty where none is named."""


@dataclass(frozen=True, slots=True)
class ModelSwitched:
    """Another model is asked than before, as nothing of an answer had come. Of all choices."""

    model: str
    """`provider/model-id` of the one that is asked now, or was asked first where all have failed."""
    tried: tuple[JsonObject, ...] = field(hash=False)
    """All that failed beside it, as in `Message.tried`. Replaces the ones before."""


@dataclass(frozen=True, slots=True)
class SourceList:
    """All sources of the answer so far, in the order in which its marks count them. Replaces the list before."""

    sources: tuple[Source, ...]
    index: int = 0


@dataclass(frozen=True, slots=True)
class UsageUpdate:
    """Token counts so far, in OpenAI's field names. Replaces the ones before, never adds."""

    usage: JsonObject


@dataclass(frozen=True, slots=True)
class Finish:
    """A choice is complete; `reason` is the server's word."""

    reason: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class RetryWait:
    """Nothing has come yet and the request will be sent again: why, and in how many seconds."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the request that the user should know, no part of the answer: a sentence, already clean."""

    text: str
    is_passing: bool = False
    """Whether it is of no interest any more once the answer has ended, which says it itself."""


Chunk = (
    TextDelta
    | ReasoningDelta
    | TextWasReasoning
    | ToolCallDelta
    | ExtraDelta
    | ExtraValue
    | AnsweredBy
    | ModelSwitched
    | SourceList
    | UsageUpdate
    | Finish
    | RetryWait
    | Notice
)
