"""Asks the terminal once what it can draw beside text; in tmux, asks tmux about the terminal around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from chat_tui.ui.terminal.graphics import Graphics

WAIT = 0.5
"""Seconds that the first picture waits for the terminal. A later reply still counts."""


class GraphicsQuery:
    """The question and its answer."""

    def __init__(self, environ: Mapping[str, str], ask: Callable[[], bool]) -> None:
        """Asks nothing yet.

        Args:
            environ: says whether tmux is in between.
            ask: asks the terminal, whose answer goes to `receive`; whether it could.
        """
        self._environ = environ
        self._ask = ask
        self._answer: asyncio.Future[Graphics] | None = None

    async def answer(self) -> Graphics:
        """What the terminal can draw. All who call share one question."""
        if self._answer is None:
            self._answer = asyncio.get_running_loop().create_future()
            if self._environ.get("TMUX"):
                from chat_tui.ui.terminal.kitty import graphics_behind_tmux

                self.receive(await asyncio.to_thread(graphics_behind_tmux, self._environ))
            elif not self._ask():
                self.receive(Graphics())
        await asyncio.wait([self._answer], timeout=WAIT)
        if not self._answer.done():
            self._answer.set_result(Graphics())
        return self._answer.result()

    def receive(self, graphics: Graphics) -> bool:
        """Takes the answer; whether somebody waited for it."""
        if self._answer is None or self._answer.done():
            return False
        self._answer.set_result(graphics)
        return True
