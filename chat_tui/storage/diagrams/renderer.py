"""Draws diagrams; termaid does it in a process of its own."""

from __future__ import annotations

import json
import sys

from chat_tui.domain.ports.diagrams import Diagram
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.child import run_child

MOST_CHARACTERS = 10_000
"""Of a diagram's source."""
TIME_LIMIT = 4.0
"""Seconds for one diagram, with the start of the process; the child limits its processor time to fewer."""
CHILD = (sys.executable, "-P", "-m", "chat_tui.storage.diagrams.child")


_PROBLEMS = {
    "labels do not fit": tr("labels do not fit"),
    "too complex": tr("too complex"),
    "too long": tr("too long"),
    "too wide": tr("too wide"),
    "unsupported syntax": tr("unsupported syntax"),
    "unsupported type": tr("unsupported type"),
}
"""What the child says, which speaks English."""


class ChildDiagrams:
    """Implements `Diagrams`."""

    def __init__(self, child: tuple[str, ...] = CHILD) -> None:
        """Starts nothing.

        Args:
            child: the command of the process that draws.
        """
        self._child = child

    async def drawn(self, source: str, width: int) -> Diagram:
        """See `Diagrams.drawn`."""
        if len(source) > MOST_CHARACTERS:
            return Diagram(problem=tr("too long"))
        try:
            answer = await run_child((*self._child, str(width)), source.encode(), TIME_LIMIT)
        except TimeoutError:
            return Diagram(problem=tr("too complex"))
        except OSError:
            return Diagram(problem=tr("the renderer could not be started"))
        if not answer:  # it was killed by one of its limits
            return Diagram(problem=tr("too complex"))
        fields = json.loads(answer)
        problem = clean(fields["problem"], multiline=False)
        return Diagram(clean(fields["text"]), _PROBLEMS.get(problem, problem))
