"""Assigns the choices in a chunk to answers, however a server numbers them."""

from __future__ import annotations

from typing import Any

from chat_tui.backends.decoder.output import Choice
from chat_tui.backends.payloads import says_more

_MAX_CHOICES = 1024


class Choices:
    """The choices of one answer by their number."""

    def __init__(self, n: int) -> None:
        """Starts empty.

        Args:
            n: how many answers the request asked for.
        """
        self.started: dict[int, Choice] = {}
        self._n = n
        self._moved: dict[int, int] = {}
        """Where several choices come one after the other under one number: the number to read it as."""

    def get(self, index: int) -> Choice:
        """The choice of this number, made if new."""
        choice = self.started.get(index)
        if choice is None:
            choice = self.started[index] = Choice(index)
        return choice

    def number(self, payload: dict[str, Any], position: int, used: set[int]) -> int:
        """Which choice this is, also where a server calls every one of them number 0.

        Args:
            payload: the choice.
            position: its place in its object.
            used: the numbers of those before it in the same object.
        """
        index = payload.get("index")
        if type(index) is not int or not 0 <= index < _MAX_CHOICES:
            # One answer was asked for, so what has no number continues it: Copilot's text and its tool call.
            index = position if self._n > 1 else 0
        if self._n == 1:
            if not self.started:
                self._moved[index] = 0
            return self._moved.get(index, index)
        ours = self._moved.get(index, index)
        while ours in used:
            ours += 1
        choice = self.started.get(ours)
        if choice and choice.finish and len(self.started) < self._n and says_more(payload):
            ours = self._moved[index] = max(self.started) + 1
        return ours
