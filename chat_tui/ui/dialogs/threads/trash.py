"""What is no thread any more and can be one again: deleted threads, damaged files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.thread import ThreadDamage, TrashedThread
from chat_tui.domain.errors import StorageError
from chat_tui.domain.ports import ThreadStore
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.ui.commands.command import TRASH
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit, searches
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text import wording


class TrashPicker(Picker[str]):
    """Asks which deleted thread comes back; answers with its id once it is back."""

    HEADING = "Trash"
    PLACEHOLDER = "Type words of the title"
    KEYS = (("list_choose", "restore"), ("trash_empty", "empty the trash"), ("dialog_back", "back"))
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TRASH)]

    def __init__(self, host: DialogHost, store: ThreadStore) -> None:
        super().__init__(host)
        self._store = store
        self._found: list[TrashedThread] = []
        self._is_sure = False

    def on_mount(self) -> None:
        """Looks into the trash."""
        super().on_mount()
        self._look()

    @searches
    async def _look(self) -> None:
        self._found = await self._store.trashed()
        self.refill()

    def columns(self, width: int) -> str:
        """The names of the columns."""
        return "  " + fit("", width - 34) + f" {fit('messages', 10)} {fit('deleted', 20)}" if width >= 70 else ""

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Title, messages, when it was deleted."""
        rows = [
            Option(self._row(each, match, width), id=each.summary.id)
            for each, match in search(query, self._found, lambda each: (each.summary.title,))
        ]
        text = "No title holds these words." if self._found else "The trash is empty."
        return rows or [Option(Content.styled(text, "$muted"), disabled=True)]

    def _row(self, thread: TrashedThread, match: FuzzyMatch, width: int) -> Content:
        when = fit(wording.clock(thread.deleted), 20)
        title = thread.summary.title or "Untitled"
        if width < 70:
            return Content.assemble("  ", lit(fit(title, width - 23), match), " ", (when, "$muted"))
        count = fit(f"{thread.summary.message_count:>8}", 10)
        return Content.assemble("  ", lit(fit(title, width - 34), match), " ", (f"{count} {when}", "$muted"))

    def choose(self, row_id: str | None, query: str) -> None:
        """Takes the thread out of the trash."""
        if row_id is not None:
            self._restore(row_id)

    @holds_input
    async def _restore(self, row_id: str) -> None:
        try:
            await self._store.restore(row_id)
        except StorageError as error:
            self.show_problem(str(error))
        else:
            self.dismiss(row_id)

    @holds_input
    async def action_empty(self) -> None:
        """Removes all for good. This can't be undone: the key has to be pressed twice."""
        if not self._found:
            return
        if not self._is_sure:
            self._is_sure = True
            how = f"{self.key('trash_empty')} once more removes them."
            self.show_problem(f"Nothing brings {len(self._found)} threads back after this. {how}")
            return
        try:
            await self._store.empty_trash()
        except StorageError as error:
            self.show_problem(str(error))
        else:
            self.show_problem("")
        self._is_sure = False
        self._look()


class DamagedPicker(Picker[str]):
    """Asks which damaged file is salvaged; answers with the id of the thread that came of it."""

    HEADING = "Damaged files"
    PLACEHOLDER = "Type a part of the name"
    KEYS = (("list_choose", "make a thread of what can be read"), ("dialog_back", "back"))

    def __init__(self, host: DialogHost, store: ThreadStore) -> None:
        super().__init__(host)
        self._store = store
        self._found: list[ThreadDamage] = []

    def on_mount(self) -> None:
        """Looks for them."""
        super().on_mount()
        self._look()

    @searches
    async def _look(self) -> None:
        self._found = await self._store.damaged()
        self.refill()

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """What can be had of each, and its file's name."""
        rows = [
            Option(self._row(each, match, width), id=each.name, disabled=not each.message_count)
            for each, match in search(query, self._found, lambda each: (each.title, each.name))
        ]
        return rows or [Option(Content.styled("No file is damaged.", "$muted"), disabled=True)]

    def _row(self, found: ThreadDamage, match: FuzzyMatch, width: int) -> Content:
        count = f"{found.message_count} messages" if found.message_count else "nothing readable"
        name = fit(found.name, max(20, width // 3))
        return Content.assemble(
            "  ",
            lit(fit(found.title or "?", width - len(name) - 22), match),
            " ",
            (f"{fit(count, 17)} {name}", "$muted"),
        )

    def choose(self, row_id: str | None, query: str) -> None:
        """Makes a thread of it."""
        if row_id is not None:
            self._salvage(row_id)

    @holds_input
    async def _salvage(self, row_id: str) -> None:
        try:
            thread_id = await self._store.salvage(row_id)
        except StorageError as error:
            self.show_problem(str(error))
        else:
            self.dismiss(thread_id)
