"""What an import could not read, gathered so that a thousand cases of one kind are one line."""

from __future__ import annotations

from chat_tui.domain.conversation.thread import title_from
from chat_tui.domain.text.clean import clean

_NAMED = 3
"""Threads that a line names."""


class Findings:
    """Counts by reason, with the first threads' titles."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}
        self._where: dict[str, dict[str, None]] = {}

    def add(self, reason: str, where: str = "") -> None:
        """Notes a case.

        Args:
            reason: what is missing or changed, in the plural: "messages without a text were left out".
            where: the thread's title, if it has one.
        """
        self._count[reason] = self._count.get(reason, 0) + 1
        if where:
            self._where.setdefault(reason, {})[where] = None

    def lines(self) -> list[str]:
        """A line for each reason: `2 × messages … (in First title, Second title)`."""
        return [clean(self._line(reason), multiline=False) for reason in self._count]

    def _line(self, reason: str) -> str:
        count = self._count[reason]
        titles = [title_from(each) for each in self._where.get(reason, {})]
        named = ", ".join(f"“{each}”" for each in titles[:_NAMED])
        more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
        return (f"{count} × " if count > 1 else "") + reason + (f" (in {named}{more})" if named else "")
