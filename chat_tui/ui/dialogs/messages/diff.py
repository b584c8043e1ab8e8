"""Compares two versions of a message: beside each other where there is room, else one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Label

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr, trn
from chat_tui.ui.commands.command import COMPARE
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import TextDialog, fit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.messages.comparison import BETWEEN, MOST_TEXT, ComparisonPainter, pairs
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.widgets.bars import KeyBar

BESIDE = 100
"""Columns of the window from which on the versions are beside each other."""


class ComparedRows(Widget):
    """Rows that were drawn before."""

    DEFAULT_CSS = "ComparedRows { width: 100%; height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._drawn_rows: list[Strip] = []

    def show(self, rows: list[Strip]) -> None:
        """Shows rows."""
        self._drawn_rows = rows
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many as there are."""
        return len(self._drawn_rows)

    def render_line(self, y: int) -> Strip:
        """One row."""
        width, ground = self.size.width, self.rich_style
        row = self._drawn_rows[y] if y < len(self._drawn_rows) else Strip.blank(0)
        return row.adjust_cell_length(width, ground)


class Diff(TextDialog[None]):
    """Shows two versions of a message, and what differs."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMPARE)]

    def __init__(
        self, host: DialogHost, painter: Painter, versions: Sequence[Message], places: tuple[int, int]
    ) -> None:
        """Compares.

        Args:
            host: the program around the dialog.
            painter: draws the texts.
            versions: all versions, at least two.
            places: the indexes of the two that are compared at first.
        """
        super().__init__(host)
        self._painter = painter
        self._versions = versions
        self._places = list(places)
        self._changes: list[int] = []

    def compose(self) -> ComposeResult:
        """Heading, names of both versions, text, keys."""
        with Vertical(classes="dialog"):
            yield Label("", classes="heading")
            yield Label("", classes="columns")
            with VerticalScroll():
                yield ComparedRows()
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Shows the key hints."""
        keys = [("compare_next compare_previous", tr("change")), ("dialog_back", tr("close"))]
        if len(self._versions) > 2:
            keys[1:1] = [
                ("compare_right_back compare_right_on", tr("right version")),
                ("compare_left_back compare_left_on", tr("left version")),
            ]
        self.show_keys(keys)
        self.query_one(VerticalScroll).focus()

    def on_resize(self) -> None:
        """Draws the versions in the available width."""
        self.call_after_refresh(self._fill)

    def action_choose(self, side: int, step: int) -> None:
        """Compares another version.

        Args:
            side: 0 for the left one, 1 for the right one.
            step: -1 for the version before, 1 for the one after; the other side's is skipped.
        """
        place = self._places[side] + step
        place += step if place == self._places[1 - side] else 0
        if 0 <= place < len(self._versions):
            self._places[side] = place
            self._fill()
            self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_change(self, step: int) -> None:
        """Scrolls to the next change, or to the previous one."""
        view = self.query_one(VerticalScroll)
        at = round(view.scroll_y)
        found = [row for row in self._changes if (row > at if step > 0 else row < at)]
        if found:
            view.scroll_to(y=found[0] if step > 0 else found[-1], animate=False)

    def _fill(self) -> None:
        view = self.query_one(VerticalScroll)
        width = max(20, view.content_size.width - 1)
        beside = self.app.size.width >= BESIDE
        one, other = (clean(self._versions[place].content) for place in self._places)
        drawn = ComparisonPainter(self._painter, width, beside=beside and one != other).draw(pairs(one, other))
        self._changes = drawn.changes
        self.query_one(ComparedRows).show(drawn.rows)
        self.query_one(".heading", Label).update(T(self._heading(one == other, len(drawn.changes))))
        self.query_one(".columns", Label).update(T(self._names(width, beside and one != other)))
        longest = max(len(one), len(other))
        self.show_message(
            tr("Only the first {n:,} characters are compared.", n=MOST_TEXT) if longest > MOST_TEXT else ""
        )

    def _heading(self, is_same: bool, changes: int) -> str:
        one, other = (place + 1 for place in self._places)
        if is_same:
            return tr("Versions {one} and {other} are identical", one=one, other=other)
        return trn(
            "Comparing versions {one} and {other} · {n} change",
            "Comparing versions {one} and {other} · {n} changes",
            changes,
            one=one,
            other=other,
        )

    def _names(self, width: int, beside: bool) -> str:
        names = [f"{place + 1} · {_who(self._versions[place])}" for place in self._places]
        if beside:
            column = (width - len(BETWEEN)) // 2
            return f"  {fit(names[0], column - 2)}{BETWEEN}  {cut(names[1], column - 2)}"
        return f"- {names[0]}   + {names[1]}"


def _who(message: Message) -> str:
    return (message.model or "").partition("/")[2] or (tr("Answer") if message.is_answer else tr("You"))
