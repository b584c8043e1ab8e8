"""Where the user is among the earlier prompts that the prompt shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_tui.domain.conversation.draft import Draft


@dataclass(slots=True)
class HistoryCursor:
    """A walk through earlier prompts and back: what was changed on the way is still there when one comes by again."""

    entries: list[Draft] = field(default_factory=list)
    """The draft from which it set out, then the prompts, the last first."""
    at: int = 0

    def step(self, step: int, current: Draft) -> Draft | None:
        """Goes to an older (1) or newer (-1) one; None at the end.

        Args:
            step: 1 or -1.
            current: the prompt's text now.
        """
        to = self.at + step
        if not 0 <= to < len(self.entries):
            return None
        self.entries[self.at] = current
        self.at = to
        return self.entries[to]

    def set_aside(self) -> Draft:
        """The draft that waits at the beginning; blank while it is in the prompt."""
        return self.entries[0] if self.at else Draft()
