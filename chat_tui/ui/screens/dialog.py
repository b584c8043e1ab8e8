"""What all dialogs share: a typed question over the conversation, esc to go back, keys at the bottom edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from chat_tui.ui.guard import T, cut

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """A question whose answer is what it is dismissed with; None where the user went back."""

    CSS_PATH = "../styles/dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Back", show=False)]

    def action_back(self) -> None:
        """Goes back without an answer."""
        self.dismiss(None)

    def show_problem(self, text: str) -> None:
        """Says in the dialog what is wrong; an empty text takes it away."""
        label = self.query_one(".problem", Label)
        label.update(T(text))
        label.set_class(bool(text), "-shown")


def fit(text: str, cells: int) -> str:
    """A table's cell: cut or filled to exactly `cells`."""
    content = Content(cut(text, cells))
    return content.plain + " " * max(0, cells - content.cell_length)


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
