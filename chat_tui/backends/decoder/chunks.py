"""Decodes the events of a stream into chunks, in every shape that OpenAI-compatible servers use.

The decoder is fed the events of one network read together, so that a burst of tokens becomes one `TextDelta`.
An error inside the stream does not discard what arrived before it in the same read: it is kept in
`error`, and the caller raises it after it has passed the chunks on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chat_tui.backends.decoder.choices import Choices
from chat_tui.backends.decoder.extras import storable
from chat_tui.backends.decoder.metadata import AnswerMetadata, has_gateway
from chat_tui.backends.decoder.output import Choice, ChunkOutput
from chat_tui.backends.decoder.sources import SOURCE_FIELDS
from chat_tui.backends.decoder.sse import DONE, Event
from chat_tui.backends.payloads import (
    content_of,
    details_texts,
    nested_messages,
    new_part,
    notable_filters,
    part_texts,
    says_error,
    without_choices,
    writes,
)
from chat_tui.domain.conversation.chunk import Chunk, ExtraValue, Finish, SourceList, TextDelta, UsageUpdate
from chat_tui.domain.errors import ProviderError
from chat_tui.domain.json import Json

_REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
_BESIDE = SOURCE_FIELDS | {"images", "audio", "provider_metadata"}
_BESIDE_CHOICES = SOURCE_FIELDS | {"cost", "provider_metadata", "prompt_filter_results"}
_BESIDE_DELTA = SOURCE_FIELDS | {"content_filter_results", "content_filter_result", "text", "messages"}
_NO_REASON = (None, "", "null")
_NATIVE_USAGE = (("prompt_eval_count", "prompt_tokens"), ("eval_count", "completion_tokens"))


class ChunkDecoder:
    """Turns events into chunks; `flush` at the end."""

    def __init__(self, read_error: Callable[[Json], ProviderError], choices: int = 1) -> None:
        """Makes a decoder.

        Args:
            read_error: makes an error of a payload that says what went wrong.
            choices: how many answers were asked for (`n`).
        """
        self.error: ProviderError | None = None
        """The server's error, once one has come; events after it are ignored."""
        self.is_done = False
        """Whether the server has sent `[DONE]` or its like."""
        self.is_finished = False
        """Whether a choice was finished."""
        self.is_whole = False
        """Whether one body held the whole answer, so that its end needs no `finish_reason`."""
        self.is_damaged = False
        """Whether a piece that should have been JSON could not be read."""
        self.finish_reason = ""
        """The first choice's reason to end, if it gave one."""
        self._read_error = read_error
        self._all = Choices(choices)
        self._choices = self._all.started
        self._out = ChunkOutput()
        self._served = AnswerMetadata()

    @property
    def has_content(self) -> bool:
        """Whether any text, reasoning, image or tool call came."""
        return self._out.has_content

    @property
    def all_finished(self) -> bool:
        """Whether every choice that began has ended."""
        return self.is_finished and all(choice.finish for choice in self._choices.values())

    @property
    def filter_findings(self) -> dict[str, Any]:
        """What a content filter found, by category, of the first choice and the prompt."""
        return self._choices[0].filters if 0 in self._choices else {}

    def feed(self, events: Iterable[Event]) -> list[Chunk]:
        """Takes events and returns the chunks that they hold."""
        for event in events:
            if self.error is not None or self.is_done:
                break
            self._event(event)
        return self._taken()

    def flush(self) -> list[Chunk]:
        """Returns what was held back, at the end of the stream."""
        for choice in self._choices.values():
            self._out.end(choice)
            for name, value in choice.values() if self.has_content else ():
                self._out.put(ExtraValue(name, value, choice.index))
        return self._taken()

    def _taken(self) -> list[Chunk]:
        chunks = self._out.take()
        # Who answers is reported with the answer's first piece: a server may name a model and then fail.
        if self._served.is_news and (self._out.has_content or self.is_finished):
            chunks.insert(0, self._served.take())
        return chunks

    def _event(self, event: Event) -> None:
        value = event.value
        if isinstance(value, dict):
            self._object(value, event.name)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict) and self.error is None:
                    self._object(item, event.name)
        elif event.text == DONE:
            self.is_done = True
        elif event.name == "error":
            self.error = self._read_error(value if value is not None else event.text)
        elif isinstance(value, str) and not self._choices:
            self.error = self._read_error(value)  # a body that is one bare JSON string
        elif event.text.lstrip()[:1] in ("{", "["):
            self.is_damaged = True

    def _object(self, payload: dict[str, Any], name: str) -> None:
        choices = payload.get("choices")
        if type(choices) is list:
            used: set[int] = set()
            for position, choice in enumerate(choices):
                if isinstance(choice, dict):
                    self._choice_object(choice, position, used)
        elif isinstance(payload.get("message"), dict) and "error" not in payload:
            self._native(payload)
        elif not says_error(payload) and (choice := without_choices(payload)):
            self._without_choices(payload, choice)
        self._served.see(payload)
        if not _BESIDE_CHOICES.isdisjoint(payload):
            self._beside_choices(payload)
        usage = payload.get("usage")
        if usage is None and "x_groq" in payload and isinstance(payload["x_groq"], dict):
            usage = payload["x_groq"].get("usage")
        if usage and isinstance(usage, dict):
            self._usage(usage)
        if name == "error" or says_error(payload):
            self.error = self._read_error(payload)

    def _without_choices(self, payload: dict[str, Any], choice: dict[str, Any]) -> None:
        if "choices" in choice:
            self._object(choice, "")
            return
        if payload.get("done") is True:  # Ollama's /api/generate
            choice["finish_reason"] = choice["finish_reason"] or "stop"
        elif payload.get("done") is None and "message" not in choice:
            self.is_whole = not self._all.get(0).pieces
        self._choice_object(choice, 0, set())

    def _beside_choices(self, payload: dict[str, Any]) -> None:
        """What is beside the choices and belongs to the first: sources, cost, the prompt's filter."""
        if not SOURCE_FIELDS.isdisjoint(payload):
            self._extras({name: payload[name] for name in SOURCE_FIELDS & payload.keys()}, self._all.get(0))
        if cost := payload.get("cost"):
            self._put_usage(self._served.with_cost(cost))
        if has_gateway(payload):
            self._gateway(payload)
        for result in payload.get("prompt_filter_results") or ():
            if isinstance(result, dict):
                filters = result.get("content_filter_results") or result.get("content_filter_result")
                self._all.get(0).filters |= notable_filters(filters)

    def _gateway(self, holder: dict[str, Any]) -> None:
        self._put_usage(self._served.gateway(holder))

    def _native(self, payload: dict[str, Any]) -> None:
        """One line of Ollama's own protocol: its `message` is a delta."""
        choice: dict[str, Any] = {"delta": payload["message"], "finish_reason": payload.get("done_reason")}
        if payload.get("done") is True:
            choice["finish_reason"] = payload.get("done_reason") or "stop"
            usage = {ours: payload[theirs] for theirs, ours in _NATIVE_USAGE if isinstance(payload.get(theirs), int)}
            if usage:
                self._usage(usage | {"total_tokens": sum(usage.values())})
        self._choice_object(choice, 0, set())

    def _usage(self, usage: dict[str, Any]) -> None:
        self._put_usage(self._served.with_usage({name: storable(value) for name, value in usage.items()}))

    def _put_usage(self, update: UsageUpdate | None) -> None:
        if update is not None:
            self._out.put_usage(update)

    def _choice_object(self, payload: dict[str, Any], position: int, used: set[int]) -> None:
        number = self._all.number(payload, position, used)
        choice = self._all.get(number)
        delta, message = payload.get("delta"), payload.get("message")
        is_first = not choice.pieces
        if delta and isinstance(delta, dict):
            self._delta(delta, choice)
        if message and isinstance(message, dict):
            self.is_whole = is_first and not writes(delta)
            self._message(message, choice, is_another=number in used)
        used.add(number)
        if payload.get("logprobs") or not _BESIDE_DELTA.isdisjoint(payload):
            self._beside_delta(payload, choice, is_said=writes(delta) or writes(message))
        usage = payload.get("usage")
        if usage and isinstance(usage, dict):
            self._usage(usage)
        reason = payload.get("finish_reason")
        if reason is None:
            reason = payload.get("finishReason")
        if reason not in _NO_REASON:
            self._finish(str(reason), choice)

    def _beside_delta(self, payload: dict[str, Any], choice: Choice, *, is_said: bool) -> None:
        """What a choice holds beside its delta: text under other names, log probabilities, a filter's findings."""
        text, messages = payload.get("text"), payload.get("messages")
        if not is_said and text and isinstance(text, str):
            self._out.text(text, choice)  # a completions endpoint behind the chat path
        elif not is_said and isinstance(messages, list):
            for message in nested_messages(messages):
                self._delta(message, choice)
        if logprobs := payload.get("logprobs"):
            choice.add_logprobs(logprobs)
        for name in ("content_filter_results", "content_filter_result"):
            if name in payload:
                choice.filters |= notable_filters(payload[name])
        if not SOURCE_FIELDS.isdisjoint(payload):
            self._extras({name: payload[name] for name in SOURCE_FIELDS & payload.keys()}, choice)

    def _delta(self, delta: dict[str, Any], choice: Choice) -> None:
        for field in _REASONING_FIELDS:
            text = delta.get(field)
            if text and isinstance(text, str):
                self._out.reasoning(text, choice)
                break
        else:
            details = delta.get("reasoning_details")
            if isinstance(details, list):
                self._out.reasoning("".join(details_texts(details)), choice)
        content = delta.get("content")
        if type(content) is not str and content is not None:
            content = content_of(content)
        if type(content) is str:
            self._out.text(content, choice)
        elif isinstance(content, list):
            for is_text, text in part_texts(content):
                (self._out.text if is_text else self._out.reasoning)(text, choice)
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            self._out.text(refusal, choice)
            choice.refusal.append(refusal)
        if delta.get("tool_calls") or delta.get("function_call"):
            self._tool_calls(delta, choice)
        if type(content) is list or not _BESIDE.isdisjoint(delta):
            self._extras(delta, choice)

    def _message(self, message: dict[str, Any], choice: Choice, *, is_another: bool) -> None:
        """A `message` beside or instead of a `delta`: whole, or growing with each chunk.

        Args:
            message: what it holds.
            choice: whose it is.
            is_another: whether the same object has had this choice before: what it says then continues from there.
        """
        if is_another:
            self._delta(message, choice)
            return
        content = content_of(message.get("content"))
        message = dict(message)
        if isinstance(content, str):
            message["content"] = new_part(content, choice.pieces, may_restart=choice.by_messages)
        elif choice.pieces or choice.reasoning_pieces:
            message["content"] = None
        for field in _REASONING_FIELDS:
            text = message.get(field)
            if text and isinstance(text, str):
                message[field] = new_part(text, choice.reasoning_pieces, may_restart=choice.by_messages)
                if not message[field]:
                    message = {key: value for key, value in message.items() if key not in _REASONING_FIELDS}
                    message.pop("reasoning_details", None)
                break
        else:
            if choice.reasoning_pieces:
                message.pop("reasoning_details", None)
        if choice.calls.seen:
            message = {key: value for key, value in message.items() if key not in ("tool_calls", "function_call")}
        if choice.refusal:
            message.pop("refusal", None)
        choice.by_messages = choice.by_messages or not choice.pieces
        self._delta(message, choice)

    def _extras(self, source: dict[str, Any], choice: Choice) -> None:
        for extra in choice.extras.read(source):
            if isinstance(extra, TextDelta):
                self._out.add(extra.text, choice)
            else:
                self._out.put(extra, is_content=extra.name in ("images", "audio"))
        if not SOURCE_FIELDS.isdisjoint(source) and (sources := choice.sources.read(source)) is not None:
            self._out.put(SourceList(sources, choice.index))
        if has_gateway(source):
            self._gateway(source)

    def _tool_calls(self, delta: dict[str, Any], choice: Choice) -> None:
        for call in choice.calls.read(delta):
            self._out.put(call, is_content=True)

    def _finish(self, reason: str, choice: Choice) -> None:
        self._out.end(choice)
        if choice.finish == reason:
            return
        choice.finish = reason
        if choice.index == 0:
            self.finish_reason = reason
        if reason == "error":
            if self.error is None:
                self.error = self._read_error({"error": {"message": "", "type": "server_error"}})
            return
        self.is_finished = True
        self._out.put(Finish(reason, choice.index))
