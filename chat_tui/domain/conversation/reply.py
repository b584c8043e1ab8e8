"""The reducer that builds an answer from its chunks."""

from __future__ import annotations

from chat_tui.domain.conversation.chunk import (
    AnsweredBy,
    Chunk,
    ExtraDelta,
    ExtraValue,
    Finish,
    ModelSwitched,
    ReasoningDelta,
    SourceList,
    TextDelta,
    TextWasReasoning,
    ToolCallDelta,
    UsageUpdate,
)
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.json import JsonObject
from chat_tui.domain.text.clean import Cleaner, clean


class Reply:
    """Builds one answer from its chunks: a pure state machine over a message.

    Feed it with `apply`; the message's text is clean and complete up to a character or two that the next piece can
    still change; `finish` settles those.
    """

    def __init__(self, message: Message, index: int = 0) -> None:
        """Begins an answer.

        Args:
            message: the turn to fill.
            index: which of the choices it is, where several were asked for (`n` > 1).
        """
        self.message = message
        self.index = index
        self._content = Cleaner()
        self._reasoning = Cleaner()
        self._sources_before = list(message.sources)
        """Of the half that is being continued: its marks count them."""
        self._calls: dict[int, dict[str, str]] = {}
        self._call_extras: dict[int, JsonObject] = {}
        self._custom: set[int] = set()
        """Positions of the calls of custom tools: what they are called with is text, not JSON."""

    def apply(self, chunk: Chunk) -> None:
        """Adds one chunk. Chunks of other choices are not this answer's; usage is that of the first."""
        message = self.message
        if isinstance(chunk, AnsweredBy):
            message.answered_by, message.upstream_provider = clean(chunk.model, multiline=False), chunk.upstream
            return
        if isinstance(chunk, ModelSwitched):
            message.model, message.tried = chunk.model, list(chunk.tried)
            return
        if getattr(chunk, "index", 0) != self.index:
            return
        match chunk:
            case TextDelta(text):
                message.content += self._content.feed(text)
            case ReasoningDelta(text):
                message.reasoning += self._reasoning.feed(text)
            case TextWasReasoning():
                message.reasoning += self._reasoning.flush() + message.content + self._content.flush()
                message.content = ""
            case UsageUpdate(usage):
                message.usage = usage
            case Finish(reason):
                message.finish_reason = clean(reason, multiline=False)
            case ToolCallDelta():
                self._add_call(chunk)
            case ExtraValue(name, value):
                message.extra[name] = value
            case SourceList(sources):
                urls = {each.get("url") for each in self._sources_before}
                message.sources = self._sources_before + [each.to_json() for each in sources if each.url not in urls]
            case ExtraDelta(name, values):
                kept = message.extra.get(name)
                message.extra[name] = [*(kept if isinstance(kept, list) else []), *values]
            case _:
                pass
        message.hidden = self._content.hidden + self._reasoning.hidden

    def finish(self) -> None:
        """Settles what was held back, at the end of the stream however it ended."""
        self.message.content += self._content.flush()
        self.message.reasoning += self._reasoning.flush()
        self.message.hidden = self._content.hidden + self._reasoning.hidden

    def _add_call(self, delta: ToolCallDelta) -> None:
        call = self._calls.setdefault(delta.position, {"id": "", "name": "", "arguments": ""})
        call["id"] = clean(delta.id, multiline=False) or call["id"]
        call["name"] = clean(delta.name, multiline=False) or call["name"]
        call["arguments"] += clean(delta.arguments)
        if delta.is_custom:
            self._custom.add(delta.position)
        if delta.extra:
            self._call_extras[delta.position] = self._call_extras.get(delta.position, {}) | delta.extra
        self.message.tool_calls = [
            self._call_extras.get(position, {})
            | {"id": each["id"]}
            | (
                {"type": "custom", "custom": {"name": each["name"], "input": each["arguments"]}}
                if position in self._custom
                else {"type": "function", "function": {"name": each["name"], "arguments": each["arguments"]}}
            )
            for position, each in sorted(self._calls.items())
        ]
