"""Chooses an earlier prompt."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.search.fuzzy import FuzzyMatch, search
from chat_tui.ui.dialogs.base import fit, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker

SEARCHED = 2_000
"""Characters of a prompt in which the filter looks."""


class HistoryPicker(Picker[Draft]):
    """Asks for an earlier prompt; answers with it."""

    HEADING = "Prompt history"

    def __init__(self, host: DialogHost, prompts: Sequence[Draft]) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            prompts: the last first.
        """
        super().__init__(host)
        self._prompts = [(each, each.stored[:SEARCHED].strip()) for each in prompts]

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """The beginning of each prompt, and how many lines it has."""
        options = [
            Option(self._row(text, match, width), id=str(number))
            for (number, (_, text)), match in search(query, enumerate(self._prompts), lambda each: (each[1][1],))
        ]
        none = "No matching prompt." if self._prompts else "No prompts yet."
        return options or [Option(Content.styled(none, "$muted"), disabled=True)]

    def _row(self, text: str, match: FuzzyMatch, width: int) -> Content:
        lines = text.split("\n")
        more = f"  +{len(lines) - 1}" if len(lines) > 1 else ""
        return Content.assemble(lit(fit(lines[0], width - len(more)), match), (more, "$muted"))

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the prompt."""
        if row_id is not None:
            self.dismiss(self._prompts[int(row_id)][0])
