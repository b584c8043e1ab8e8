"""Selects blocks of a message, which are marked in the conversation, or one of its links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import search
from chat_tui.ui.commands.command import BLOCKS
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript.selection import Block, SourceMap
from chat_tui.ui.widgets.bars import KeyBar

BlockAction = Literal["copy", "copy_tsv", "write", "edit"]


class BlockPicker(Dialog[tuple[BlockAction, list[Block]]]):
    """Selects blocks of a message; answers with the selected blocks and an action for them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(BLOCKS)]

    def __init__(self, host: DialogHost, source: SourceMap, mark: Callable[[Block, Block], None], start: int) -> None:
        """Creates the dialog.

        Args:
            host: the program around the dialog.
            source: the message's.
            mark: shows that all from one block to another are marked.
            start: the first block that is marked, by its number.
        """
        super().__init__(host)
        self._source = source
        self._mark = mark
        self._anchor = self._at = start

    def compose(self) -> ComposeResult:
        """Only the key bar: the blocks are marked in the conversation."""
        yield KeyBar()

    def on_mount(self) -> None:
        """Marks the first block."""
        self._show()

    @property
    def marked(self) -> list[Block]:
        """The selected blocks; all are of one part of the message."""
        first, last = sorted((self._anchor, self._at))
        return self._source.blocks[first : last + 1]

    def action_move(self, step: int) -> None:
        """Selects the block before or after."""
        self._anchor = self._at = self._next(step)
        self._show()

    def action_extend(self, step: int) -> None:
        """Extends the selection by a block, or shrinks it."""
        at = self._next(step)
        if self._source.blocks[at].part == self._source.blocks[self._anchor].part:
            self._at = at
        self._show()

    def action_answer(self, action: BlockAction) -> None:
        """Answers."""
        self.dismiss((action, self.marked))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether an action applies to the selected blocks."""
        return super().check_action(action, parameters) and (parameters != ("copy_tsv",) or self._has_table())

    def _has_table(self) -> bool:
        return any(each.kind == "table_open" for each in self.marked)

    def _next(self, step: int) -> int:
        return max(0, min(len(self._source.blocks) - 1, self._at + step))

    def _show(self) -> None:
        tsv = (("blocks_copy_tsv", "tab-separated"),) if self._has_table() else ()
        self.show_keys(
            (
                ("block_up block_down", "block"),
                ("blocks_more_up blocks_more_down", "more"),
                ("blocks_copy", "copy"),
                ("dialog_back", "back"),
                *tsv,
                ("blocks_to_file", "to a file"),
                ("blocks_to_editor", "editor"),
            )
        )
        self._mark(self.marked[0], self.marked[-1])


class LinkPicker(Picker[str]):
    """Chooses one of the links of a message; answers with it."""

    HEADING = "Copy a link"
    KEYS = (("list_choose", "copy"), ("dialog_back", "back"))

    def __init__(self, host: DialogHost, links: Sequence[str]) -> None:
        super().__init__(host)
        self._links = links

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """The links that match."""
        return [
            Option(lit(cut(url, width), match), id=str(index))
            for (index, url), match in search(query, enumerate(self._links), lambda each: (each[1],))
        ]

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the link."""
        if row_id is not None:
            self.dismiss(self._links[int(row_id)])
