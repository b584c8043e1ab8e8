"""Fenced code blocks of Markdown that hold any text at all."""

from __future__ import annotations

import re


def fenced(text: str, info: str = "") -> str:
    """The text as a fenced block; the fence is longer than any within.

    Args:
        text: the content.
        info: what stands behind the opening fence: a language, a name. One line.
    """
    ticks = "`" * (max((len(each) for each in re.findall(r"`{3,}", text)), default=2) + 1)
    return f"{ticks}{info.replace('`', '')}\n{text.rstrip(chr(10))}\n{ticks}"
