"""The tree of a thread: its branches, the shown one, the default one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tree import TreeNode, graph
from chat_tui.domain.search.fuzzy import NO_QUERY, match, search
from chat_tui.ui.commands.command import TREE
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import cut

DEEPEST = 16
"""Cells of rails at most: what branches off deeper is drawn at this depth."""


class TreePicker(Picker[str]):
    """Asks for a message; answers with its id."""

    HEADING = "Branches of this thread"
    PLACEHOLDER = "Type words of a message"
    KEYS = (
        ("list_choose", "show its branch"),
        ("dialog_back", "back"),
        ("tree_star", "open here by default"),
        ("tree_delete", "delete"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TREE)]

    def __init__(
        self,
        host: DialogHost,
        thread: Thread,
        star: Callable[[str | None], None],
        delete: Callable[[str], None],
        selected: str | None,
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            thread: whose tree it is.
            star: lets a message's branch open by default; None lets none.
            delete: takes a message, and what follows it, out.
            selected: the message that is highlighted at first.
        """
        super().__init__(host)
        self._thread = thread
        self._star = star
        self._delete = delete
        self._selected = selected or thread.head

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """The tree, one message a row."""
        return [
            Option(self._row(node, width, query), id=node.message.id)
            for node, _ in search(
                query,
                graph(self._thread),
                lambda node: (node.message.content, node.message.model or ""),
                ranked=False,
            )
        ]

    def _row(self, node: TreeNode, width: int, query: str) -> Content:
        message, rails = node.message, node.rails if len(node.rails) <= DEEPEST else "┄" + node.rails[-DEEPEST + 1 :]
        is_head = message.id == self._thread.head
        mark = "★" if message.id == self._thread.starred else "●" if is_head else "•" if node.is_shown else "○"
        when = f"{wording.clock(message.created):>20}" if width >= 70 else ""
        who = "You" if message.role is Role.USER else (message.model or str(message.role)).partition("/")[2] or "Answer"
        who = cut(who, 18)
        room = max(8, width - len(when) - len(rails) - len(who) - 5)
        style = "bold" if is_head else "" if node.is_shown else "$muted"
        return Content.assemble(
            (f"{rails}{mark} ", "$accent" if node.is_shown else "$muted"),
            (who, "$user-name" if message.role is Role.USER else "$assistant-name"),
            "  ",
            lit(fit(line := _first_line(message), room), match(query, line) or NO_QUERY, style),
            (f" {when}", "$muted"),
        )

    def first(self) -> str | None:
        """The id of the head."""
        return self._selected

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the message."""
        if row_id is not None:
            self.dismiss(row_id)

    def action_star(self) -> None:
        """Makes the highlighted branch the default one, or no longer."""
        if (name := self.chosen()) is not None:
            self._star(None if name == self._thread.starred else name)
            self.refill(name)

    def action_delete(self) -> None:
        """Deletes the highlighted message and all that follows it; can be undone."""
        if (name := self.chosen()) is not None:
            above = self._thread.messages[name].parent
            self._delete(name)
            self.refill(above)


def _first_line(message: Message) -> str:
    text = message.content.strip() or (message.error.message if message.error else "")
    return cut(text.partition("\n")[0], 200)
