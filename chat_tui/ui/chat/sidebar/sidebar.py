"""The sidebar. Its list is created when it is first filled: the first frame does without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from textual.containers import Vertical

from chat_tui.domain.conversation.thread import ThreadSummary
from chat_tui.domain.errors import StorageError
from chat_tui.i18n import tr
from chat_tui.session.conversations import Conversation, Conversations

if TYPE_CHECKING:
    from chat_tui.domain.ports.threads import ThreadStore
    from chat_tui.ui.chat.host import Host
    from chat_tui.ui.widgets.confirmation import Confirmation

MOST_THREADS = 100
"""Threads that are listed; the finder has all."""


class Sidebar(Vertical):
    """The container of the thread list."""

    DEFAULT_CSS = """
    Sidebar {
        width: 28; height: 1fr; padding: 0 0 0 1; border-right: solid $faint; background: $background;
    }
    """

    async def show(
        self, threads: Iterable[ThreadSummary], current: str, writing: set[str], news: set[str], failed: set[str]
    ) -> None:
        """Shows threads; see `ThreadList.show`."""
        from chat_tui.ui.chat.sidebar.thread_list import ThreadList

        if not self.children:
            await self.mount(ThreadList(id="threads"))
        for thread_list in self.query(ThreadList):  # none on the way out
            thread_list.show(threads, current, writing, news, failed)

    def focus_list(self) -> None:
        """Moves the focus to the list."""
        from chat_tui.ui.chat.sidebar.thread_list import ThreadList

        for thread_list in self.query(ThreadList):
            thread_list.focus()


class SidebarPresenter:
    """Keeps the sidebar up to date with the recent threads."""

    def __init__(
        self,
        sidebar: Sidebar,
        store: ThreadStore,
        conversations: Conversations,
        host: Host,
        *,
        current: Callable[[], Conversation],
        on_problem: Callable[[str], None],
        on_listed: Callable[[], None],
    ) -> None:
        """Shows nothing until `refresh` is called.

        Args:
            sidebar: where they are shown.
            store: lists them.
            conversations: know which are writing, have news or failed.
            host: delivers keys and shows notices.
            current: the conversation on the screen.
            on_problem: called with the reason why they can't be listed, or with nothing once they can.
            on_listed: called when the threads were listed again.
        """
        self._sidebar = sidebar
        self._store = store
        self._conversations = conversations
        self._host = host
        self._current = current
        self._on_problem = on_problem
        self._on_listed = on_listed
        self.recent: list[ThreadSummary] = []
        """The threads as they were listed last."""

    async def confirmed(self, command: str) -> str | None:
        """The id of the highlighted thread, once its deletion is confirmed by the key of a command."""
        from chat_tui.ui.chat.sidebar.thread_list import ThreadList

        rows = self._sidebar.query_one(ThreadList)
        thread_id = rows.chosen
        if thread_id is None:
            return None
        rows.mark = self._confirmation.mark
        return thread_id if await self._confirmation.confirms(command, thread_id, tr("delete this thread")) else None

    @cached_property
    def _confirmation(self) -> Confirmation:
        from chat_tui.ui.chat.sidebar.thread_list import ThreadList
        from chat_tui.ui.widgets.confirmation import Confirmation

        return Confirmation(
            self._host.input,
            self._host.bound,
            lambda: self._sidebar.query_one(ThreadList),
            lambda text: self._host.notify(text) if text else None,
        )

    async def refresh(self) -> None:
        """Reads the list again; if it can't be read, the shown one stays."""
        try:
            recent = await self._store.recent(limit=MOST_THREADS)
        except StorageError as error:
            self._on_problem(str(error))
            return
        self._on_problem("")
        self.recent = recent
        self._on_listed()
        writing = {conversation.thread.id for conversation in self._conversations.busy()}
        current = self._current()
        conversations = [self._conversations.get(thread.id) for thread in recent]
        fresh = [each for each in conversations if each is not None and each.has_news and each is not current]
        news = {conversation.thread.id for conversation in fresh}
        failed = {conversation.thread.id for conversation in fresh if conversation.has_failed}
        if self._sidebar.is_attached:
            await self._sidebar.show(recent, current.thread.id, writing, news, failed)
