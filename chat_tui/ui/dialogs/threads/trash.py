"""Restores threads: deleted ones from the trash, readable parts of damaged files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.thread import ThreadDamage, TrashedThread
from chat_tui.domain.errors import StorageError
from chat_tui.domain.ports.threads import ThreadStore
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.i18n import tr, trn
from chat_tui.ui.commands.command import TRASH
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit, searches
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text import wording

Item = TypeVar("Item", TrashedThread, ThreadDamage)


class RestorePicker(Picker[str], Generic[Item]):
    """Base of pickers that restore a thread; they answer with its id."""

    NONE = ""
    """Shown where there is nothing to choose from."""
    NO_MATCH = ""
    """Shown where nothing matches the filter; `NONE`, if it is empty."""

    def __init__(self, host: DialogHost, store: ThreadStore) -> None:
        super().__init__(host)
        self._store = store
        self._items: list[Item] = []

    def on_mount(self) -> None:
        """Loads the items."""
        super().on_mount()
        self._load()

    @searches
    async def _load(self) -> None:
        self._items = await self.items()
        self.refill()

    @abstractmethod
    async def items(self) -> list[Item]:
        """Loads the items to choose from."""

    @abstractmethod
    async def restore(self, row_id: str) -> str:
        """Restores a thread from an item, and returns the thread's id.

        Raises:
            StorageError: it can't be made.
        """

    @abstractmethod
    def texts(self, item: Item) -> tuple[str, ...]:
        """The texts that the filter searches."""

    @abstractmethod
    def option(self, item: Item, match: FuzzyMatch, width: int) -> Option:
        """The row of an item."""

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """A row for each that matches, the best first."""
        rows = [self.option(item, match, width) for item, match in search(query, self._items, self.texts)]
        return rows or [Option(Content.styled(self.NO_MATCH if self._items else self.NONE, "$muted"), disabled=True)]

    def choose(self, row_id: str | None, query: str) -> None:
        """Restores the thread of the row."""
        if row_id is not None:
            self._restore(row_id)

    @holds_input
    async def _restore(self, row_id: str) -> None:
        try:
            thread_id = await self.restore(row_id)
        except StorageError as error:
            self.show_problem(str(error))
        else:
            self.dismiss(thread_id)


class TrashPicker(RestorePicker[TrashedThread]):
    """Restores a deleted thread."""

    HEADING = tr("Trash")
    PLACEHOLDER = tr("Search titles")
    KEYS = (
        ("list_choose", tr("restore")),
        ("dialog_back", tr("close")),
        ("trash_delete", tr("delete permanently")),
        ("trash_empty", tr("empty trash")),
    )
    NONE = tr("The trash is empty.")
    NO_MATCH = tr("No matching title.")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TRASH)]

    async def items(self) -> list[TrashedThread]:
        """The deleted threads."""
        return await self._store.trashed()

    async def restore(self, row_id: str) -> str:
        """Restores the thread from the trash."""
        await self._store.restore(row_id)
        return row_id

    def columns(self, width: int) -> str:
        """The names of the columns."""
        is_shown = width >= 70 and bool(self._items)
        return "  " + fit("", width - 34) + f" {fit(tr('messages'), 10)} {fit(tr('deleted'), 20)}" if is_shown else ""

    def texts(self, item: TrashedThread) -> tuple[str, ...]:
        """The title."""
        return (item.summary.title,)

    def option(self, item: TrashedThread, match: FuzzyMatch, width: int) -> Option:
        """Title, messages, when it was deleted."""
        when = fit(wording.clock(item.deleted), 20)
        title = item.summary.title or tr("Untitled")
        if width < 70:
            row = Content.assemble("  ", lit(fit(title, width - 23), match), " ", (when, "$muted"))
        else:
            count = fit(f"{item.summary.message_count:>8}", 10)
            row = Content.assemble("  ", lit(fit(title, width - 34), match), " ", (f"{count} {when}", "$muted"))
        return Option(row, id=item.summary.id)

    @holds_input
    async def action_empty(self) -> None:
        """Deletes all threads permanently, at the second press."""
        count = len(self._items)
        what = trn(
            "delete {n} thread permanently; this can't be undone",
            "delete {n} threads permanently; this can't be undone",
            count,
        )
        if self._items and await self.confirmation.confirms("trash_empty", None, what, can_undo=False):
            await self._delete(self._store.empty_trash(), tr("Trash emptied"))

    @holds_input
    async def action_delete(self) -> None:
        """Deletes the highlighted thread permanently, at the second press."""
        what = tr("delete this thread permanently; this can't be undone")
        if (name := self.chosen()) is None:
            return
        if await self.confirmation.confirms("trash_delete", name, what, can_undo=False):
            await self._delete(self._store.delete_trashed(name), tr("Thread deleted permanently"))

    async def _delete(self, deleting: Awaitable[object], notice: str) -> None:
        try:
            await deleting
        except StorageError as error:
            self.show_problem(str(error))
        else:
            self.show_message(notice)
        self._load()


class DamagedPicker(RestorePicker[ThreadDamage]):
    """Salvages a damaged file."""

    HEADING = tr("Recover threads")
    PLACEHOLDER = tr("Search file names")
    KEYS = (("list_choose", tr("recover")), ("dialog_back", tr("close")))
    NONE = tr("No damaged files.")
    NO_MATCH = NONE

    async def items(self) -> list[ThreadDamage]:
        """The damaged files."""
        return await self._store.damaged()

    async def restore(self, row_id: str) -> str:
        """Makes a thread of what can be read."""
        return await self._store.salvage(row_id)

    def texts(self, item: ThreadDamage) -> tuple[str, ...]:
        """The title that can be read, and the file's name."""
        return item.title, item.name

    def option(self, item: ThreadDamage, match: FuzzyMatch, width: int) -> Option:
        """What can be read of it, and its file's name."""
        count = trn("{n} message", "{n} messages", item.message_count) if item.message_count else tr("nothing readable")
        name = fit(item.name, max(20, width // 3))
        title = lit(fit(item.title or "?", width - len(name) - 22), match)
        row = Content.assemble("  ", title, " ", (f"{fit(count, 17)} {name}", "$muted"))
        return Option(row, id=item.name, disabled=not item.message_count)
