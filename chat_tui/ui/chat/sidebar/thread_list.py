"""The list of recent threads, grouped by day, with marks for running, new and failed answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.thread import ThreadSummary
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import SIDEBAR
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import cut

_SEARCH = "/"
"""The id of a row that is no thread's: none has a slash."""


class ThreadList(OptionList):
    """Threads, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(SIDEBAR)]
    DEFAULT_CSS = """
    ThreadList {
        height: 1fr;
        border: none;
        padding: 0;
        background: $background;
        scrollbar-size-vertical: 1;
        & > .option-list--option-disabled { color: $muted; }
        & > .option-list--option-highlighted { background: $background; color: $foreground; text-style: none; }
        &:focus > .option-list--option-highlighted { background: $selected; color: $foreground; text-style: none; }
    }
    """

    class Chosen(Message):
        """Posted when a thread was chosen."""

        def __init__(self, thread_id: str) -> None:
            self.thread_id = thread_id
            super().__init__()

    class SearchWanted(Message):
        """Posted when the search line was chosen."""

    class DeleteWanted(Message):
        """Posted when the highlighted thread is to be deleted."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False, compact=True)
        self.mark: Callable[[], None] = lambda: None
        """Called when the rows were made again; see `Confirmation.mark`."""
        self._shown: tuple[list[ThreadSummary], str, set[str], set[str], set[str]] = ([], "", set(), set(), set())

    def show(
        self, threads: Iterable[ThreadSummary], current: str, writing: set[str], news: set[str], failed: set[str]
    ) -> None:
        """Shows threads in the order given.

        Args:
            threads: what to show, pinned ones first.
            current: the id of the thread that is open.
            writing: ids of threads whose answers are running.
            news: ids of threads whose answers ended unseen.
            failed: those of them whose answers ended with an error.
        """
        self._shown = (list(threads), current, writing, news, failed)
        self._fill()

    @property
    def chosen(self) -> str | None:
        """The id of the highlighted thread."""
        option = self.highlighted_option
        return option.id if option is not None and option.id != _SEARCH else None

    def on_resize(self) -> None:
        """Fits the titles to the width."""
        self._fill()

    def _fill(self) -> None:
        threads, current, writing, news, failed = self._shown
        if not self.content_size.width:
            return
        options = [Option(Content.styled(f"/ {tr('Search')}", "$muted"), id=_SEARCH)]
        heading = ""
        for thread in threads:
            group = tr("Pinned") if thread.pinned else wording.day(thread.updated)
            if group != heading:
                options.append(Option("", disabled=True))
                options.append(Option(Content.styled(group, "$muted"), disabled=True))
                heading = group
            options.append(Option(self._row(thread, current, writing, news, failed), id=thread.id))
        at = self.highlighted
        self.clear_options()
        self.add_options(options)
        if at is not None and self.has_focus:
            self.highlighted = min(at, len(options) - 1)
        self.mark()

    def _row(self, thread: ThreadSummary, current: str, writing: set[str], news: set[str], failed: set[str]) -> Content:
        title = cut(thread.title, max(8, self.content_size.width - 3))
        if thread.id == current:
            return Content.assemble(("▌ ", "$accent"), (title, "$accent bold"))
        if thread.id in writing:
            return Content.assemble(("● ", "$accent"), title)
        if thread.id in failed:
            return Content.assemble(("✗ ", "$error"), (title, "bold"))
        if thread.id in news:
            return Content.assemble(("○ ", "$accent"), (title, "bold"))
        return Content.assemble("  ", title)

    def action_delete(self) -> None:
        """Posts `DeleteWanted`."""
        self.post_message(self.DeleteWanted())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Posts `Chosen` or `SearchWanted`."""
        event.stop()
        if event.option_id == _SEARCH:
            self.post_message(self.SearchWanted())
        elif event.option_id:
            self.post_message(self.Chosen(event.option_id))
