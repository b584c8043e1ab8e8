"""Selects pieces of messages, which are marked in the conversation, and an action for them; or a link."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import search
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import BLOCKS, EXCERPT
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Answer, Dialog, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text.sanitizer import cut
from chat_tui.ui.transcript.extract import Excerpt, excerpt_of
from chat_tui.ui.transcript.selection import Block, SourceMap
from chat_tui.ui.widgets.bars import KeyBar

Verb = Literal["copy", "copy_tsv", "open", "write", "pipe", "quote", "diff"]
Hints = tuple[tuple[str, str], ...]


class PlacedDialog(Dialog[Answer], Generic[Answer]):
    """A dialog about places in the conversation: in a window of another size they are no longer where they were."""

    _size_before: Size | None = None

    def on_resize(self, event: events.Resize) -> None:
        """Cancels once the window has another size."""
        self._size_before, before = event.size, self._size_before
        if before is not None and before != event.size:
            self.dismiss(None)


class LabelPicker(PlacedDialog[str]):
    """Selects one of the labels that are drawn in the conversation; answers with it."""

    def __init__(self, host: DialogHost, labels: Sequence[str], narrow: Callable[[str], None]) -> None:
        """Waits for a label.

        Args:
            host: the program around the dialog.
            labels: none of them begins another.
            narrow: draws only the labels that begin with what was typed.
        """
        super().__init__(host)
        self._labels = labels
        self._narrow = narrow
        self._typed = ""

    def compose(self) -> ComposeResult:
        """Only the key bar: the labels are drawn in the conversation."""
        yield KeyBar()

    def on_mount(self) -> None:
        """Shows the keys."""
        self.show_keys((("dialog_back", tr("cancel")),))
        bar = self.query_one(KeyBar)
        bar.keys = (("a-z", tr("select by label")), *bar.keys)

    def on_key(self, event: events.Key) -> None:
        """Takes a letter of a label; ignores what no label has there."""
        if event.key == "backspace" and self._typed:
            self._type("")
        elif event.character and event.character.isalpha():
            event.stop()
            typed = self._typed + event.character.lower()
            if typed in self._labels:
                self.dismiss(typed)
            elif any(each.startswith(typed) for each in self._labels):
                self._type(typed)

    def _type(self, typed: str) -> None:
        self._typed = typed
        self._narrow(typed)


class VerbDialog(Dialog[tuple[Verb, Excerpt]]):
    """Base of dialogs that answer with a selected excerpt and what to do with it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EXCERPT)]

    @property
    @abstractmethod
    def excerpt(self) -> Excerpt:
        """What is selected."""

    def compose(self) -> ComposeResult:
        """Only the key bar: the excerpt is marked in the conversation."""
        yield KeyBar()

    def action_answer(self, verb: Verb) -> None:
        """Answers."""
        self.dismiss((verb, self.excerpt))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether an action applies to what is selected."""
        return super().check_action(action, parameters) and (action != "answer" or self._applies(*parameters))

    def _applies(self, verb: object) -> bool:
        excerpt = self.excerpt
        if verb == "copy_tsv":
            return bool(excerpt.tables)
        if excerpt.kind == "picture" and verb == "open":
            return bool(excerpt.address)
        if verb == "diff":
            return excerpt.kind in ("code", "table", "text")
        return verb != "write" or excerpt.kind in ("code", "table", "text")

    def verbs(self) -> Hints:
        """The hints of the actions that apply."""
        hints = (
            ("copy", "blocks_copy", tr("copy")),
            ("copy_tsv", "blocks_copy_tsv", tr("tab-separated")),
            ("open", "blocks_to_editor", tr("open")),
            ("write", "blocks_to_file", tr("save")),
            ("quote", "blocks_quote", tr("quote")),
            ("pipe", "blocks_pipe", tr("pipe")),
            ("diff", "blocks_diff", tr("diff")),
        )
        return tuple((command, word) for verb, command, word in hints if self._applies(verb))


class ExcerptPicker(PlacedDialog[tuple[Verb, Excerpt]], VerbDialog):
    """Asks what to do with something in a text: a link, a path, a picture, a block within a list."""

    def __init__(self, host: DialogHost, excerpt: Excerpt) -> None:
        super().__init__(host)
        self._excerpt = excerpt

    @property
    def excerpt(self) -> Excerpt:
        """What is selected."""
        return self._excerpt

    def on_mount(self) -> None:
        """Shows the keys."""
        first, second, *others = self.verbs()
        self.show_keys((first, second, ("dialog_back", tr("cancel")), *others))


class BlockPicker(VerbDialog):
    """Selects blocks of a message, and asks what to do with them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(BLOCKS)]

    def __init__(
        self,
        host: DialogHost,
        source: SourceMap,
        mark: Callable[[int, int], None],
        first: int,
        last: int | None = None,
    ) -> None:
        """Creates the dialog.

        Args:
            host: the program around the dialog.
            source: the message's.
            mark: shows that all from one block to another are marked, by their numbers.
            first: the first block that is marked, by its number.
            last: the last one; without, the first.
        """
        super().__init__(host)
        self._source = source
        self._mark = mark
        self._anchor = first
        self._at = first if last is None else last

    def on_mount(self) -> None:
        """Marks the first block."""
        self._show()

    @property
    def marked(self) -> list[Block]:
        """The selected blocks; all are of one part of the message."""
        first, last = self._ends
        return self._source.blocks[first : last + 1]

    @property
    def _ends(self) -> tuple[int, int]:
        return min(self._anchor, self._at), max(self._anchor, self._at)

    @property
    def excerpt(self) -> Excerpt:
        """The selected blocks."""
        return excerpt_of(self._source, self.marked)

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

    def _next(self, step: int) -> int:
        return max(0, min(len(self._source.blocks) - 1, self._at + step))

    def _show(self) -> None:
        moves = (("block_up block_down", tr("block")), ("blocks_more_up blocks_more_down", tr("more")))
        copies, *others = self.verbs()
        self.show_keys((copies, ("dialog_back", tr("cancel")), *others, *moves))
        self._mark(*self._ends)


class LinkPicker(Picker[str]):
    """Chooses one of the links of a message; answers with it."""

    HEADING = tr("Copy a link")
    KEYS = (("list_choose", tr("copy")), ("dialog_back", tr("cancel")))

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
