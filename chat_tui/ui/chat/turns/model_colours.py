"""Tells the models of a thread apart by colours: the same ones each time it is opened."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from chat_tui.domain.conversation.thread import Thread

COLOURS = 6
"""How many a theme has."""


class ModelColours:
    """Gives each model of a thread the number of a colour.

    The number follows from the model's name. Where two models of a thread would have the same one, the model that
    answered later takes the next that is free.
    """

    def __init__(self) -> None:
        self._thread: Thread | None = None
        self._numbers: dict[str, int] = {}

    def of(self, thread: Thread) -> Callable[[str], int]:
        """The numbers for a thread's models, from 0; a theme has fewer colours, and begins again."""
        if thread is not self._thread:
            self._thread, self._numbers = thread, {}
            for message in thread.messages.values():
                if message.model:
                    self._number(message.model)
        return self._number

    def _number(self, model: str) -> int:
        if (known := self._numbers.get(model)) is not None:
            return known
        number, taken = zlib.crc32(model.encode(errors="replace")) % COLOURS, set(self._numbers.values())
        for _ in range(COLOURS):
            if number not in taken:
                break
            number = (number + 1) % COLOURS
        self._numbers[model] = number
        return number
