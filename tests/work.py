"""Measures work without a clock: how many lines of Python run, each turn of a loop or comprehension counted.

    assert grows_linearly(lambda size: ..., 40)

Work that C code does inside one line (joining strings, copying lists) is not seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import chat_tui

PACKAGE = str(chat_tui.__path__[0])


def lines_run(function: Callable[[], object]) -> int:
    """How many lines of this project's code one call runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        if event == "call":
            return trace if frame.f_code.co_filename.startswith(PACKAGE) else None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


def growth(prepare: Callable[[int], Callable[[], object]], size: int) -> float:
    """How the work grows from `2 * size` to `4 * size`, over how it grows from `size` to `2 * size`.

    2 for work that is linear in the size, 4 for its square, whatever is constant; 1 where hardly any depends on it.

    Args:
        prepare: makes something of a size, and returns what works on it. A first call is not counted: caches are warm.
        size: the smallest.
    """
    prepare(size)()
    once, twice, four = (lines_run(prepare(factor * size)) for factor in (1, 2, 4))
    return max(four - twice, 1) / max(twice - once, size // 4)
