"""Fenced code blocks of Markdown that hold any text at all."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})", re.MULTILINE)


def has_fence(text: str) -> bool:
    """Whether there is a fenced code block in a text, or the beginning of one."""
    return _FENCE.search(text) is not None


def fenced(text: str, info: str = "") -> str:
    """The text as a fenced block; the fence is longer than any within.

    Args:
        text: the content.
        info: what stands behind the opening fence: a language, a name. One line.
    """
    ticks = "`" * (max((len(each) for each in re.findall(r"`{3,}", text)), default=2) + 1)
    return f"{ticks}{info.replace('`', '')}\n{text.rstrip(chr(10))}\n{ticks}"
