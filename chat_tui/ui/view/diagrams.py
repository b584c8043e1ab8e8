"""Has the diagrams drawn that are in view, one after the other, and keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from chat_tui.domain.ports.diagrams import Diagram
from chat_tui.i18n import tr

if TYPE_CHECKING:
    from chat_tui.domain.ports.diagrams import Diagrams

KEPT = 100
"""Diagrams that are kept."""
MOST_WAITING = 12
"""Diagrams that wait to be drawn; of more, the oldest were scrolled past."""


class DrawnDiagrams:
    """Implements `DiagramSource`."""

    def __init__(
        self,
        diagrams: Callable[[], Diagrams],
        run: Callable[[Callable[[], Coroutine[Any, Any, None]]], object],
        on_drawn: Callable[[], object],
    ) -> None:
        """Draws nothing yet.

        Args:
            diagrams: gives what draws.
            run: runs a coroutine function beside the others of its kind.
            on_drawn: is called when there is a diagram more.
        """
        self._diagrams = diagrams
        self._run = run
        self._on_drawn = on_drawn
        self._one = asyncio.Lock()
        """Held while one is drawn."""
        self._drawn: dict[tuple[str, int], Diagram] = {}
        """By source and width, the oldest first."""
        self._waiting: dict[tuple[str, int], None] = {}
        self._hidden: set[str] = set()

    def diagram(self, source: str, width: int) -> Diagram | None:
        """See `DiagramSource.diagram`."""
        return self._drawn.get((source, width))

    def want(self, source: str, width: int) -> None:
        """See `DiagramSource.want`."""
        key = source, width
        if key in self._waiting or key in self._drawn:
            return
        self._waiting[key] = None
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._run(partial(self._draw, key))

    def is_hidden(self, source: str) -> bool:
        """See `DiagramSource.is_hidden`."""
        return source in self._hidden

    def hide(self, source: str, is_hidden: bool) -> None:
        """See `DiagramSource.hide`."""
        if is_hidden:
            self._hidden.add(source)
        else:
            self._hidden.discard(source)

    async def _draw(self, key: tuple[str, int]) -> None:
        async with self._one:
            if key not in self._waiting:  # it was scrolled past, or is drawn already
                return
            diagram = await self._diagrams().drawn(*key)
        self._waiting.pop(key, None)
        if diagram.text and max(map(cell_len, diagram.text.split("\n"))) > key[1]:
            diagram = Diagram(problem=tr("too wide"))
        self._drawn[key] = diagram
        if len(self._drawn) > KEPT:
            del self._drawn[next(iter(self._drawn))]
        self._on_drawn()
