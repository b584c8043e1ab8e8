"""Continues an answer that was cut: the request for the rest, and the seam between the two halves.

A request whose last turn is an answer wants that answer continued. Where the server takes an answer that has begun, it
gets it (`provider.continuation`); elsewhere a sentence asks for the rest. Models that are asked tend to say their last
words again, and servers drop the space that stood between: the seam mends both.
"""

from __future__ import annotations

from collections.abc import Sequence

from chat_tui.domain.conversation.chunk import Chunk, TextDelta
from chat_tui.domain.conversation.message import Message
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.provider import Continuation

ASK = (
    "Your last message was cut off. Continue from the exact character where it stops. "
    "Do not repeat any of it, do not comment on it, and do not start over."
)
_SAID_AGAIN = 12
"""Characters from which a repetition is no coincidence."""
_MEMORY = 4000
"""Characters of the first half in which the second half's beginning is looked for."""


def is_continuation(messages: Sequence[Message]) -> bool:
    """Whether a branch ends with an answer to be continued."""
    return bool(messages) and messages[-1].is_answer and bool(messages[-1].content.strip())


def continue_last(messages: list[Json], how: Continuation) -> tuple[list[Json], JsonObject]:
    """Asks for the last turn's continuation.

    Returns:
        The messages, and what else goes into the body.
    """
    last = messages[-1]
    assert isinstance(last, dict)  # `wire_messages` makes nothing else
    if how is Continuation.ASK:
        return [*messages, {"role": "user", "content": ASK}], {}
    content = last["content"]
    # Some servers refuse an answer that ends in white space; the seam loses and doubles none.
    beginning: JsonObject = last | {"content": content.rstrip() if isinstance(content, str) else content}
    match how:
        case Continuation.PREFIX:
            return [*messages[:-1], beginning | {"prefix": True}], {}
        case Continuation.FINAL_MESSAGE:
            return [*messages[:-1], beginning], {"add_generation_prompt": False, "continue_final_message": True}
        case _:
            return [*messages[:-1], beginning], {}


class ContinuationSeam:
    """Joins the second half of an answer to the first: a pure state machine over the second half's text."""

    def __init__(self, before: str, *, is_asked: bool) -> None:
        """Begins.

        Args:
            before: the first half.
            is_asked: whether the model was asked in words to go on, not handed its own beginning.
        """
        self._before = before
        self._is_asked = is_asked
        self._held: str | None = ""
        """The text so far, while it may be a repetition; None once that is known."""

    def join(self, chunks: list[Chunk], at_end: bool) -> list[Chunk]:
        """The chunks with what is new of the first choice's text; a repetition is held back until it is certain."""
        joined: list[Chunk] = []
        for chunk in chunks:
            if not isinstance(chunk, TextDelta) or chunk.index:
                joined.append(chunk)
            elif text := self.feed(chunk.text):
                joined.append(TextDelta(text))
        if at_end and (text := self.flush()):
            joined.append(TextDelta(text))
        return joined

    def feed(self, text: str) -> str:
        """Takes a piece; returns what of the text so far is new."""
        if self._held is None:
            return text
        self._held += text
        return "" if self._may_repeat(self._held) else self.flush()

    def flush(self) -> str:
        """The rest, at the end of the answer."""
        held, self._held = self._held, None
        if not held:
            return ""
        if held.startswith(self._before):
            return held[len(self._before) :]
        text = held[self._repeated(held) :]
        return self._space(text) + text if text == held else text

    def _tail(self) -> str:
        return self._before[-_MEMORY:]

    def _may_repeat(self, text: str) -> bool:
        if not text.strip() or self._before.startswith(text):
            return True
        return len(text) < _MEMORY and any(
            self._is_repetition(size) for size in _overlaps(self._tail(), text, whole=False)
        )

    def _repeated(self, text: str) -> int:
        sizes = _overlaps(self._tail(), text, whole=True)
        return max((size for size in sizes if self._is_repetition(size)), default=self._doubled_space(text))

    def _is_repetition(self, size: int) -> bool:
        """Whether a repetition of this length is no coincidence."""
        line = len(self._before) - (self._before.rfind("\n") + 1)
        return size >= _SAID_AGAIN or (self._is_asked and 4 <= size == line)

    def _doubled_space(self, text: str) -> int:
        blank = len(text) - len(text.lstrip())
        return blank if self._before[-1:].isspace() else 0

    def _space(self, text: str) -> str:
        """The space that a chat server drops from the beginning of a message."""
        left, right = self._before[-1:], text[:1]
        joins = _is_word(left) or left in ",;:.!?)"
        return " " if self._is_asked and joins and left and _is_word(right) else ""


def _is_word(char: str) -> bool:
    """Whether it is a letter or digit of a script that puts spaces between words."""
    return char.isalnum() and char < "\u0e00"


def _overlaps(before: str, text: str, *, whole: bool) -> list[int]:
    """How many characters at the end of `before` the text begins with; where not `whole`, could still begin with."""
    sizes = []
    at = before.find(text[0])
    while at >= 0:
        tail = before[at:]
        if text.startswith(tail) or (not whole and tail.startswith(text)):
            sizes.append(len(tail))
        at = before.find(text[0], at + 1)
    return sizes
