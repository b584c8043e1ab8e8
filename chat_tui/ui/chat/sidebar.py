"""The column at the left. Its list is made when it is first filled: the first frame does without it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Vertical

from chat_tui.domain.conversation.thread import ThreadSummary


class Sidebar(Vertical):
    """Room for the thread list."""

    DEFAULT_CSS = """
    Sidebar { width: 28; height: 1fr; padding: 0 0 0 1; border-right: vkey $faint; }
    """

    async def show(
        self, threads: Iterable[ThreadSummary], current: str, writing: set[str], news: set[str], failed: set[str]
    ) -> None:
        """Shows threads; see `ThreadList.show`."""
        from chat_tui.ui.chat.thread_list import ThreadList

        if not self.children:
            await self.mount(ThreadList(id="threads"))
        for each in self.query(ThreadList):  # none on the way out
            each.show(threads, current, writing, news, failed)
