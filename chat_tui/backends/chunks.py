"""Events to chunks: what an OpenAI-compatible server meant, whatever shape it said it in (WIRE.md 2c).

The decoder is fed the events of one network read together, so that a burst of tokens becomes one `TextDelta`.
An error inside the stream (WIRE.md E1-E8) does not throw away what came before it in the same read: it is kept in
`error`, and the caller raises it after it has passed the chunks on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chat_tui.backends.payloads import details_texts, new_part, part_texts, says_error
from chat_tui.backends.sse import DONE, Event
from chat_tui.backends.think import Part, ThinkSplitter
from chat_tui.backends.toolcalls import ToolCalls
from chat_tui.domain.chunk import Chunk, Finish, ReasoningDelta, TextDelta, TextWasReasoning, UsageUpdate
from chat_tui.domain.errors import ProviderError
from chat_tui.domain.json import Json

_REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
_NO_REASON = (None, "", "null")
_NATIVE_USAGE = (("prompt_eval_count", "prompt_tokens"), ("eval_count", "completion_tokens"))


class _Choice:
    """What is remembered of one choice."""

    __slots__ = ("calls", "finish", "index", "pieces", "reasoning_pieces", "think")

    def __init__(self, index: int) -> None:
        self.index = index
        self.think = ThinkSplitter()
        self.calls = ToolCalls(index)
        self.finish: str | None = None
        self.pieces: list[str] = []
        """The raw text so far, to know what is new in a cumulative `message` (WIRE.md C6)."""
        self.reasoning_pieces: list[str] = []


class ChunkDecoder:
    """Turns events into chunks; `flush` at the end."""

    def __init__(self, read_error: Callable[[Json], ProviderError]) -> None:
        """Makes a decoder.

        Args:
            read_error: makes an error of a payload that says what went wrong.
        """
        self.error: ProviderError | None = None
        """The server's error, once one has come; events after it are ignored."""
        self.is_done = False
        """Whether the server said that this is all."""
        self.is_finished = False
        """Whether a choice was finished."""
        self.is_whole = False
        """Whether one body held the whole answer, so that its end needs no `finish_reason`."""
        self.is_damaged = False
        """Whether a piece that should have been JSON could not be read."""
        self.has_content = False
        """Whether any text, reasoning or tool call came."""
        self.finish_reason = ""
        """The first choice's reason to end, if it gave one."""
        self._read_error = read_error
        self._choices: dict[int, _Choice] = {}
        self._out: list[Chunk] = []
        self._run: list[str] = []
        self._run_choice: _Choice | None = None
        self._run_is_text = True

    @property
    def all_finished(self) -> bool:
        """Whether every choice that began has ended."""
        return self.is_finished and all(choice.finish for choice in self._choices.values())

    def feed(self, events: Iterable[Event]) -> list[Chunk]:
        """Takes events and returns the chunks that they hold."""
        for event in events:
            if self.error is not None:
                break
            self._event(event)
        return self._take()

    def flush(self) -> list[Chunk]:
        """Returns what was held back, at the end of the stream."""
        for choice in self._choices.values():
            self._flush_choice(choice)
        return self._take()

    def _take(self) -> list[Chunk]:
        self._end_run()
        out, self._out = self._out, []
        return out

    def _event(self, event: Event) -> None:
        value = event.value
        if isinstance(value, dict):
            self._object(value, event.name)
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, dict) and self.error is None:
                    self._object(each, event.name)
        elif event.text == DONE:
            self.is_done = True
        elif event.name == "error":
            self.error = self._read_error(value if value is not None else event.text)
        elif isinstance(value, str) and not self._choices:
            self.error = self._read_error(value)  # a body that is one bare JSON string (WIRE.md E6)
        elif event.text.lstrip()[:1] in ("{", "["):
            self.is_damaged = True

    def _object(self, payload: dict[str, Any], name: str) -> None:
        choices = payload.get("choices")
        if type(choices) is list:
            for position, choice in enumerate(choices):
                if isinstance(choice, dict):
                    self._choice_object(choice, position)
        elif isinstance(payload.get("message"), dict) and "error" not in payload:
            self._native(payload)
        usage = payload.get("usage")
        if usage is None and "x_groq" in payload and isinstance(payload["x_groq"], dict):
            usage = payload["x_groq"].get("usage")
        if usage and isinstance(usage, dict):
            self._usage(usage)
        if name == "error" or says_error(payload):
            self._end_run()
            self.error = self._read_error(payload)

    def _native(self, payload: dict[str, Any]) -> None:
        """One line of Ollama's own protocol (WIRE.md F20): its `message` is a delta."""
        choice: dict[str, Any] = {"delta": payload["message"], "finish_reason": payload.get("done_reason")}
        if payload.get("done") is True:
            choice["finish_reason"] = payload.get("done_reason") or "stop"
            usage = {ours: payload[theirs] for theirs, ours in _NATIVE_USAGE if isinstance(payload.get(theirs), int)}
            if usage:
                self._usage(usage | {"total_tokens": sum(usage.values())})
        self._choice_object(choice, 0)

    def _usage(self, usage: dict[str, Any]) -> None:
        self._end_run()
        # Where every chunk carries its usage (WIRE.md C3), only the last of a read is worth handing on.
        if self._out and isinstance(self._out[-1], UsageUpdate):
            self._out.pop()
        self._out.append(UsageUpdate(usage))

    def _choice_object(self, payload: dict[str, Any], position: int) -> None:
        index = payload.get("index")
        if type(index) is not int or index < 0:
            index = position
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(index)
        delta = payload.get("delta")
        if delta and isinstance(delta, dict):
            self._delta(delta, choice)
        else:
            message = payload.get("message")
            if isinstance(message, dict):
                self.is_whole = not choice.pieces and "delta" not in payload
                self._message(message, choice)
            elif isinstance(payload.get("text"), str):
                self._text(payload["text"], choice)  # a completions endpoint behind the chat path
        usage = payload.get("usage")
        if usage and isinstance(usage, dict):
            self._usage(usage)
        reason = payload.get("finish_reason")
        if reason is None:
            reason = payload.get("finishReason")
        if reason not in _NO_REASON:
            self._finish(str(reason), choice)

    def _delta(self, delta: dict[str, Any], choice: _Choice) -> None:
        for field in _REASONING_FIELDS:
            text = delta.get(field)
            if text and isinstance(text, str):
                self._reasoning(text, choice)
                break
        else:
            details = delta.get("reasoning_details")
            if isinstance(details, list):
                self._reasoning("".join(details_texts(details)), choice)
        content = delta.get("content")
        if type(content) is str:
            self._text(content, choice)
        elif isinstance(content, list):
            for is_text, text in part_texts(content):
                (self._text if is_text else self._reasoning)(text, choice)
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            self._text(refusal, choice)
        if delta.get("tool_calls") or delta.get("function_call"):
            self._tool_calls(delta, choice)

    def _message(self, message: dict[str, Any], choice: _Choice) -> None:
        """A `message` where a `delta` should be: whole, or growing with each chunk (WIRE.md C6, F19)."""
        content = message.get("content")
        if isinstance(content, list):
            if not choice.pieces and not choice.reasoning_pieces:
                self._delta(message, choice)
            return
        message = dict(message)
        if isinstance(content, str):
            message["content"] = new_part(content, choice.pieces)
        for field in _REASONING_FIELDS:
            text = message.get(field)
            if text and isinstance(text, str):
                message[field] = new_part(text, choice.reasoning_pieces)
                if not message[field]:
                    message = {key: value for key, value in message.items() if key not in _REASONING_FIELDS}
                    message.pop("reasoning_details", None)
                break
        if choice.calls.seen:
            message.pop("tool_calls", None)
        self._delta(message, choice)

    def _tool_calls(self, delta: dict[str, Any], choice: _Choice) -> None:
        deltas = choice.calls.read(delta)
        if deltas:
            self._end_run()
            self._out += deltas
            self.has_content = True

    def _finish(self, reason: str, choice: _Choice) -> None:
        self._flush_choice(choice)
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
        self._out.append(Finish(reason, choice.index))

    def _text(self, text: str, choice: _Choice) -> None:
        if text:
            if not (self._run_is_text and self._run_choice is choice):
                self._end_run()
                self._run_choice, self._run_is_text = choice, True
            self._run.append(text)
            choice.pieces.append(text)

    def _reasoning(self, text: str, choice: _Choice) -> None:
        if text:
            if self._run_is_text or self._run_choice is not choice:
                self._end_run()
                self._run_choice, self._run_is_text = choice, False
                choice.think.reasoning_came()
            self._run.append(text)
            choice.reasoning_pieces.append(text)

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
            self._out.append(ReasoningDelta(text, choice.index))

    def _flush_choice(self, choice: _Choice) -> None:
        self._end_run()
        self._emit(choice.think.flush(), choice.index)

    def _emit(self, parts: Iterator[tuple[Part, str]], index: int) -> None:
        for part, text in parts:
            self.has_content = True
            match part:
                case Part.TEXT:
                    self._out.append(TextDelta(text, index))
                case Part.REASONING:
                    self._out.append(ReasoningDelta(text, index))
                case Part.WAS_REASONING:
                    self._out.append(TextWasReasoning(index))
