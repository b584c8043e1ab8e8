"""What all dialogs share: a typed question over the conversation, esc to go back, keys at the bottom edge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from chat_tui.domain.search.fuzzy import FuzzyMatch
from chat_tui.ui.commands.command import DIALOG, READING
from chat_tui.ui.commands.table import BY_ID, active, bindings, key_of, labelled
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.bars import KeyBar

if TYPE_CHECKING:
    from chat_tui.ui.app import ChatApp

Answer = TypeVar("Answer")
STYLES = Path(__file__).parents[1] / "styles"
"""Absolute: a relative path would be looked for beside the module of each subclass."""
LIT = "$accent underline"
"""The style of letters that a filter asked for."""


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """A question whose answer is what it is dismissed with; None where the user went back."""

    CSS_PATH = STYLES / "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG)]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]

    @property
    def bound(self) -> Mapping[str, str]:
        """The keys of every command, as they are bound now."""
        return cast("ChatApp", self.app).bound.keys

    def key(self, command: str) -> str:
        """The first key of a command, as it is bound now."""
        return key_of(command, self.bound)

    def show_keys(self, hints: Iterable[tuple[str, str]]) -> None:
        """Names keys at the bottom edge.

        Args:
            hints: ids of commands, as `hint` takes them, and a word for what they do; the most useful first.
        """
        bar = self.query_one(KeyBar)
        bar.keys, bar.more = labelled(hints, self.bound), self.key("help")

    def on_unmount(self) -> None:
        """Ends what the dialog has begun."""
        cast("ChatApp", self.app).input.cancel(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether a key does something: one that comes before the dialog is made finds nothing to work on."""
        return self.is_mounted

    def action_back(self) -> None:
        """Goes back without an answer."""
        self.dismiss(None)

    def action_flow(self, command: str) -> None:
        """Does what works everywhere: finds one of the dialog's own commands, and runs it; or shows the help."""
        from chat_tui.ui.dialogs.theme_and_help import CommandPicker, Help  # they are dialogs themselves

        here = active(self)
        if command == "help":
            self.app.push_screen(Help(self.bound, {BY_ID[each].scope for each in here if not BY_ID[each].everywhere}))
            return

        async def ask() -> None:
            name = await self.app.push_screen_wait(CommandPicker(self.bound, here))
            if name is not None:
                await self.app.run_action(BY_ID[name].action, here[name])

        cast("ChatApp", self.app).input.run(ask())

    def show_problem(self, text: str) -> None:
        """Says in the dialog what is wrong; an empty text takes it away."""
        label = self.query_one(".problem", Label)
        label.update(T(text))
        label.set_class(bool(text), "-shown")


class TextDialog(Dialog[Answer], Generic[Answer]):
    """A text to read in a dialog, with the keys that scroll it wherever the focus is."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(READING)]

    def action_scroll_by(self, rows: int) -> None:
        """Reads on, row by row."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)


def fit(text: str, cells: int) -> str:
    """A table's cell: cut or filled to exactly `cells`."""
    content = Content(cut(text, cells))
    return content.plain + " " * max(0, cells - content.cell_length)


def lit(text: str, match: FuzzyMatch, style: str = "") -> Content:
    """A text with the letters that a filter asked for marked.

    Args:
        text: what is shown; it may be cut or filled, so that the match is of a text which it begins like.
        match: where the letters are.
        style: of the text.
    """
    content = Content.styled(text, style)
    shown = len(text.rstrip(" …"))
    for at in sorted(match.positions):
        if at < shown:
            content = content.stylize(LIT, at, at + 1)
    return content


def replace_options(options: OptionList, rows: Sequence[Option], keep: str | None = None) -> None:
    """Shows other rows and highlights the one with the id `keep`, else the first that can be chosen."""
    options.clear_options()
    options.add_options(rows)
    for index, row in enumerate(rows):
        if not row.disabled and (keep is None or row.id == keep):
            options.highlighted = index
            return
    if keep is not None:
        options.highlighted = next((i for i, row in enumerate(rows) if not row.disabled), None)
