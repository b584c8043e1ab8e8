"""Chooses an earlier prompt, or deletes one from the history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import PROMPT_HISTORY
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import fit, holds_input, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker

SEARCHED = 2_000
"""Characters of a prompt in which the filter looks."""


class HistoryPicker(Picker[Draft]):
    """Asks for an earlier prompt; answers with it."""

    HEADING = tr("Prompt history")
    KEYS = (("list_choose", tr("insert")), ("dialog_back", tr("close")), ("history_delete", tr("delete")))
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PROMPT_HISTORY)]

    def __init__(self, host: DialogHost, prompts: Sequence[Draft], forget: Callable[[Draft], Awaitable[str]]) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            prompts: the last first.
            forget: deletes one from the history; returns why it can't be deleted, or nothing.
        """
        super().__init__(host)
        self._forget = forget
        self._prompts = [(each, each.stored[:SEARCHED].strip()) for each in prompts]

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """The beginning of each prompt, and how many lines it has."""
        options = [
            Option(self._row(text, match, width), id=str(number))
            for (number, (_, text)), match in search(query, enumerate(self._prompts), lambda each: (each[1][1],))
        ]
        none = tr("No matching prompt.") if self._prompts else tr("No prompts yet.")
        return options or [Option(Content.styled(none, "$muted"), disabled=True)]

    def _row(self, text: str, match: FuzzyMatch, width: int) -> Content:
        lines = text.split("\n")
        more = f"  +{len(lines) - 1}" if len(lines) > 1 else ""
        return Content.assemble(lit(fit(lines[0], width - len(more)), match), (more, "$muted"))

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the prompt."""
        if row_id is not None:
            self.dismiss(self._prompts[int(row_id)][0])

    @holds_input
    async def action_delete(self) -> None:
        """Deletes the highlighted prompt from the history, at the second press."""
        if (name := self.chosen()) is None:
            return
        what = tr("delete this prompt from the history")
        if not await self.confirmation.confirms("history_delete", name, what, can_undo=False):
            return
        if problem := await self._forget(self._prompts[int(name)][0]):
            self.show_problem(problem)
            return
        del self._prompts[int(name)]
        self.refill(str(min(int(name), len(self._prompts) - 1)))
        self.show_message(tr("Prompt deleted from the history"))
