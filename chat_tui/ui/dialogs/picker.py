"""The base of pickers: a list with a filter."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import ClassVar, Generic

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from chat_tui.i18n import tr
from chat_tui.ui.commands.command import LIST
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Answer, Dialog, replace_options
from chat_tui.ui.text.sanitizer import T
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.confirmation import Confirmation
from chat_tui.ui.widgets.fields import LineField


class PickerRows(OptionList):
    """The rows of a picker."""

    def __init__(self, resized: Callable[[], None]) -> None:
        """Creates an empty list.

        Args:
            resized: is called when the list's size has changed.
        """
        super().__init__(markup=False, compact=True, id="rows")
        self._resized = resized

    def on_resize(self) -> None:
        """Lets the picker fill it anew."""
        self._resized()


class Picker(Dialog[Answer], Generic[Answer]):
    """Base of the pickers: subclasses give the rows for a filter, and the answer for a chosen row."""

    HEADING = ""
    PLACEHOLDER = tr("Type to filter")
    FILTER: ClassVar[type[LineField]] = LineField
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (("list_choose", tr("choose")), ("dialog_back", tr("close")))
    """For the bottom edge: see `show_keys`."""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIST)]
    SCROLLS = ".dialog > OptionList"
    _width = 0
    """The list's cells for which the rows were made; 0 before there are rows."""

    def compose(self) -> ComposeResult:
        """Heading, filter, column names, rows, keys."""
        with Vertical(classes="dialog"):
            yield Label(T(self.HEADING), classes="heading")
            yield self.FILTER(placeholder=self.PLACEHOLDER, id="filter")
            yield Label("", classes="columns", id="columns")
            yield from self.body()
            yield KeyBar(classes="keys")

    def body(self) -> ComposeResult:
        """The list, and what is shown beside it."""
        yield PickerRows(self._refill_for_width)

    def on_mount(self) -> None:
        """Fills the list once its width is known."""
        self.show_keys(self.KEYS)
        self.query_one(OptionList).can_focus = False
        self.query_one("#filter", Input).focus()
        self.call_after_refresh(self.refill, self.first())

    def on_resize(self) -> None:
        """Fits the height to the window."""
        if self.is_mounted:
            self.call_after_refresh(self.fit_height)

    def _refill_for_width(self) -> None:
        """Lays the columns out anew: the list can become narrower some time after the window has."""
        if self._width not in (0, self.query_one(OptionList).size.width):
            self.refill(self.chosen() or self.first())

    # What a picker says

    def columns(self, width: int) -> str:
        """The names of the columns of the rows that were made last, in a width in cells; empty for none."""
        return ""

    @abstractmethod
    def rows(self, query: str, width: int) -> Sequence[Option]:
        """The rows for a filter, in a width in cells."""

    def first(self) -> str | None:
        """The id of the row that is highlighted at first."""
        return None

    @abstractmethod
    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with a row, or with the filter's text where no row is left."""

    # How it works

    @cached_property
    def confirmation(self) -> Confirmation:
        """Confirms what deletes a row."""
        host = self.host
        return Confirmation(host.input, host.bound, lambda: self.query_one(OptionList), self.show_message)

    @property
    def query_text(self) -> str:
        """The text of the filter."""
        return self.query_one("#filter", Input).value.strip()

    def chosen(self) -> str | None:
        """The id of the highlighted row; None before there are rows."""
        options = next(iter(self.query(OptionList)), None)
        if options is None:
            return None
        at = options.highlighted
        return options.get_option_at_index(at).id if at is not None and at < options.option_count else None

    def refill(self, keep: str | None = None) -> None:
        """Shows the rows for the filter as it is now; does nothing once the picker is closed."""
        if not self.is_attached:
            return
        options = self.query_one(OptionList)
        self._width = options.size.width
        width = max(20, self._width - 2)
        rows = self.rows(self.query_text, width)
        columns = self.columns(width)
        label = self.query_one("#columns", Label)
        label.update(T(columns))
        label.display = bool(columns)
        replace_options(options, rows, keep)
        self.confirmation.mark()
        self.call_after_refresh(self.fit_height)

    def action_move(self, step: int) -> None:
        """Moves the highlight over rows that can be chosen."""
        options = self.query_one(OptionList)
        can = [i for i in range(options.option_count) if not options.get_option_at_index(i).disabled]
        if not can:
            return
        at = options.highlighted
        place = can.index(at) if at in can else 0
        options.highlighted = can[max(0, min(len(can) - 1, place + step))]

    def action_take(self) -> None:
        """Answers with the highlighted row, or with the text of the filter."""
        self.choose(self.chosen(), self.query_text)

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self.refill()

    @on(OptionList.OptionSelected, "#rows")
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.choose(event.option_id, self.query_text)
