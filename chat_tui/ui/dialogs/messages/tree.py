"""The tree of a thread: its branches, the shown one, the default one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.message import Message, Role, tool_call_text
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tree import TreeNode, graph
from chat_tui.domain.models.cost import output_tokens
from chat_tui.domain.search.fuzzy import NO_QUERY, match, search
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import TREE
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit, right
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import cut

DEEPEST = 24
"""Cells of rails at most: what branches off deeper is drawn at this depth."""
MOST_NAME = 18
"""Cells of a model's name."""
WIDE = 60
"""Cells from which on tokens and time are shown."""
_COLOURS = {Role.USER: "$user-name", Role.TOOL: "$muted"}
_MARKS = re.compile(r"\*\*|`|^ {0,3}(?:#{1,6}|>) ")


class TreePicker(Picker[str]):
    """Asks for a message; answers with its id."""

    HEADING = tr("Branches")
    PLACEHOLDER = tr("Search messages")
    KEYS = (
        ("list_choose", tr("switch to branch")),
        ("dialog_back", tr("close")),
        ("tree_star", tr("set as default branch")),
        ("tree_delete", tr("delete")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TREE)]

    def __init__(
        self,
        host: DialogHost,
        thread: Thread,
        star: Callable[[str | None], None],
        delete: Callable[[str], bool],
        selected: str | None,
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            thread: whose tree it is.
            star: lets a message's branch open by default; None lets none.
            delete: deletes a message and everything after it; returns whether it could.
            selected: the message that is highlighted at first.
        """
        super().__init__(host)
        self._thread = thread
        self._star = star
        self._delete = delete
        self._selected = selected or thread.head

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """The tree, one message a row."""
        nodes = graph(self._thread)
        who = min(MOST_NAME, max((cell_len(_name(node.message)) for node in nodes), default=0))
        found = search(query, nodes, lambda node: (node.message.content, node.message.model or ""), ranked=False)
        return [Option(self._row(node, width, who, query), id=node.message.id) for node, _ in found]

    def _row(self, node: TreeNode, width: int, who: int, query: str) -> Content:
        message, rails = node.message, node.rails if len(node.rails) <= DEEPEST else "┄" + node.rails[-DEEPEST + 1 :]
        mark = str(node.version) if node.version else "●" if node.is_shown else "○"
        here = "◀" if node.version and node.is_shown else ""
        here += "★" if message.id == self._thread.starred else ""
        facts = ""
        if width >= WIDE:
            tokens = output_tokens(message.usage) if message.usage else None
            spent = tr("{n} tok", n=wording.count(tokens)) if tokens else ""
            facts = right(spent, 10) + right(wording.short_date(message.created), 10)
        room = max(8, width - cell_len(facts) - len(rails) - len(mark) - who - 7)
        return Content.assemble(
            (rails, "$muted"),
            (f"{mark}  ", "$accent" if node.is_shown else "$muted"),
            (fit(_name(message), who), _COLOURS.get(message.role, "$assistant-name")),
            "  ",
            lit(
                fit(line := _preview(message), room), match(query, line) or NO_QUERY, "" if node.is_shown else "$muted"
            ),
            (f" {here:<2}", "$accent"),
            (facts, "$muted"),
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

    @holds_input
    async def action_delete(self) -> None:
        """Deletes the highlighted message and everything after it, at the second press; can be undone."""
        if (name := self.chosen()) is None:
            return
        what = tr("delete this message and everything after it")
        if not await self.confirmation.confirms("tree_delete", name, what):
            return
        above = self._thread.messages[name].parent
        if self._delete(name):
            self.refill(above)
            self.show_message(tr("Message deleted · {key} on a message to undo", key=self.key("undo")))


def _name(message: Message) -> str:
    if message.role is Role.USER:
        return tr("You")
    if message.summarizes:
        return tr("Summary")
    if message.role is Role.TOOL:
        return cut(message.tool_run.name if message.tool_run else "", MOST_NAME) or tr("Tool")
    return cut((message.model or str(message.role)).partition("/")[2] or tr("Answer"), MOST_NAME)


def _preview(message: Message) -> str:
    """The first line, without the marks of Markdown; of an answer without text, which tools it calls."""
    text = message.content.strip() or (message.error.message if message.error else "")
    if not text and message.tool_calls:
        text = tr("calls {tools}", tools=", ".join(tool_call_text(each)[0] for each in message.tool_calls))
    line = " ".join(text[:400].split()) if message.role is Role.TOOL else text.partition("\n")[0][:400]
    return cut(_MARKS.sub("", line), 200)
