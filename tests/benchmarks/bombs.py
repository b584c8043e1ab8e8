"""How long the app's loop stands still while it opens, and is streamed, an answer that is shaped to be slow."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chat_tui.domain.message import Message, Role, Status
from chat_tui.ui.app import ChatApp
from tests.bombs import BOMBS
from tests.ui.conftest import Home, until

TICK = 0.005
PIECES = 40
"""In how many pieces an answer is streamed."""


class Gaps:
    """The time between ticks of a loop: what a key would have had to wait."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def _tick(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            self.longest = max(self.longest, now - before - TICK)
            before = now

    @contextmanager
    def watched(self) -> Iterator[None]:
        task = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            task.cancel()


def _answer(content: str, status: Status | None = Status.COMPLETE) -> Message:
    return Message("1", None, Role.ASSISTANT, content, model="work/m", status=status)


async def _measure(app: ChatApp, pilot: object, name: str) -> tuple[float, float, float]:
    """Seconds until the answer is shown, and the longest gaps while it is opened and while it comes."""
    view, source = app.chat.conversation, BOMBS[name]()

    def is_settled() -> bool:
        stack = view._stack
        return stack is not None and not stack.turns[-1].is_behind

    opened, streamed = Gaps(), Gaps()
    with opened.watched():
        await asyncio.sleep(3 * TICK)
        began = time.monotonic()
        view.show([_answer(source)], lambda message: (1, 1))
        await pilot.pause()  # type: ignore[attr-defined]
        shown = time.monotonic() - began
        await until(pilot, is_settled)  # type: ignore[arg-type]
    view.show([], lambda message: (1, 1))
    growing = _answer("", None)
    with streamed.watched():
        view.begin(growing, (1, 1), lambda: ("writing", False))
        for piece in range(PIECES):
            growing.content = source[: (piece + 1) * len(source) // PIECES]
            view.grow()
            await asyncio.sleep(TICK)
        growing.status = Status.COMPLETE
        view.end()
        await until(pilot, is_settled)  # type: ignore[arg-type]
    return shown, opened.longest, streamed.longest


async def _run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Home(Path(folder)).run() as (app, pilot):
            view = app.chat.conversation
            view.show([_answer("```python\nx\n```")], lambda message: (1, 1))  # imports what drawing needs
            await pilot.pause()
            print(f"{'answer':28} {'shown, ms':>10} {'gap opening, ms':>16} {'gap streaming, ms':>18}")
            BOMBS["a short answer"] = lambda: "Some *words*.\n\n" * 5
            for name in BOMBS:
                shown, opened, streamed = await _measure(app, pilot, name)
                print(f"{name:28} {shown * 1000:10.0f} {opened * 1000:16.0f} {streamed * 1000:18.0f}")


def bombs() -> None:
    """Prints the figures; the budgets are 1,000 ms and 100 ms (SAFETY.md T20)."""
    asyncio.run(_run())
