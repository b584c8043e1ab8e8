"""Port of the diagrams in answers: Mermaid drawn as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Diagram:
    """A diagram as text, or why there is none."""

    text: str = ""
    """Its rows; empty where it can't be drawn."""
    problem: str = ""
    """Why not, in two or three words."""


class Diagrams(Protocol):
    """Draws diagrams."""

    async def drawn(self, source: str, width: int) -> Diagram:
        """Draws a diagram.

        Args:
            source: Mermaid, of any size and shape.
            width: cells of its widest row.
        """
        ...
