"""How many tokens a text is, about: no tokenizer of a foreign model is known here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from chat_tui.domain.conversation.message import Message, tool_call_text
from chat_tui.domain.tools import Tool

PER_TURN = 4
"""Tokens that a chat template adds to each turn."""
_ONE_PIECE = 0.05
"""Seconds within which all that comes counts as one piece."""


def estimate(text: str) -> int:
    """Tokens of a text: four Latin characters make one, a Chinese, Japanese or Korean one makes one."""
    wide = 0 if text.isascii() else sum(char >= "\u2e80" for char in text)
    return wide + (len(text) - wide + 3) // 4


def next_turn(turns: Sequence[Message], definitions: int = 0) -> int:
    """The tokens that a request with these turns takes, about.

    The last answer's own count stands for what it was asked with, where all of that is still sent.

    Args:
        turns: what is sent.
        definitions: the tokens of the tools that are offered.
    """
    from chat_tui.domain.models.cost import reasoning_tokens

    for at in range(len(turns) - 1, -1, -1):
        total = (turns[at].usage or {}).get("total_tokens")
        if isinstance(total, int) and not isinstance(total, bool) and at >= 1 and not turns[at].summarizes:
            asked = estimate_all(turns[: at + 1]) + definitions
            # Far fewer than were counted then are sent now, or far more: the count says nothing about them.
            total -= reasoning_tokens(turns[at].usage)
            if asked * 0.5 <= total <= asked * 3 + 200:
                return total + estimate_all(turns[at + 1 :])
            break
    return estimate_all(turns) + definitions


def estimate_all(turns: Sequence[Message]) -> int:
    """The same without looking at what was counted."""
    return sum(estimate(each.content) + _of_calls(each) + PER_TURN for each in turns)


def _of_calls(message: Message) -> int:
    return sum(estimate("".join(tool_call_text(each))) for each in message.tool_calls)


def definition_tokens(tools: Iterable[Tool]) -> int:
    """The tokens that the definitions of tools add to each request."""
    return sum(map(_definition_tokens, tools))


@lru_cache(1_000)
def _definition_tokens(tool: Tool) -> int:
    return estimate(json.dumps(tool.definition(), ensure_ascii=False))


def seconds_of_writing(message: Message) -> float | None:
    """The time between the first and the last token of an answer; None where it is unknown, or it came in one piece."""
    timing = message.timing
    if timing is None or timing.total_s is None or timing.first_token_s is None:
        return None
    seconds = timing.total_s - timing.first_token_s
    return seconds if seconds > _ONE_PIECE else None


def writing_speed(message: Message) -> float | None:
    """The tokens per second of an answer by the server's count; None where that or the time is unknown.

    Reasoning that the server keeps to itself was written before the first token, so it does not count.
    """
    from chat_tui.domain.models.cost import output_tokens, reasoning_tokens

    seconds, counted = seconds_of_writing(message), output_tokens(message.usage)
    if seconds is None or counted is None:
        return None
    hidden = 0 if message.reasoning.strip() else reasoning_tokens(message.usage)
    return (counted - hidden) / seconds if counted > hidden else None
