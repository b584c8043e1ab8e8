"""Finds a thread: type words of its title; open, rename, delete it, and take a deletion back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.errors import StorageError
from chat_tui.domain.ports import ThreadStore
from chat_tui.domain.thread import ThreadSummary
from chat_tui.ui import words
from chat_tui.ui.screens.ask import AskText
from chat_tui.ui.screens.dialog import fit
from chat_tui.ui.screens.picker import Picker

MOST_ROWS = 200
"""Rows shown at once; typing narrows them down."""


class ThreadPicker(Picker[str]):
    """Asks for a thread; answers with its id."""

    HEADING = "Threads"
    PLACEHOLDER = "Type words of the title"
    KEYS = (("enter", "open"), ("^r", "rename"), ("^d", "delete"), ("^z", "undo"), ("esc", "back"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "rename", show=False, priority=True),
        Binding("ctrl+d", "delete", show=False, priority=True),
        Binding("ctrl+z", "undo", show=False, priority=True),
    ]

    def __init__(self, store: ThreadStore, current: str, rename: Callable[[str, str], Awaitable[None]]) -> None:
        """Asks.

        Args:
            store: has the threads.
            current: the id of the thread on the screen.
            rename: gives a thread, by id, another title.
        """
        super().__init__()
        self._store = store
        self._current = current
        self._found: list[ThreadSummary] = []
        self._rename = rename
        self._deleted: list[str] = []

    def refill(self, keep: str | None = None) -> None:
        """Looks the threads up; the rows follow when they are there."""
        if self.is_attached:
            self._look_up(keep)

    @work(exclusive=True, group="look-up")
    async def _look_up(self, keep: str | None) -> None:
        self._found = await self._store.recent(limit=MOST_ROWS, query=self.query_text)
        super().refill(keep)

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Title, model, messages and time, in columns."""
        if not self._found:
            text = "No title holds these words." if query else "No thread has been saved yet."
            return [Option(Content.styled(text, "$muted"), disabled=True)]
        return [Option(self._row(each, width), id=each.id) for each in self._found]

    def _row(self, thread: ThreadSummary, width: int) -> Content:
        mark = "▌ " if thread.id == self._current else "• " if thread.pinned else "  "
        style = "$accent bold" if thread.id == self._current else ""
        when = fit(words.clock(thread.updated), 20)
        draft = " draft" if thread.has_draft else ""
        if width < 70:
            return Content.assemble((mark, "$accent"), (fit(thread.title, width - 23), style), " ", (when, "$muted"))
        model = (thread.model or "").partition("/")[2]
        messages = fit(f"{thread.message_count:>4}{draft}", 11)
        return Content.assemble(
            (mark, "$accent"),
            (fit(thread.title, width - 58), style),
            " ",
            (f"{fit(model, 22)} {messages} {when}", "$muted"),
        )

    def choose(self, row_id: str | None, query: str) -> None:
        """Opens the row."""
        if row_id is not None:
            self.dismiss(row_id)

    @work
    async def action_rename(self) -> None:
        """Gives the highlighted thread another title."""
        if (thread_id := self.chosen()) is None:
            return
        before = next(each.title for each in self._found if each.id == thread_id)
        title = await self.app.push_screen_wait(AskText("Rename thread", before))
        if title:
            await self._try(self._rename(thread_id, title))
            self.refill(thread_id)

    @work
    async def action_delete(self) -> None:
        """Moves the highlighted thread to the trash; no question, it can be undone."""
        if (thread_id := self.chosen()) is None:
            return
        if thread_id == self._current:
            self.show_problem("This thread is on the screen. Open another one, then delete it.")
            return
        if await self._try(self._store.delete(thread_id)):
            self._deleted.append(thread_id)
            self.refill(self._neighbour(thread_id))

    def _neighbour(self, thread_id: str) -> str | None:
        ids = [each.id for each in self._found]
        at = ids.index(thread_id)
        return next(iter([*ids[at + 1 :], *reversed(ids[:at])]), None)

    @work
    async def action_undo(self) -> None:
        """Takes the last deletion back."""
        if self._deleted and await self._try(self._store.restore(self._deleted[-1])):
            self.refill(self._deleted.pop())

    async def _try(self, doing: Awaitable[None]) -> bool:
        try:
            await doing
        except StorageError as error:
            self.show_problem(str(error))
            return False
        self.show_problem("")
        return True
