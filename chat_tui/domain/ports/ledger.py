"""The port of the usage ledger: what every request used and cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from chat_tui.domain.usage.ledger import Grouping, LedgerEntry, Spent, UsageSum

SyncProgress = Callable[[int, int], None]
"""Called in any thread with the number of threads that were read, and of all that are to be."""


class UsageLedger(Protocol):
    """Keeps what requests used. It is derived from the threads: whatever is lost comes back with `sync`."""

    def add(self, entries: Sequence[LedgerEntry]) -> None:
        """Notes requests, in the background; one that is noted already is not counted twice. Quick.

        What can't be written is tried again with the next.
        """
        ...

    async def sync(self, progress: SyncProgress | None = None) -> bool:
        """Takes in what the threads say, also those in the trash; whether that could be done.

        Reads the threads that changed since the last time, without a ledger all of them.
        """
        ...

    async def sums(self, by: Grouping, since: str = "", until: str = "") -> list[UsageSum] | None:
        """The sums, in the order of `sort_sums`; None where the ledger can't be read.

        Args:
            by: what they are made by. A thread with several tags is in the sum of each.
            since: the first time, in UTC as thread files write it; empty for no bound.
            until: the first time that is left out.
        """
        ...

    async def spent(self) -> Spent | None:
        """What was spent today and this month; None where the ledger can't be read.

        The first call of a program reads the threads that changed this month.
        """
        ...
